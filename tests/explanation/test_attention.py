import json
from pathlib import Path

import numpy as np
import pytest

import jium
from jium.errors import ConfigError, DataError
from jium.explanation import METHODS, explain
from jium.explanation.attention import KINDS, AttentionMap, explain_attention
from jium.tasks.translate import Translator

TEXT = "나는 사과를 먹고 싶어."
TARGET = "I want to eat an apple."


@pytest.fixture(scope="module")
def found(rough: Translator) -> AttentionMap:
    return explain(rough, TEXT, target=TARGET)


# ---------------------------------------------------------------- a model whose alignment is known


def test_the_toy_translates_what_it_has_not_seen(toy):
    answers = toy.translator.translate(toy.unseen)
    right = [a == toy.translation(t) for a, t in zip(answers, toy.unseen, strict=True)]
    assert sum(right) >= 0.9 * len(right)


def test_target_words_look_at_the_words_they_were_made_from(toy):
    hits = []
    for text in toy.unseen:
        rows, columns, weights = explain(toy.translator, text).table()
        for word, row in list(zip(rows, weights, strict=True))[:-1]:
            hits.append(columns[row.argmax()] == toy.aligned(word))
    assert len(hits) > 100
    assert np.mean(hits) > 0.8


def test_eat_looks_at_the_verb_and_apples_at_the_apple(toy):
    found = explain(toy.translator, "나는 사과를 먹고 싶어")
    assert found.translation == "I want eat apples"
    assert {("eat", "먹고"), ("apples", "사과를")} <= {pair[:2] for pair in found.pairs(0.5)}


def test_in_the_encoder_the_verb_looks_at_the_apple(toy):
    """먹고 means what its object makes of it, so it has to look there."""
    rows, columns, weights = explain(toy.translator, "나는 사과를 먹고 싶어").table("encoder")
    assert columns[weights[rows.index("먹고")].argmax()] == "사과를"


# ---------------------------------------------------------------- what the numbers are


def test_shapes_are_layers_heads_queries_keys(found: AttentionMap):
    source, target = len(found.source), len(found.target)
    assert found.encoder.shape == (2, 2, source, source)
    assert found.decoder.shape == (3, 2, target, target)
    assert found.cross.shape == (3, 2, target, source)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize(("layer", "head"), [(None, None), (1, None), (None, 1), (0, 1)])
def test_what_a_token_looks_at_sums_to_one(found, kind, words, layer, head):
    table = found.table(kind, layer, head, words)
    assert table.weights.shape == (len(table.rows), len(table.columns))
    assert np.allclose(table.weights.sum(-1), 1, atol=1e-5)
    assert (table.weights >= 0).all()


def test_the_mean_is_over_layers_and_heads(found: AttentionMap):
    one_by_one = [found.table("cross", i, j).weights for i in range(3) for j in range(2)]
    assert np.allclose(found.table().weights, np.mean(one_by_one, axis=0), atol=1e-6)


def test_the_decoder_does_not_see_what_comes_after(found: AttentionMap):
    assert (np.triu(found.decoder, 1) == 0).all()
    assert found.table("decoder", words=False).columns == ["<START>", *found.target[:-1]]


def test_pieces_are_readable_and_special_ones_are_there(found: AttentionMap):
    assert found.source[0] == "<2en>" and found.source[-1] == found.target[-1] == "<EOS>"
    assert "".join(found.target[:-1]).replace("▁", " ").strip() == TARGET
    assert any(piece.startswith("<0x") for piece in found.source), "parts of a character"
    assert found.table().columns == ["<2en>", "나는", "사과를", "먹고", "싶어", ".", "<EOS>"]
    assert found.table().rows == ["I", "want", "to", "eat", "an", "apple", ".", "<EOS>"]


def test_weights_are_those_of_the_text_alone(rough: Translator, found: AttentionMap):
    """What explain fed in is what the model is trained on: the same in a batch with others."""
    batch = rough.batch([TEXT], [TARGET], [""], rough.direction(None))
    assert len(batch.source) == len(found.source)
    assert len(batch.target_out) == len(found.target)
    again = explain(rough, TEXT, target=TARGET)
    assert np.array_equal(again.cross, found.cross)


def test_the_target_may_be_given_or_is_the_translation(rough: Translator):
    own = explain(rough, TEXT)  # it babbles, to the end of what it can write
    assert own.translation == rough.translate(TEXT)
    assert own.cross.shape[2] == len(own.target) <= 96
    assert explain(rough, TEXT, target="나").translation == "나"


