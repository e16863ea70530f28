"""Two SentencePiece models and a vocabulary as one tokenizer; ids beside those of theirs are in
tests/parity/test_foreign_tasks.py.
"""

import json
from pathlib import Path

import pytest

from jium.errors import TokenizerError
from jium.text.marian import is_marian, languages, load_marian

sentencepiece = pytest.importorskip("sentencepiece")
TEXTS = ["나는 학교에 간다.", "너는 책을 읽는다."]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    train(tmp_path, "unigram")
    model = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "source.spm"))
    pieces = [model.id_to_piece(n) for n in range(3, model.vocab_size())]
    names = ["</s>", "<unk>", *reversed(pieces), "▁read", ">>eng<<", "<pad>"]
    vocabulary = {name: number for number, name in enumerate(names)}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary), "utf-8")
    return tmp_path


def train(folder: Path, kind: str) -> None:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS * 5),
        model_prefix=str(folder / "m"),
        model_type=kind,
        vocab_size=30,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    (folder / "m.model").rename(folder / "source.spm")


def test_pieces_are_cut_by_the_source_and_numbered_by_the_vocabulary(folder: Path) -> None:
    model = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    vocabulary = json.loads((folder / "vocab.json").read_text("utf-8"))
    tokenizer = load_marian(folder)
    for text in TEXTS:
        expected = [vocabulary[piece] for piece in model.encode(text, out_type=str)]
        assert tokenizer.encode(text) == expected
        assert tokenizer.decode(expected) == text
    assert tokenizer.vocab_size == len(vocabulary)
    assert (tokenizer.eos_id, tokenizer.unk_id) == (0, 1)
    assert tokenizer.pad_id == vocabulary["<pad>"]


def test_a_piece_of_the_target_is_spelled(folder: Path) -> None:
    vocabulary = json.loads((folder / "vocab.json").read_text("utf-8"))
    assert load_marian(folder).decode([vocabulary["▁read"], 0]) == "read"


def test_languages_are_tokens_of_their_own(folder: Path) -> None:
    tokenizer = load_marian(folder)
    assert languages(tokenizer) == {">>eng<<": tokenizer.vocab_size - 2}


def test_other_folders_are_none(folder: Path, tmp_path: Path) -> None:
    assert is_marian(folder)
    (folder / "vocab.json").unlink()
    assert not is_marian(folder)


def test_damage_and_other_kinds_are_said(folder: Path) -> None:
    (folder / "vocab.json").write_text('{"</s>": 0, "<unk>": 2}')
    with pytest.raises(TokenizerError, match="vocab.json leaves numbers out"):
        load_marian(folder)
    (folder / "vocab.json").write_text("{")
    with pytest.raises(TokenizerError, match="is not a tokenizer"):
        load_marian(folder)
    (folder / "vocab.json").write_text('{"</s>": 0, "<unk>": 1}')
    train(folder, "bpe")
    with pytest.raises(TokenizerError, match="not of type unigram"):
        load_marian(folder)
