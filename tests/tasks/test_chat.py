"""Chats as a person has them: trained on a few dialogues, loaded, talked with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from typer.testing import CliRunner

import jium
from jium.cli import app
from jium.config import build
from jium.errors import DataError, JiumError
from jium.models.gpt import Gpt, GptConfig
from jium.tasks.chat import Chatter, Conversation
from jium.tasks.generate import Writer
from jium.text.chat_template import MARKS, ChatTemplate
from jium.text.tokenizer import Tokenizer, TokenizerConfig
from jium.training.recipe import Recipe
from jium.training.run import train

NAMES = ("민수", "영희", "철수", "하나", "지우", "보라")
TEXTS = [f"내 이름은 {name}야. 반가워, {name}! 오늘 날씨가 좋네. 그렇네." for name in NAMES]


@pytest.fixture(scope="module")
def chatter() -> Chatter:
    """A random model: what it says is noise, but always the same."""
    settings = TokenizerConfig(vocab_size=320, special_tokens=list(MARKS))
    tokenizer = Tokenizer.train(settings, TEXTS)
    torch.manual_seed(0)
    sizes = {"size": "tiny", "vocab_size": tokenizer.vocab_size, "max_len": 96}
    model = Gpt(build(GptConfig, sizes)).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    ends = tuple(i for i in (tokenizer.token_id("<|end|>"), tokenizer.eos_id) if i is not None)
    return Chatter(Writer(model, tokenizer, (tokenizer.start_id,), ends), ChatTemplate(tokenizer))


def test_a_text_is_a_chat_of_one_message(chatter: Chatter) -> None:
    one = chatter.chat("반가워", max_tokens=8)
    assert isinstance(one, str)
    assert one == chatter.chat([{"role": "user", "content": "반가워"}], max_tokens=8)


def test_several_chats_are_answered_in_their_order(chatter: Chatter) -> None:
    chats = [[{"role": "user", "content": text}] for text in ("가", "나다라", "마")]
    together = chatter.chat(chats, max_tokens=6)
    assert together == [chatter.chat(chat, max_tokens=6) for chat in chats]


def test_pieces_add_up_to_the_answer(chatter: Chatter) -> None:
    for options in ({}, {"temperature": 1.0, "seed": 3}, {"stop": ["다", "e"]}):
        whole = chatter.chat("반가워", max_tokens=20, **options)
        pieces = chatter.chat("반가워", max_tokens=20, stream=True, **options)
        assert "".join(pieces) == whole


def test_a_system_message_is_added_where_there_is_none(chatter: Chatter) -> None:
    given = [{"role": "system", "content": "짧게"}, {"role": "user", "content": "가"}]
    assert chatter.chat("가", system="짧게", max_tokens=6) == chatter.chat(given, max_tokens=6)
    assert chatter.chat(given, system="길게", max_tokens=6) == chatter.chat(given, max_tokens=6)


def test_the_newest_turns_and_the_system_message_stay_in_the_window(chatter: Chatter) -> None:
    said = [{"role": ("user", "assistant")[i % 2], "content": f"반가워 {i}"} for i in range(31)]
    chat = [{"role": "system", "content": "짧게"}, *said]
    ids = chatter.prompt(chat, max_tokens=8)
    assert len(ids) <= 96 - 8
    template = chatter.template
    system = template.ids(chat[:1])
    assert ids[: len(system)] == system
    kept = next(k for k in range(len(said)) if template.ids([chat[0], *said[k:]], True) == ids)
    assert said[kept]["role"] == "user"
    assert len(template.ids([chat[0], *said[kept - 2 :]], reply=True)) > 96 - 8
    assert chatter.chat(chat, max_tokens=8) is not None


def test_a_message_longer_than_the_window_is_refused(chatter: Chatter) -> None:
    with pytest.raises(DataError, match="last message takes .* the model reads 72"):
        chatter.chat("가나다" * 200)


@pytest.mark.parametrize("system", [None, "짧게"])
@pytest.mark.parametrize("chat", [[5], ["가", "나"], [[{"role": "user", "content": "가"}], {}]])
def test_what_is_no_chat_is_refused_with_and_without_a_system_message(
    chatter: Chatter, chat: Any, system: str | None
) -> None:
    with pytest.raises(DataError, match="no role None|no message"):
        chatter.chat(chat, system=system, max_tokens=2)


def test_a_conversation_remembers_until_it_is_told_to_forget(chatter: Chatter) -> None:
    talk = Conversation(chatter, "짧게", max_tokens=5)
    first = talk.say("하나")
    assert talk.messages[0] == {"role": "system", "content": "짧게"}
    expected = [*talk.messages, {"role": "user", "content": "둘"}]
    assert talk.say("둘") == chatter.chat(expected, max_tokens=5)
    assert talk.undo()
    assert [m["content"] for m in talk.messages[-2:]] == ["하나", first]
    assert talk.undo() and not talk.undo()
    assert talk.messages == [{"role": "system", "content": "짧게"}]
    talk.reset()
    assert talk.messages == [{"role": "system", "content": "짧게"}]


def test_an_answer_that_breaks_off_is_not_remembered() -> None:
    class Broken:
        def chat(self, messages: Any, stream: bool) -> Any:
            yield "반"
            raise DataError("gone")

    talk = Conversation(Broken())
    with pytest.raises(DataError):
        talk.say("안녕")
    assert talk.messages == []


# ---------------------------------------------------------------- trained


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned to give back a name which was said two turns before."""
    place = tmp_path_factory.mktemp("chat")
    between = (("날씨가 좋네.", "그렇네."), ("배고파.", "밥 먹자."), ("심심해.", "놀자."))
    lines = []
    for name in NAMES:
        for asked, answered in between:
            said = [f"내 이름은 {name}.", f"반가워, {name}!", asked, answered]
            said += ["내 이름이 뭐지?", f"{name}!"]
            roles = ("user", "assistant") * 3
            chat = [{"role": r, "content": c} for r, c in zip(roles, said, strict=True)]
            lines.append(json.dumps({"messages": chat}, ensure_ascii=False))
    held = lines[::4]  # combinations that are not learned
    rest = [line for line in lines if line not in held]
    for name, some in (("train", rest * 4), ("valid", held)):
        (place / f"{name}.jsonl").write_text("\n".join(some), "utf-8")
    values: dict[str, Any] = {
        "task": "chat",
        "data": {
            "train": str(place / "train.jsonl"),
            "valid": str(place / "valid.jsonl"),
            "drop_duplicates": False,
        },
        "tokenizer": {"kind": "char", "vocab_size": 300},
        "model": {"kind": "gpt", "size": "tiny", "n_layers": 2, "max_len": 96},
        "optim": {"kind": "muon", "lr": 1e-2},
        "schedule": {"kind": "constant", "warmup": 10},
        "train": {"steps": 160, "batch_tokens": 768, "eval_every": 80, "save_every": 80},
    }
    train(Recipe.of(values, "chat"), out=place / "run", quiet=True)
    return place / "run"