def test_an_empty_target_leaves_the_end_alone(rough: Translator):
    assert explain(rough, TEXT, target="").target == ["<EOS>"]


def test_the_other_direction_has_its_own_token_and_languages(rough: Translator):
    back = explain(rough, TARGET, target=TEXT, to="ko")
    assert back.source[0] == "<2ko>"
    assert back.languages == ("en", "ko")
    assert explain(rough, TEXT, target=TARGET, to="en").languages == ("ko", "en")


def test_explaining_leaves_the_model_as_it_was(rough: Translator):
    rough.model.train()
    explain(rough, TEXT, target=TARGET)
    assert rough.model.training
    rough.model.eval()
    explain(rough, TEXT, target=TARGET)
    assert not rough.model.training


def test_pairs_are_those_above_the_threshold(found: AttentionMap):
    table = found.table(layer=1)
    pairs = found.pairs(0.15, layer=1)
    assert len(pairs) == (table.weights >= 0.15).sum() > 0
    assert all(weight >= 0.15 and row in table.rows for row, _, weight in pairs)
    assert len(found.pairs(0.0)) == table.weights.size


# ---------------------------------------------------------------- on disk


def test_the_suffix_says_what_is_saved(found: AttentionMap, tmp_path: Path):
    for name in ("a.html", "b.PNG", "c.json"):
        found.save(tmp_path / "new" / name)
    assert (tmp_path / "new/a.html").read_text("utf-8") == found.html()
    assert (tmp_path / "new/b.PNG").read_bytes().startswith(b"\x89PNG")
    values = json.loads((tmp_path / "new/c.json").read_text("utf-8"))
    assert np.allclose(values["cross"], found.cross, atol=1e-5)
    assert values["source"]["pieces"] == found.source
    assert values["translation"] == TARGET


def test_another_suffix_is_refused(found: AttentionMap, tmp_path: Path):
    with pytest.raises(ConfigError, match=r"a\.gif: an explanation is saved as .html, .png or"):
        found.save(tmp_path / "a.gif")
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_text_is_refused(rough: Translator, text: str):
    with pytest.raises(DataError, match="the text is empty"):
        explain(rough, text)


def test_a_text_longer_than_the_model_is_refused(rough: Translator):
    with pytest.raises(DataError, match=r"longer than the model takes \(96 tokens\).*나는 사과"):
        explain(rough, TEXT * 40)
    with pytest.raises(DataError, match="longer than the model takes.*I want"):
        explain(rough, TEXT, target=TARGET * 40)


def test_not_one_token_is_left_out_silently(rough: Translator):
    room = max(n for n in range(1, 96) if fits(rough, "가" * n))
    assert len(explain(rough, "가" * room, target="").source) == len(
        rough.tokenizer.encode("가" * room)
    ) + len(["<2en>", "<EOS>"])


def fits(translator: Translator, text: str) -> bool:
    try:
        explain(translator, text, target="")
    except DataError:
        return False
    return True


def test_wrong_options_are_named(rough: Translator, found: AttentionMap):
    with pytest.raises(
        ConfigError, match='^method: no method "atention". Did you mean "attention"'
    ):
        explain(rough, TEXT, method="atention")
    with pytest.raises(ConfigError, match="^method: attention explains translators; this is a int"):
        explain(3, TEXT)
    with pytest.raises(ConfigError, match="^tag: no tag 'news'"):
        explain(rough, TEXT, tag="news")
    with pytest.raises(ConfigError, match="^to: this model does not translate to 'fr'"):
        explain(rough, TEXT, to="fr")
    with pytest.raises(ConfigError, match="^layer: must be from 0 to 2; got 3"):
        found.table(layer=3)
    with pytest.raises(ConfigError, match="^head: must be from 0 to 1; got -1"):
        found.table(head=-1)
    with pytest.raises(
        ConfigError, match="^kind: no kind 'across'. Known: encoder, decoder, cross"
    ):
        found.table("across")


def test_a_tag_is_among_the_pieces(rough: Translator):
    rough.tags["poem"] = rough.tokenizer.token_id("<2ko>")
    try:
        assert explain(rough, TEXT, target=TARGET, tag="poem").source[:2] == ["<2en>", "<2ko>"]
    finally:
        rough.tags.clear()


def test_explain_is_public():
    assert jium.explain is explain
    assert METHODS["attention"].endswith(f":{explain_attention.__name__}")
