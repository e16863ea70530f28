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
from jium.generation.constrained import constraint_of
from jium.generation.contrastive import contrastive_search
from jium.generation.decoding import GptDecoder, greedy
from jium.generation.settings import GenerationConfig
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout
from jium.tasks.generate import Writer
from jium.tasks.text_stream import TextStream
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


# ---------------------------------------------------------------- piece by piece


@pytest.mark.parametrize("seed", range(4))
def test_a_stream_adds_up_to_the_answer(writer: Writer, seed: int) -> None:
    """What an untaught model writes is noise, often half a character."""
    for text in TEXTS:
        for how in (dict(), dict(temperature=2.0, seed=seed), dict(temperature=1.0, seed=seed)):
            pieces = list(writer.stream(text, max_tokens=12, **how))
            assert "".join(pieces) == writer.generate(text, max_tokens=12, **how)
            assert all(pieces)


def test_a_stream_stops_where_the_answer_does(writer: Writer) -> None:
    whole = writer.generate(TEXTS[0], max_tokens=10)
    for stop in (whole[2:4], whole[-1:], whole[1:6]):
        answer = writer.generate(TEXTS[0], max_tokens=10, stop=[stop, "never"])
        assert answer == whole[: whole.find(stop)]
        assert "".join(writer.stream(TEXTS[0], max_tokens=10, stop=[stop, "never"])) == answer


def test_a_stream_refuses_at_once_what_cannot_be_written_on(writer: Writer) -> None:
    with pytest.raises(DataError, match="the model holds 24"):
        writer.stream("x" * 40)


# ---------------------------------------------------------------- tokens


def test_rows_of_ids_are_written_on_with_reasons_and_log_probabilities(writer: Writer) -> None:
    rows = [writer.ids(text) for text in TEXTS]
    settings = GenerationConfig(max_tokens=5, temperature=1.0, seed=3, n_best=2)
    found = writer.write(rows, settings, top_logprobs=2)
    assert [len(texts) for texts in found] == [2, 2, 2]
    for row, texts in zip(rows, found, strict=True):
        for one in texts:
            assert one.tokens == [step.token for step in one.steps]
            assert one.finish_reason == ("length" if len(one.tokens) == 5 else "stop")
            assert all(step.logprob <= 0 and len(step.top) == 2 for step in one.steps)  # type: ignore[operator]
            assert one.text == TextStream(writer.tokenizer, row).whole(one.tokens)
    assert [[one.text for one in texts] for texts in found] == writer.generate(
        TEXTS, max_tokens=5, temperature=1.0, seed=3, n_best=2
    )


def test_a_stop_string_is_a_reason(writer: Writer) -> None:
    whole = writer.generate(TEXTS[0], max_tokens=8)
    (row,) = [writer.ids(TEXTS[0])]
    ((found,),) = writer.write([row], GenerationConfig(max_tokens=8, stop=[whole[2:4]]))
    assert (found.text, found.finish_reason) == (whole[:2], "stop")


def test_one_text_alone_is_drawn_as_the_first_of_several(writer: Writer) -> None:
    how = dict(temperature=1.5, seed=7, max_tokens=6)
    assert writer.generate(TEXTS, **how)[0] == writer.generate(TEXTS[0], **how)


def test_contrastive_search_is_asked_for_by_its_weight(writer: Writer) -> None:
    how: dict[str, Any] = dict(max_tokens=6, penalty_alpha=0.6, top_k=4)
    ids = writer.ids(TEXTS[0])
    assert isinstance(writer.model, Gpt)
    tokens = list(contrastive_search(writer.model, ids, 4, 0.6, 6, writer.ends))
    expected = TextStream(writer.tokenizer, ids).whole(tokens)
    assert writer.generate(TEXTS[0], **how) == expected
    assert "".join(writer.stream(TEXTS[0], **how)) == expected
    with pytest.raises(ConfigError, match="neither with a constraint nor with log-prob"):
        writer.write([ids], GenerationConfig(**how), top_logprobs=1)


def test_choices_are_written_as_they_are_given(writer: Writer) -> None:
    pytest.importorskip("llguidance")
    found = writer.generate(TEXTS, choices=["네", "아니요"], temperature=1.0, seed=1, n_best=4)
    assert {text for texts in found for text in texts} == {"네", "아니요"}
    assert writer.generate(TEXTS[0], regex="[0-9]{3}") in [f"{n:03}" for n in range(1000)]
    pieces = writer.stream(TEXTS[0], choices=["네", "아니요"])
    assert "".join(pieces) in ("네", "아니요")