def test_what_was_said_two_turns_before_is_remembered(run: Path) -> None:
    valid = (run.parent / "valid.jsonl").read_text("utf-8").splitlines()
    task = jium.load(run)
    remembered = 0
    for line in valid:
        chat = json.loads(line)["messages"]
        talk = Conversation(task, temperature=0.0)
        for message in chat[:-1]:
            if message["role"] == "user":
                answer = talk.say(message["content"])
        remembered += chat[-1]["content"] == answer
    assert remembered == len(valid)


def test_a_trained_chat_is_measured_and_shown(run: Path) -> None:
    found = jium.evaluate(run, "valid", out=run / "report")
    scores = {score.name: score.value for score in found["scores"]}
    assert scores["perplexity"] < 1.2
    assert scores["chrf"] > 95
    card = (run / "README.md").read_text("utf-8")
    assert "task `chat`" in card
    assert "## Dialogues" in card and "user: " in card
    with pytest.raises(JiumError, match="split"):
        jium.evaluate(jium.load(run), "valid")


def test_the_command_line_talks(run: Path) -> None:
    runner = CliRunner()
    lines = "내 이름은 민수.\n배고파.\n내 이름이 뭐지?\n"
    plain = runner.invoke(app, ["chat", str(run), "--temperature", "0"], input=lines)
    assert plain.exit_code == 0, plain.output
    assert plain.stdout.splitlines() == ["반가워, 민수!", "밥 먹자.", "민수!"]
    found = runner.invoke(app, ["chat", str(run), "--json"], input=lines)
    assert [json.loads(line)["assistant"] for line in found.stdout.splitlines()] == (
        plain.stdout.splitlines()
    )


