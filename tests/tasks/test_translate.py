"""The translator as a person uses it: strings in, strings out."""

import pytest
import torch

from jium.config import override
from jium.contracts import tiny
from jium.contracts.training import recipe
from jium.data.batches import PairFormat
from jium.errors import ConfigError
from jium.tasks.translate import ROWS, Translator
from jium.text.tokenizer import Tokenizer, TokenizerConfig
from jium.training.recipe import Recipe
from jium.training.run import train

TEXTS = ["나는 오늘 물을 산다.", "우리는 내일 책을 본다.", "민수는 지금 밥을 찾는다."]
SHORT = {"max_tokens": 8}


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Translator:
    """One that was trained for two seconds: it writes words, if not the right ones."""
    place = tmp_path_factory.mktemp("task")
    wider = ["model.dim=32", "optim.lr=0.01", "train.eval_every=120", "train.save_every=120"]
    plan = Recipe.of(override(recipe(place, 120).values, wider), "task")
    return train(plan, out=place / "run", quiet=True)


@pytest.fixture(scope="module")
def versatile() -> Translator:
    """One that knows both directions and two tags, each of which changes what it writes."""
    named = TokenizerConfig(
        vocab_size=360, special_tokens=["<2ko>", "<2en>", "<tag:law>", "<tag:talk>"]
    )
    learned = Tokenizer.train(named, (text for pair in tiny.sentences() for text in pair))
    ids = {name: learned.token_id(name) for name in named.special_tokens}
    ends = PairFormat(learned.start_id, learned.eos_id, ids["<2en>"], ids["<2ko>"])
    tags = {"law": ids["<tag:law>"], "talk": ids["<tag:talk>"]}
    return Translator(tiny.model(vocab_size=learned.vocab_size), learned, ends, ("ko", "en"), tags)


# ---------------------------------------------------------------- what comes in


@pytest.mark.parametrize("text", ["", " ", "\n", " \n\n "])
def test_nothing_to_translate_stays_nothing(task, text: str):
    assert task.translate(text).strip() == ""
    assert task.translate(text).count("\n") == text.count("\n")
    assert "".join(task.stream(text)).strip() == ""


@pytest.mark.parametrize(
    "text", ["👍", "👩‍👩‍👧‍👦🇰🇷", "ㅋㅋㅋ", "\x00", "\u200b", "漢字", "<EOS>", "a" * 60]
)
def test_any_string_gives_a_string(task, text: str):
    assert isinstance(task.translate(text, **SHORT), str)
    assert isinstance(task.translate(text, beam=2, **SHORT), str)


def test_a_hundred_thousand_characters_are_translated_piece_by_piece(task, monkeypatch):
    taken: list[str] = []

    def search(texts, to, tag, settings):
        taken.extend(texts)
        return [["x"]] * len(texts)

    monkeypatch.setattr(task, "_decode_all", search)
    text = "나는 오늘 물을 산다. " * 7000 + "가" * 20_000  # sentences, and one word without an end
    answer = task.translate(text)
    assert len(text) >= 100_000 and len(taken) > 1000 and answer.count("x") == len(taken)
    assert max(len(task.tokenizer.encode(part)) for part in set(taken)) <= task._room
    assert "".join("".join(taken).split()) == "".join(text.split())


def test_a_text_longer_than_the_model_is_translated_without_an_error(task):
    assert isinstance(task.translate(" ".join(TEXTS * 6), max_tokens=3), str)
    assert isinstance(task.translate("가" * 400, max_tokens=3), str)


# ---------------------------------------------------------------- order and lines


def test_a_list_gives_a_list_in_the_same_order_and_each_as_it_is_alone(task):
    texts = [*TEXTS, "", TEXTS[0] + " " + TEXTS[1]]
    answers = task.translate(texts, **SHORT)
    assert answers == [task.translate(text, **SHORT) for text in texts]
    assert task.translate(texts[::-1], **SHORT) == answers[::-1]
    assert len(set(answers)) > 3  # else order would not show


def test_more_texts_than_are_decoded_at_once_keep_their_order(task):
    texts = [text for text, _ in tiny.sentences()[: ROWS + 9]]
    answers = task.translate(texts, max_tokens=2)
    assert answers[: ROWS + 9 : 10] == [task.translate(t, max_tokens=2) for t in texts[::10]]


def test_no_texts_give_no_answers(task):
    assert task.translate([]) == []


def test_a_tuple_or_generator_like_list_is_a_list(task):
    assert task.translate(tuple(TEXTS), **SHORT) == task.translate(TEXTS, **SHORT)


def test_lines_stay_lines(task):
    answer = task.translate("\n".join([TEXTS[0], "", TEXTS[1], ""]), stop=["\n"], **SHORT)
    lines = answer.split("\n")
    assert len(lines) == 4 and lines[1] == lines[3] == ""
    assert lines[0] == task.translate(TEXTS[0], stop=["\n"], **SHORT)


# ---------------------------------------------------------------- options


def test_n_best_gives_so_many_answers_best_first(task):
    answers = task.translate(TEXTS[:2], beam=3, n_best=3, **SHORT)
    assert [len(found) for found in answers] == [3, 3]
    assert [found[0] for found in answers] == task.translate(TEXTS[:2], beam=3, **SHORT)
    (scored,) = task.hypotheses(TEXTS[:1], beam=3, **SHORT)
    assert [h.score for h in scored] == sorted((h.score for h in scored), reverse=True)