class Broken:
    """A constraint that cannot be followed beyond a token."""

    done = False

    def __init__(self) -> None:
        self.taken = 0

    def allowed(self) -> torch.Tensor:
        if self.taken:
            raise ConfigError("cannot be followed")
        return torch.ones(290, dtype=torch.bool)

    def take(self, token: int) -> None:
        self.taken += 1


def test_what_a_constraint_raises_is_raised_for_its_text(writer: Writer) -> None:
    row, settings = writer.ids(TEXTS[0]), GenerationConfig(max_tokens=5)
    with pytest.raises(ConfigError, match="cannot be followed"):
        writer.write([row], settings, [Broken()])
    pieces = writer.stream_ids(row, settings, Broken())
    with pytest.raises(ConfigError, match="cannot be followed"):
        list(pieces)


def test_a_constraint_is_made_once_however_many_texts(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("llguidance")
    made: list[Any] = []
    monkeypatch.setattr(
        "jium.tasks.generate.constraint_of",
        lambda *given, **named: made.append(constraint_of(*given, **named)) or made[-1],
    )
    found = writer.generate(TEXTS, choices=["네", "아니요"], temperature=1.0, n_best=3)
    assert {text for several in found for text in several} <= {"네", "아니요"}
    assert len(made) == 1 and not made[0].ended


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
    assert json.loads(told.stdout) == {
        "prompt": TEXTS[0], "text": drawn, "finish_reason": "length"
    }  # fmt: skip


def test_the_command_takes_how_to_write(writer: Writer, run: Path, tmp_path: Path) -> None:
    pytest.importorskip("llguidance")
    runner, text = CliRunner(), TEXTS[0]

    def lines(*more: str) -> list[Any]:
        told = runner.invoke(app, ["generate", str(run), text, "--max-tokens", "6", *more])
        assert told.exit_code == 0, told.output
        return told.stdout.rstrip("\n").split("\n")

    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps({"enum": [1]}))
    grammar = tmp_path / "grammar.lark"
    grammar.write_text('start: "ab"')
    drawn = ["--n", "3", "--temperature", "1.5", "--min-p", "0.01", "--seed", "1"]
    answers = writer.generate(text, max_tokens=6, n_best=3, temperature=1.5, min_p=0.01, seed=1)
    assert lines(*drawn) == [(text + answer).replace("\n", " ") for answer in answers]
    whole = writer.generate(text, max_tokens=6, repetition_penalty=1.5)
    assert lines("--repetition-penalty", "1.5") == [(text + whole).replace("\n", " ")]
    assert lines("--choices", "x", "--choices", "y")[0] in (text + "x", text + "y")
    assert lines("--regex", "[01]")[0] in (text + "0", text + "1")
    assert lines("--grammar", str(grammar)) == [text + "ab"]
    assert lines("--json-schema", str(schema)) == [text + "1"]
    plain = writer.generate(text, max_tokens=6)
    assert "\n".join(lines("--stream")) == (text + plain).rstrip("\n")
    assert lines("--stop", plain[1])[0] == (text + plain[:1]).replace("\n", " ")
    (told,) = map(json.loads, lines("--stop", plain[1], "--json"))
    assert told["finish_reason"] == "stop"
    (told,) = map(json.loads, lines("--logprobs", "--json"))
    assert told["text"] == plain and len(told["logprobs"]) == 6
    assert all(isinstance(piece, str) and value <= 0 for piece, value in told["logprobs"])


@pytest.mark.parametrize(
    "asked", [{"beam": 3}, {"penalty_alpha": 0.6, "top_k": 4}, {"temperature": 1.0, "seed": 1}]
)
def test_a_method_that_is_asked_for_sets_aside_what_the_run_says_of_others(
    writer: Writer, asked: dict[str, Any]
) -> None:
    drawn = dict(temperature=0.8, top_p=0.9, repetition_penalty=1.1)
    for own in (drawn, {"beam": 2}):
        run = Writer(writer.model, writer.tokenizer, writer.before, writer.ends)
        run.settings = build(GenerationConfig, own)
        assert isinstance(run.generate(TEXTS[0], max_tokens=4, **asked), str)
    plain = writer.generate(TEXTS[0], max_tokens=4, beam=3)
    run.settings = build(GenerationConfig, drawn)
    assert run.generate(TEXTS[0], max_tokens=4, beam=3) == plain
    with pytest.raises(ConfigError, match="does not go with a beam"):
        run.generate(TEXTS[0], beam=3, temperature=0.5)
