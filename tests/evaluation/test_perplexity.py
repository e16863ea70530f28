"""How well a language model knows a text."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

import jium
from jium.config import build
from jium.errors import ConfigError, DataError, JiumError
from jium.evaluation.perplexity import Perplexity, statistics, surprise
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout
from jium.tasks.generate import Writer
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXTS = ["나는 학교에 간다.", "책을 읽는다.", "the cat sat on the mat, and the dog did not"]
MAX_LEN = 12


@pytest.fixture(scope="module")
def writer() -> Writer:
    tokenizer = Tokenizer.train(TokenizerConfig(kind="char", vocab_size=80), TEXTS)
    torch.manual_seed(0)
    sizes = {"size": "tiny", "vocab_size": tokenizer.vocab_size, "max_len": MAX_LEN}
    model = Gpt(build(GptConfig, sizes)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return Writer(model, tokenizer, (tokenizer.start_id,), (tokenizer.eos_id,))


@torch.no_grad()
def slowly(writer: Writer, text: str, stride: int) -> float:
    """Each token guessed by itself, from what its window holds before it."""
    ids = [*writer.before, *writer.tokenizer.encode(text), writer.ends[0]]
    total = 0.0
    for place in range(1, len(ids)):
        start = 0
        if place > MAX_LEN:  # the window in which it is counted
            counted = MAX_LEN + (place - 1 - MAX_LEN) // stride * stride
            start = min(counted + stride, len(ids) - 1) - MAX_LEN
        read = torch.tensor(ids[start:place])
        logits = writer.model.output(writer.model(read, Layout([len(read)])))[-1]  # type: ignore[operator]
        total -= float(logits.log_softmax(-1)[ids[place]])
    return total


@pytest.mark.parametrize("stride", [1, 5, 6, 12])
def test_every_token_is_counted_once_with_what_its_window_holds(
    writer: Writer, stride: int
) -> None:
    rows = writer.tokenizer.encode_batch(TEXTS)
    found = surprise(writer.model, rows, writer.before, writer.ends[0], stride)
    for text, row, (nats, tokens) in zip(TEXTS, rows, found, strict=True):
        assert tokens == len(row) + 1
        assert nats == pytest.approx(slowly(writer, text, stride), rel=1e-5)


def test_a_model_that_knows_nothing_has_the_vocabulary_as_perplexity(writer: Writer) -> None:
    size = writer.tokenizer.vocab_size
    model = Gpt(build(GptConfig, {"size": "tiny", "vocab_size": size, "max_len": MAX_LEN}))
    nn.init.zeros_(model.output.weight)
    task = Writer(model.eval(), writer.tokenizer, writer.before, writer.ends)
    found = jium.evaluate(task, TEXTS)["scores"]
    values = {score.name: score.value for score in found}
    assert values["perplexity"] == pytest.approx(size, rel=1e-5)
    tokens = sum(len(ids) + 1 for ids in writer.tokenizer.encode_batch(TEXTS))
    n_bytes = sum(len(text.encode()) for text in TEXTS)
    assert values["bits_per_byte"] == pytest.approx(math.log2(size) * tokens / n_bytes, rel=1e-5)
    n_characters = sum(map(len, TEXTS))
    assert values["bits_per_character"] == pytest.approx(
        math.log2(size) * tokens / n_characters, rel=1e-5
    )


def test_sums_of_parts_are_the_sums_of_the_whole(writer: Writer) -> None:
    whole = statistics(writer, TEXTS)
    parts = [statistics(writer, [text])[0] for text in TEXTS]
    for row, part in zip(whole, parts, strict=True):
        assert row == pytest.approx(part, rel=1e-6)


def test_perplexity_is_of_all_tokens_together_and_no_mean_of_perplexities() -> None:
    rows = [[10 * math.log(2), 10, 20, 10], [90 * math.log(8), 90, 180, 90]]
    totals = [sum(column) for column in zip(*rows, strict=True)]
    assert Perplexity("").score(totals)["perplexity"] == pytest.approx(2 ** (0.1 * 1 + 0.9 * 3))


def test_a_report_ranks_documents_and_says_how_the_text_was_cut(
    writer: Writer, tmp_path: Path
) -> None:
    found = jium.evaluate(writer, TEXTS, out=tmp_path)
    signatures = {score.name: score.signature for score in found["scores"]}
    cut = f"end:counted|tok:char-{writer.tokenizer.vocab_size}|window:{MAX_LEN}|stride:6"
    assert signatures["perplexity"] == cut
    assert signatures["bits_per_byte"] == signatures["bits_per_character"] == "end:counted"
    assert len((tmp_path / "predictions.jsonl").read_text("utf-8").splitlines()) == 3
    near = found["scores"][0].interval
    assert near.low <= found["scores"][0].value <= near.high


def test_nothing_to_measure_is_said(writer: Writer, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no text to measure"):
        jium.evaluate(writer, [])
    with pytest.raises(JiumError, match="split of a run"):
        jium.evaluate(writer, "test")
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS), "utf-8")
    by_file = jium.evaluate(writer, file)["scores"][0].value
    assert by_file == pytest.approx(jium.evaluate(writer, TEXTS)["scores"][0].value)


def test_a_stride_that_leads_nowhere_is_refused(writer: Writer) -> None:
    for stride in (0, -5):
        with pytest.raises(ConfigError, match=f"stride: must be at least 1; got {stride}"):
            jium.evaluate(writer, TEXTS, stride=stride)


def test_a_text_of_which_nothing_is_guessed_is_no_text(writer: Writer) -> None:
    """Without START and end nothing tells one token: that is no perplexity of 1."""
    bare = Writer(writer.model, writer.tokenizer)
    with pytest.raises(DataError, match="no text to measure"):
        jium.evaluate(bare, ["나", ""])


def test_what_a_tokenizer_does_not_know_is_told_beside_the_bits(writer: Writer) -> None:
    for i in (0, 1):  # perplexity, bits a byte
        signatures = [
            jium.evaluate(writer, [text])["scores"][i].signature
            for text in (TEXTS[1], "책을 쓴다.")
        ]
        assert "unknown" not in signatures[0]
        assert signatures[1].endswith("|unknown:14.29%")  # 쓴, one of 6 letters and the end


def test_a_file_is_cleaned_as_the_texts_of_the_run_were(writer: Writer, tmp_path: Path) -> None:
    from jium.evaluation.perplexity import read_measured

    file = tmp_path / "play.jsonl"
    file.write_text('{"text": "A.\\nㅋㅋㅋㅋㅋ  B."}\n', "utf-8")
    (tmp_path / "recipe.toml").write_text('[data]\nkind = "documents"\nclean = false\n', "utf-8")
    assert list(read_measured(tmp_path, str(file))[0]) == ["A.\nㅋㅋㅋㅋㅋ  B."]
    assert list(read_measured(None, str(file))[0]) == ["A. ㅋㅋ B."]