def test_n_best_of_a_text_of_two_lines_joins_the_nth_of_each(task):
    parts = [task.translate(text, beam=2, n_best=2, **SHORT) for text in TEXTS[:2]]
    whole = task.translate("\n".join(TEXTS[:2]), beam=2, n_best=2, **SHORT)
    assert whole == ["\n".join(nth) for nth in zip(*parts, strict=True)]


def test_more_answers_than_beams_is_an_error(task):
    with pytest.raises(ConfigError, match=r"n_best: must not exceed beam; got 3. Raise beam"):
        task.translate(TEXTS[0], n_best=3)


def test_a_seed_makes_sampling_repeatable_and_another_seed_changes_it(task):
    def drawn(seed: int) -> list[str]:
        return task.translate(TEXTS, temperature=1.5, seed=seed, **SHORT)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_sampling_gives_so_many_different_answers(task):
    answers = task.translate(TEXTS[0], temperature=2.0, n_best=3, seed=1, **SHORT)
    assert len(set(answers)) == 3


def test_max_tokens_bounds_the_answer(task):
    (found,) = task.hypotheses(TEXTS[:1], max_tokens=4)
    assert len(found[0].tokens) <= 4


def test_an_unknown_option_names_the_nearest(task):
    with pytest.raises(ConfigError, match=r'temprature: unknown key. Did you mean "temperature"'):
        task.translate(TEXTS[0], temprature=1.0)


def test_an_option_of_none_is_one_not_given(task):
    assert task.translate(TEXTS[0], top_k=None, beam=None, **SHORT) == task.translate(
        TEXTS[0], **SHORT
    )


@pytest.mark.parametrize("beam", [1, 3])
def test_the_answer_ends_before_a_stop_string(task, beam: int):
    whole = task.translate(TEXTS[0], beam=beam, max_tokens=20)
    stop = whole[5:8]
    answer = task.translate(TEXTS[0], beam=beam, max_tokens=20, stop=["never there", stop])
    assert len(stop) == 3 and answer == whole[: whole.index(stop)]


def test_settings_of_the_run_hold_until_others_are_asked_for(task):
    import dataclasses

    limited = dataclasses.replace(task, settings=dataclasses.replace(task.settings, max_tokens=2))
    assert limited.translate(TEXTS[0]) == task.translate(TEXTS[0], max_tokens=2)
    assert limited.translate(TEXTS[0], max_tokens=9) == task.translate(TEXTS[0], max_tokens=9)


# ---------------------------------------------------------------- languages and tags


def test_the_language_asked_for_decides_what_is_written(versatile):
    there = versatile.translate(TEXTS, to="en", **SHORT)
    assert there == versatile.translate(TEXTS, **SHORT)
    assert versatile.translate(TEXTS, to="ko", **SHORT) != there


def test_a_tag_changes_what_the_model_believes(versatile):
    def log_prob(tag: str | None) -> float:
        return versatile.hypotheses(TEXTS[:1], tag=tag, beam=2, **SHORT)[0][0].log_prob

    assert len({log_prob(None), log_prob("law"), log_prob("talk")}) == 3


def test_an_unknown_language_lists_those_known(task, versatile):
    with pytest.raises(ConfigError, match="to: .* does not translate to 'fr'. It knows: en, ko"):
        versatile.translate(TEXTS[0], to="fr")
    with pytest.raises(ConfigError, match="to: .* does not translate to 'ko'. It knows: en"):
        task.translate(TEXTS[0], to="ko")


def test_an_unknown_tag_lists_those_known(task, versatile):
    with pytest.raises(ConfigError, match=r"tag: no tag 'tolk'. .*\"talk\".* Known: law, talk"):
        versatile.translate(TEXTS[0], tag="tolk")
    with pytest.raises(ConfigError, match="no tag 'law'. Known: -"):
        task.translate(TEXTS[0], tag="law")


# ---------------------------------------------------------------- streaming


def test_the_pieces_of_a_stream_add_up_to_the_greedy_answer(task):
    for text in [*TEXTS, "\n".join(TEXTS), "👍 ok"]:
        pieces = list(task.stream(text, max_tokens=20))
        assert "".join(pieces) == task.translate(text, beam=1, max_tokens=20)
        assert len(pieces) > 3


@pytest.mark.parametrize("seed", range(8))
def test_a_stream_never_shows_half_a_character(task, seed: int):
    options = dict(temperature=2.0, seed=seed, max_tokens=30)
    pieces = list(task.stream(TEXTS[0], **options))
    assert "".join(pieces) == task.translate(TEXTS[0], **options)


def test_a_stream_ends_before_a_stop_string_that_comes_in_parts(task):
    whole = task.translate(TEXTS[0], max_tokens=20)
    for start in range(len(whole) - 4):
        stop = [whole[start : start + 4]]
        expected = task.translate(TEXTS[0], max_tokens=20, stop=stop)
        assert "".join(task.stream(TEXTS[0], max_tokens=20, stop=stop)) == expected


def test_a_stream_asked_for_beams_is_greedy(task):
    assert "".join(task.stream(TEXTS[0], beam=4, **SHORT)) == task.translate(TEXTS[0], **SHORT)


# ---------------------------------------------------------------- batches for measuring


def test_given_pairs_longer_than_the_model_are_cut(task):
    batch = task.batch(["물을 " * 200, "밥"], ["water " * 200, "rice"], ["", ""], None)
    assert max(batch.source_layout.lengths) <= task.model.config.max_len
    assert max(batch.target_layout.lengths) <= task.model.config.max_len
    with torch.no_grad():
        assert all(hidden.isfinite().all() for hidden in tiny.hidden(task.model, batch))
