"""The writer as a person uses it: a text in, what follows it out."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

import jium
from jium.checkpoint.foreign import write_foreign
from jium.checkpoint.run import save_config, save_weights
from jium.cli import app
from jium.config import build
from jium.errors import ConfigError, DataError, RunError
from jium.generation.decoding import GptDecoder, greedy
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout
from jium.tasks.generate import Writer
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXTS = ["나는 학교에 간다.", "나는 책을 읽는다.", "the cat sat on the mat"]


@pytest.fixture(scope="module")
def writer() -> Writer:
    tokenizer = Tokenizer.train(TokenizerConfig(vocab_size=290), TEXTS)
    torch.manual_seed(0)
    sizes = {"size": "tiny", "vocab_size": tokenizer.vocab_size, "max_len": 24}
    model = Gpt(build(GptConfig, sizes)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    return Writer(model, tokenizer, (tokenizer.start_id,), (tokenizer.eos_id,))


def greedily(writer: Writer, text: str, n: int) -> str:
    """The likeliest token again and again, the whole text read anew for each."""
    ids: list[int] = []
    given = writer.tokenizer.encode(text)
    for _ in range(n):
        row = torch.tensor([*writer.before, *given, *ids])
        hidden = writer.model(row, Layout([len(row)]))
        best = int(writer.model.output(hidden)[-1].argmax())
        if best in writer.ends:
            break
        ids.append(best)
    whole, start = (writer.tokenizer.decode(row) for row in (given + ids, given))
    return whole.removeprefix(start)


def test_without_options_the_likeliest_tokens_follow(writer: Writer) -> None:
    for text in TEXTS:
        assert writer.generate(text, max_tokens=6) == greedily(writer, text, 6)


def test_a_list_gives_a_list_in_its_order_whatever_the_lengths(writer: Writer) -> None:
    texts = ["나는 ", *TEXTS, "the", "cat"]
    together = writer.generate(texts, max_tokens=5)
    assert together == [writer.generate(text, max_tokens=5) for text in texts]
    assert writer.generate([], max_tokens=5) == []


def test_a_seed_makes_drawing_repeatable_and_another_changes_it(writer: Writer) -> None:
    options = dict(temperature=2.0, max_tokens=8)
    once = writer.generate(TEXTS, seed=1, **options)
    assert once == writer.generate(TEXTS, seed=1, **options)
    assert once != writer.generate(TEXTS, seed=2, **options)


@pytest.mark.parametrize("options", [dict(top_k=1), dict(top_p=1e-6)])
def test_the_narrowest_filters_leave_the_likeliest(writer: Writer, options: dict[str, Any]) -> None:
    plain = writer.generate(TEXTS, max_tokens=6)
    assert writer.generate(TEXTS, max_tokens=6, temperature=1.5, seed=3, **options) == plain


def test_a_beam_gives_its_best_texts(writer: Writer) -> None:
    best = writer.generate(TEXTS, max_tokens=4, beam=5)
    several = writer.generate(TEXTS, max_tokens=4, beam=5, n_best=2)
    assert [texts[0] for texts in several] == best
    assert all(len(set(texts)) == 2 for texts in several)


def test_several_answers_are_drawn_for_each_text(writer: Writer) -> None:
    answers = writer.generate(TEXTS, temperature=2.0, n_best=3, max_tokens=6, seed=1)
    assert [len(set(texts)) for texts in answers] == [3, 3, 3]


def test_any_of_several_tokens_ends_a_text(writer: Writer) -> None:
    """Whichever token is written anew, some steps on, becomes a second end."""
    text = TEXTS[2]
    row = torch.tensor([[*writer.before, *writer.tokenizer.encode(text)]])
    (ids,) = greedy(GptDecoder(writer.model, row, 24), 1, 0, writer.ends[0], 8)
    place = next(i for i, token in enumerate(ids) if i > 1 and token not in ids[:i])
    ended = Writer(writer.model, writer.tokenizer, writer.before, (*writer.ends, ids[place]))
    expected = writer.generate(text, max_tokens=place)
    assert ended.generate(text, max_tokens=8) == expected
    assert ended.generate(text, max_tokens=8, temperature=1.0, top_k=1) == expected


def test_writing_stops_before_a_string_that_ends_it(writer: Writer) -> None:
    whole = writer.generate(TEXTS[0], max_tokens=8)
    stop = whole[3:5]
    assert writer.generate(TEXTS[0], max_tokens=8, stop=[stop]) == whole[: whole.find(stop)]


def test_writing_ends_where_the_model_is_full(writer: Writer) -> None:
    endless = Writer(writer.model, writer.tokenizer, writer.before)
    text = TEXTS[2]
    used = len(writer.before) + len(writer.tokenizer.encode(text))
    answer = endless.generate(text)
    assert len(writer.logits(text)) == used
    assert answer == endless.generate(text, max_tokens=24 - used)


def test_logits_are_those_of_the_model_for_every_token(writer: Writer) -> None:
    row = torch.tensor([*writer.before, *writer.tokenizer.encode(TEXTS[0])])
    expected = writer.model.output(writer.model(row, Layout([len(row)])))
    torch.testing.assert_close(writer.logits(TEXTS[0]), expected)


def test_what_cannot_be_written_on_is_refused(writer: Writer) -> None:
    bare = Writer(writer.model, writer.tokenizer)
    with pytest.raises(DataError, match="nothing to write on"):
        bare.generate("")
    assert isinstance(writer.generate("", max_tokens=2), str)
    with pytest.raises(DataError, match="the model holds 24, with what it writes"):
        writer.generate("x" * 40)
    with pytest.raises(ConfigError, match="unknown key"):
        writer.generate("the", warmth=1)


# ---------------------------------------------------------------- folders


@pytest.fixture(scope="module")
def run(writer: Writer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The writer as a run folder of jium."""
    folder = tmp_path_factory.mktemp("run")
    save_config(folder, "gpt", writer.model.config, writer.about())
    save_weights(folder, writer.model)
    writer.tokenizer.save(folder)
    return folder


