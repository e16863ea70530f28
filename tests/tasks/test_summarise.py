"""What a summariser reads of a text, and what it refuses; what it learns is tested where it is
trained.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.contracts import tiny
from jium.tasks.summarise import Summariser, chat_room, head
from jium.text.chat_template import MARKS, ChatTemplate
from jium.text.tokenizer import Tokenizer, TokenizerConfig

WORDS = st.text(alphabet="나는오늘물을 산다.aZ😀\n", max_size=200)


@given(text=WORDS, room=st.integers(1, 30))
@pytest.mark.parametrize("kind", ["bpe", "char"])
def test_a_head_is_the_beginning_and_fits(kind: str, text: str, room: int) -> None:
    tokenizer = tiny.tokenizer(kind)
    found = head(text, tokenizer, room)
    assert text.startswith(found) and len(tokenizer.encode(found)) <= room
    if len(tokenizer.encode(text)) <= room:
        assert found == text


def test_a_head_ends_with_a_word_where_it_can() -> None:
    tokenizer = tiny.tokenizer("char")
    assert head("나는 오늘 물을 산다.", tokenizer, 7) == "나는 오늘"
    assert head("나는 오늘 물을 산다.", tokenizer, 5) == "나는 오늘"
    assert head("나는 오늘 물을 산다.", tokenizer, 4) == "나는"
    assert head("나는오늘물을산다.", tokenizer, 4) == "나는오늘"


def test_a_head_of_a_million_characters_is_found() -> None:
    tokenizer = tiny.tokenizer()
    for text in ("나는 오늘 물을 산다. " * 100_000, "산" * 1_000_000, " " * 1_000_000):
        assert len(tokenizer.encode(head(text, tokenizer, 50))) <= 50


def test_what_a_chat_needs_beside_a_document_is_kept_free() -> None:
    settings = TokenizerConfig(vocab_size=400, special_tokens=list(MARKS))
    tokenizer = Tokenizer.train(settings, (text for pair in tiny.sentences() for text in pair))
    template = ChatTemplate(tokenizer)
    document = head("나는 오늘 물을 산다. " * 50, tokenizer, chat_room(template, 64))
    read = template.ids([{"role": "user", "content": document}], reply=True)
    assert len(read) <= 64 - 64 // 4


def test_lines_are_read_as_one_and_cleaned_as_what_was_learned() -> None:
    task = Summariser(tiny.translator())
    assert task.head("나는  오늘\n\n물을\u200b 산다.\n") == "나는 오늘 물을 산다."
    assert task.head("<b>물</b>") == "<b>물</b>"  # typed, not taken from a page


@pytest.mark.parametrize("text", ["", " ", "\n\u200b"])
def test_nothing_to_summarise_stays_nothing(text: str) -> None:
    task = Summariser(tiny.translator())
    assert task.summarise(text) == "" and task.summarise([text]) == [""]
    assert list(task.stream(text)) == []


@pytest.mark.parametrize("text", ["👍", "ㅋㅋㅋ", "\x00", "漢字", "<EOS>", "가" * 5000])
def test_any_string_gives_a_string(text: str) -> None:
    assert isinstance(Summariser(tiny.translator()).summarise(text, max_tokens=4), str)
