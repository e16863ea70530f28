"""BERT's vocab.txt, read as BERT reads it."""

import json
import unicodedata
from pathlib import Path

import pytest
from tokenizers import BertWordPieceTokenizer

from jium.data.frames import Frame
from jium.errors import TokenizerError
from jium.text.tokenizer import Tokenizer

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "나", "##는", "학", "##교", "go", "##es"]
PIECES += [unicodedata.normalize("NFD", "나"), "É", "e", "E", "##go", "學", "校", ",", "!"]
TEXTS = ["나는 학교", "Goes, EGO!", "É é e", "學校나", "[MASK] 나는", "unseen", ""]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vocab.txt").write_text("\n".join(PIECES) + "\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("lower", [None, True, False])
def test_ids_are_those_of_bert(lower: bool | None, folder: Path) -> None:
    if lower is not None:
        about = {"do_lower_case": lower, "tokenizer_class": "ElectraTokenizer"}
        (folder / "tokenizer_config.json").write_text(json.dumps(about))
    expected = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=lower is not False)
    expected._tokenizer.encode_special_tokens = True  # what a person types is text
    ours = Tokenizer.load(folder)
    for text in TEXTS:
        assert ours.encode(text) == expected.encode(text, add_special_tokens=False).ids
    assert ours.kind == "wordpiece" and ours.mask_id == 4
    assert Frame.of(ours) == Frame((2,), (3,), (3,))


def test_it_is_saved_as_any_other(folder: Path, tmp_path: Path) -> None:
    ours = Tokenizer.load(folder)
    ours.save(tmp_path / "saved")
    again = Tokenizer.load(tmp_path / "saved")
    assert [again.encode(text) for text in TEXTS] == [ours.encode(text) for text in TEXTS]
    assert again.roles == ours.roles and Frame.of(again) == Frame.of(ours)


def test_tokenizer_json_has_the_last_word(folder: Path) -> None:
    Tokenizer.load(folder).save(folder)
    (folder / "vocab.txt").write_text("[UNK]\n")
    assert Tokenizer.load(folder).vocab_size == len(PIECES)


@pytest.mark.parametrize(
    ("pieces", "about"),
    [(["a", "b"], {}), (PIECES, {"tokenizer_class": "BertJapaneseTokenizer"})],
)
def test_another_file_of_that_name_is_refused(
    pieces: list[str], about: dict[str, str], folder: Path
) -> None:
    (folder / "vocab.txt").write_text("\n".join(pieces))
    (folder / "tokenizer_config.json").write_text(json.dumps(about))
    with pytest.raises(TokenizerError, match="is not a vocabulary of BERT's"):
        Tokenizer.load(folder)