def test_a_run_writes_as_before_it_was_saved(writer: Writer, run: Path) -> None:
    loaded = jium.load(run)
    assert isinstance(loaded, Writer)
    assert loaded.generate(TEXTS, max_tokens=5) == writer.generate(TEXTS, max_tokens=5)
    assert json.loads((run / "config.json").read_text())["hidden_size"] == 64


def test_a_folder_of_hugging_face_writes_as_its_model_does(writer: Writer, tmp_path: Path) -> None:
    """Its tokenizer puts no start before a text, as ours never do."""
    write_foreign(tmp_path, writer.model, writer.tokenizer)
    bare = Writer(writer.model, writer.tokenizer, (), writer.ends)
    assert jium.load(tmp_path).generate(TEXTS, max_tokens=5) == bare.generate(TEXTS, max_tokens=5)


def test_ends_stand_in_generation_config_json_too(writer: Writer, tmp_path: Path) -> None:
    write_foreign(tmp_path, writer.model, writer.tokenizer)
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": [3, 7]}')
    assert jium.load(tmp_path).ends == (3, 7)


def test_a_folder_without_tokenizer_says_how_to_make_one(writer: Writer, tmp_path: Path) -> None:
    write_foreign(tmp_path, writer.model)
    with pytest.raises(RunError, match=r"no tokenizer.json.*AutoTokenizer.from_pretrained"):
        jium.load(tmp_path)


def test_an_architecture_without_a_task_is_refused(writer: Writer, tmp_path: Path) -> None:
    write_foreign(tmp_path, writer.model, about={"architectures": ["LlamaForTokenClassification"]})
    with pytest.raises(
        RunError, match="holds a LlamaForTokenClassification, for which there is no"
    ):
        jium.load(tmp_path)


def test_the_command_prints_texts_written_on(writer: Writer, run: Path) -> None:
    told = CliRunner().invoke(app, ["generate", str(run), *TEXTS[:2], "--max-tokens", "4"])
    expected = writer.generate(TEXTS[:2], max_tokens=4)
    assert told.exit_code == 0, told.output
    lines = [(a + b).replace("\n", " ") for a, b in zip(TEXTS, expected, strict=False)]
    assert told.stdout == "\n".join(lines) + "\n"
    options = ["--temperature", "1.5", "--top-k", "5", "--top-p", "0.9", "--seed", "1", "--json"]
    told = CliRunner().invoke(app, ["generate", str(run), TEXTS[0], "--max-tokens", "4", *options])
    drawn = writer.generate(TEXTS[0], max_tokens=4, temperature=1.5, top_k=5, top_p=0.9, seed=1)
    assert json.loads(told.stdout) == {"prompt": TEXTS[0], "text": drawn}
