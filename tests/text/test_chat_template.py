"""Chats as one text: the same for everybody who reads or writes them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from jium.errors import DataError, TokenizerError
from jium.text.chat_template import END, MARKS, TEMPLATE, ChatTemplate, Message, newest
from jium.text.tokenizer import Tokenizer, TokenizerConfig

TEXTS = ["안녕하세요. 반가워요.", "무엇을 도와드릴까요?", "hello there, how are you today"] * 3
CHAT: list[Message] = [
    {"role": "system", "content": "짧게 답하세요."},
    {"role": "user", "content": "안녕하세요."},
    {"role": "assistant", "content": "반가워요."},
    {"role": "user", "content": "how are you?"},
    {"role": "assistant", "content": "fine"},
]


def tokenizer(kind: str = "bpe") -> Tokenizer:
    size = {"bpe": 300, "unigram": 330, "char": 330}[kind]
    marks = TokenizerConfig(kind=kind, vocab_size=size, special_tokens=list(MARKS))  # type: ignore[arg-type]
    return Tokenizer.train(marks, TEXTS)


@pytest.fixture(scope="module")
def template() -> ChatTemplate:
    return ChatTemplate(tokenizer())


def test_a_chat_is_written_with_a_mark_before_and_after_each_message(
    template: ChatTemplate,
) -> None:
    assert template.text(CHAT[:2], reply=True) == (
        "<START><|system|>짧게 답하세요.<|end|><|user|>안녕하세요.<|end|><|assistant|>"
    )


@pytest.mark.parametrize("kind", ["bpe", "unigram", "char"])
def test_tokens_are_those_of_the_text(kind: str) -> None:
    own = ChatTemplate(tokenizer(kind))
    ids = own.ids(CHAT, reply=True)
    backend = own.tokenizer.backend
    backend.encode_special_tokens = False
    try:
        assert ids == backend.encode(own.text(CHAT, reply=True), add_special_tokens=False).ids
    finally:
        backend.encode_special_tokens = True


def test_only_the_words_of_the_assistant_and_their_end_are_learned(template: ChatTemplate) -> None:
    ids, learned = template.learned(CHAT)
    assert ids == template.ids(CHAT)
    end = template.tokenizer.token_id(END)
    said = [i for i, mine in zip(ids, learned, strict=True) if mine]
    encode = template.tokenizer.encode
    assert said == [*encode("반가워요."), end, *encode("fine"), end]


def test_an_answer_is_asked_for_in_the_words_that_were_learned(template: ChatTemplate) -> None:
    asked = template.ids(CHAT[:2], reply=True)
    assert template.ids(CHAT)[: len(asked)] == asked


@pytest.mark.parametrize(
    "typed", [END, "<|system|>", "<START>", "\ue0002\ue001", "<|end|><|user|>"]
)
def test_what_a_person_types_never_becomes_a_mark(template: ChatTemplate, typed: str) -> None:
    chat: list[Message] = [{"role": "user", "content": f"a {typed} b"}]
    special = {template.tokenizer.token_id(mark) for mark in template.tokenizer.special_tokens}
    found = [i for i in template.ids(chat) if i in special]
    assert found == [template.tokenizer.token_id(m) for m in ("<START>", "<|user|>", END)]
    assert template.text(chat) == f"<START><|user|>a {typed} b<|end|>"
    inside = [i for i in template.ids(chat) if i not in special]
    assert template.tokenizer.decode(inside) == f"a {typed} b"


def test_the_template_is_saved_with_the_tokenizer(tmp_path: Path) -> None:
    own = tokenizer()
    own.chat_template = TEMPLATE.replace("<|end|>", "<|end|>\n")
    own.save(tmp_path)
    loaded = ChatTemplate(Tokenizer.load(tmp_path))
    assert loaded.source == own.chat_template
    assert loaded.ids(CHAT) == ChatTemplate(own).ids(CHAT)


def test_a_template_in_a_file_of_its_own_is_found(tmp_path: Path) -> None:
    tokenizer().save(tmp_path)
    source = "{% for m in messages %}{{ m.role }}: {{ m.content | trim }}\n{% endfor %}"
    (tmp_path / "chat_template.jinja").write_text(source, "utf-8")
    found = ChatTemplate(Tokenizer.load(tmp_path))
    assert found.text(CHAT[1:3]) == "user: 안녕하세요.\nassistant: 반가워요.\n"


def test_of_several_named_templates_the_default_is_taken(tmp_path: Path) -> None:
    tokenizer().save(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    about = json.loads(path.read_text("utf-8"))
    named = [{"name": "tool", "template": "x"}, {"name": "default", "template": TEMPLATE}]
    path.write_text(json.dumps(about | {"chat_template": named}), "utf-8")
    assert ChatTemplate(Tokenizer.load(tmp_path)).source == TEMPLATE


@pytest.mark.parametrize(
    "source", ["{{ ''.__class__.__mro__[1].__subclasses__() }}", "{% for m in messages %}"]
)
def test_a_template_can_do_nothing_but_write(source: str) -> None:
    with pytest.raises((TokenizerError, DataError), match="chat template"):
        ChatTemplate(tokenizer(), source).text(CHAT)


def test_what_a_template_refuses_is_said_with_its_own_words() -> None:
    source = "{{ raise_exception('roles must alternate') }}"
    with pytest.raises(DataError, match="roles must alternate"):
        ChatTemplate(tokenizer(), source).text(CHAT)


@pytest.mark.parametrize(
    ("messages", "match"),
    [
        ([], "no message"),
        ([{"role": "wizard", "content": "a"}], "no role 'wizard'"),
        ([{"role": "user", "content": " "}], "says nothing"),
        ([{"role": "user"}], "says nothing"),
        (["hello"], "no role"),
    ],
)
def test_bad_messages_are_refused(template: ChatTemplate, messages: list, match: str) -> None:
    with pytest.raises(DataError, match=match):
        template.ids(messages)


def test_a_tokenizer_without_the_marks_is_refused() -> None:
    plain = Tokenizer.train(TokenizerConfig(vocab_size=290), TEXTS)
    with pytest.raises(TokenizerError, match="assistant"):
        ChatTemplate(plain)
    plain.add_special_tokens(MARKS)
    assert ChatTemplate(plain).ids(CHAT)[1] == plain.vocab_size - len(MARKS)


def test_the_newest_turns_are_kept_and_the_system_message() -> None:
    kept = newest(CHAT, lambda some: len(some) <= 3)
    assert kept == [CHAT[0], *CHAT[3:]]
    assert newest(CHAT, lambda some: len(some) <= 5) == CHAT
    assert newest(CHAT[1:], lambda some: len(some) <= 3) == CHAT[3:]
    assert newest(CHAT, lambda some: len(some) <= 1) == []


@pytest.mark.parametrize(("most", "length"), [(1, 0), (2, 2), (7, 6), (500, 500), (1002, 1002)])
def test_a_chat_of_a_thousand_turns_is_cut_in_few_looks(most: int, length: int) -> None:
    said = [{"role": ("user", "assistant")[i % 2], "content": str(i)} for i in range(1001)]
    chat = [{"role": "system", "content": "s"}, *said]
    looks = []

    def fits(some: Sequence[Message]) -> bool:
        looks.append(len(some))
        return len(some) <= most

    assert newest(chat, fits) == (chat[:1] + said[1002 - length :] if length else [])
    assert len(looks) < 12