def test_a_chat_is_saved_taken_up_again_and_forgotten(run: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    file = tmp_path / "chat.jsonl"
    lines = (
        f"내 이름은 하나.\n배고파.\n/save {file}\n/reset\n/load {file}\n내 이름이 뭐지?\n/quit\nx"
    )
    found = runner.invoke(app, ["chat", str(run), "--temperature", "0"], input=lines)
    assert found.exit_code == 0, found.output
    assert found.stdout.splitlines()[-1] == "하나!"
    saved = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [m["role"] for m in saved] == ["user", "assistant"] * 2


def test_taking_back_says_what_is_left_or_that_nothing_was_said(run: Path) -> None:
    found = CliRunner().invoke(app, ["chat", str(run)], input="/undo\n배고파.\n/undo\n/undo\n")
    assert found.exit_code == 0, found.output
    told = found.stderr.splitlines()
    assert told == [
        "There is nothing to take back.",
        "0 messages are left.",
        "There is nothing to take back.",
    ]


def test_a_model_that_does_not_chat_says_so(tmp_path: Path, chatter: Chatter) -> None:
    found = CliRunner().invoke(app, ["chat", str(tmp_path / "none")], input="a\n")
    assert found.exit_code == 1
    assert "no such run folder" in found.output


@pytest.fixture
def saved(run: Path) -> Callable[[], Chatter]:
    return lambda: jium.load(run)


def test_the_template_in_the_folder_is_the_one_that_was_trained(
    run: Path, saved: Callable[[], Chatter]
) -> None:
    about = json.loads((run / "tokenizer_config.json").read_text("utf-8"))
    assert about["chat_template"] == saved().template.source


@pytest.mark.parametrize("more", [0, 7])
def test_a_constrained_answer_is_written_as_answers_were_learned(more: int) -> None:
    """With the space that the tokenizer writes before a text; the model may have more rows."""
    pytest.importorskip("llguidance")
    settings = TokenizerConfig(kind="unigram", vocab_size=340, special_tokens=list(MARKS))
    tokenizer = Tokenizer.train(settings, TEXTS)
    torch.manual_seed(0)
    sizes = {"size": "tiny", "vocab_size": tokenizer.vocab_size + more, "max_len": 96}
    model = Gpt(build(GptConfig, sizes)).eval()
    end = tokenizer.token_id("<|end|>")
    assert end is not None
    writer = Writer(model, tokenizer, (tokenizer.start_id,), (end,))
    task = Chatter(writer, ChatTemplate(tokenizer))
    assert task.chat("날씨가 좋네.", choices=["반가워", "그렇네."]) in ("반가워", "그렇네.")
    chosen, make = writer.asked({"choices": ["반가워"]}, begins=True)
    assert make is not None
    (written,) = writer.write(
        [task.prompt([{"role": "user", "content": "안녕"}])], chosen, [make()]
    )
    assert written[0].text == "반가워"
    assert written[0].tokens == tokenizer.encode("반가워")
