"""How well a chatter knows the answers that were given."""

import json
import math
from pathlib import Path

import pytest
import torch

import jium
from jium.config import build
from jium.errors import DataError
from jium.evaluation.chats import statistics
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout
from jium.tasks.chat import Chatter
from jium.tasks.generate import Writer
from jium.text.chat_template import END, MARKS, ChatTemplate
from jium.text.tokenizer import Tokenizer, TokenizerConfig

MAX_LEN = 48


def turns(*contents: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]


CHATS = [turns("안녕?", "반가워."), turns("배고파.", "밥 먹자.", "뭐 먹지?", "국밥.")]


@pytest.fixture
def chatter() -> Chatter:
    words = [message["content"] for chat in CHATS for message in chat]
    settings = TokenizerConfig(vocab_size=290, special_tokens=list(MARKS))
    tokenizer = Tokenizer.train(settings, words)
    torch.manual_seed(0)
    sizes = {"size": "tiny", "vocab_size": tokenizer.vocab_size, "max_len": MAX_LEN}
    model = Gpt(build(GptConfig, sizes)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    end = tokenizer.token_id(END)
    assert end is not None
    writer = Writer(model, tokenizer, (tokenizer.start_id,), (end,))
    return Chatter(writer, ChatTemplate(tokenizer))


def values(task: Chatter, chats: object, **options: object) -> dict[str, float]:
    found = jium.evaluate(task, chats, max_tokens=2, samples=1, **options)  # type: ignore[arg-type]
    return {score.name: score.value for score in found["scores"]}


@torch.no_grad()
def slowly(task: Chatter, chat: list[dict[str, str]]) -> tuple[float, int]:
    """Each token of the last answer guessed by itself, after all that was said before."""
    nats, tokens = 0.0, 0
    read = task.template.ids(chat[:-1], reply=True)
    for token in [*task.tokenizer.encode(chat[-1]["content"]), task.ends[0]]:
        logits = task.model.output(task.model(torch.tensor(read), Layout([len(read)])))[-1]
        nats -= float(logits.log_softmax(-1)[token])
        tokens += 1
        read.append(token)
    return nats, tokens


def test_every_word_of_the_last_answer_counts_once_and_no_other(chatter: Chatter) -> None:
    for chat, (nats, tokens, size) in zip(CHATS, statistics(chatter, CHATS), strict=True):
        expected = slowly(chatter, chat)
        assert nats == pytest.approx(expected[0], rel=1e-4)
        assert tokens == expected[1]
        assert size == len(chat[-1]["content"].encode())


def test_scores_are_of_all_answers_together(chatter: Chatter) -> None:
    nats, tokens = map(sum, zip(*[slowly(chatter, chat) for chat in CHATS], strict=True))
    assert values(chatter, CHATS)["perplexity"] == pytest.approx(math.exp(nats / tokens), rel=1e-4)


def test_a_chat_that_is_too_long_is_left_out_and_counted(chatter: Chatter, tmp_path: Path) -> None:
    long = [turns("가나다" * MAX_LEN, "네."), turns("네?", "가나다" * MAX_LEN)]
    assert values(chatter, [*long, *CHATS], out=tmp_path) == values(chatter, CHATS)
    assert '"too_long": 2' in (tmp_path / "evaluation.json").read_text("utf-8")
    with pytest.raises(DataError, match="each of the 2 chats is longer than the model takes"):
        jium.evaluate(chatter, long)


def test_what_ends_with_no_answer_is_refused(chatter: Chatter) -> None:
    for chat in (turns("안녕?", "반가워.", "누구?"), turns("안녕?"), turns("", "안녕?")[1:]):
        with pytest.raises(DataError, match="chat 2: does not end with what the assistant answers"):
            jium.evaluate(chatter, [CHATS[0], chat])
    with pytest.raises(DataError, match="no role None"):
        jium.evaluate(chatter, [["안녕?"]])


def test_a_file_is_read_after_the_system_message_of_the_chatter(
    chatter: Chatter, tmp_path: Path
) -> None:
    chatter.system = "짧게."
    told = [[{"role": "system", "content": "짧게."}, *chat] for chat in CHATS]
    file = tmp_path / "chats.jsonl"
    lines = [json.dumps({"messages": chat}, ensure_ascii=False) for chat in CHATS]
    file.write_text("\n".join(lines), "utf-8")
    assert values(chatter, file) == values(chatter, told)
    assert values(chatter, CHATS) == values(chatter, told)
    chatter.system = None
    assert values(chatter, CHATS) != values(chatter, told)
