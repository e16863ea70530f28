from jium.data import starter
from jium.training.quickstart import NEW


def test_the_sentences_it_shows_off_with_are_in_no_split_of_the_corpus() -> None:
    known = {
        pair.source
        for split in ("train", "valid", "test", "unseen")
        for pair in starter.read(split)
    }
    assert len(NEW) == 3
    assert known.isdisjoint(NEW)
