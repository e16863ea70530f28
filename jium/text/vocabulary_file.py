"""WordPiece from BERT's vocab.txt, a piece a line: older folders have no tokenizer.json.

Whether letters are lowered and accents dropped stands in tokenizer_config.json; where it says
nothing, letters are lowered, as BERT's own code has it.
"""

from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import TemplateProcessing

from jium.errors import TokenizerError

UNKNOWN, FIRST, LAST = NEEDED = ("[UNK]", "[CLS]", "[SEP]")
SPECIAL = ("[PAD]", *NEEDED, "[MASK]")
READERS = ("Bert", "Electra", "DistilBert")  # whose tokenizers read such a file in this way


def load(path: Path, about: dict[str, Any]) -> Tokenizer:
    """The tokenizer of a vocab.txt. about: what tokenizer_config.json says.

    Raises TokenizerError for a file that is no vocabulary of BERT's.
    """
    try:
        pieces = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TokenizerError(
            "{path}: is not a tokenizer: {error}", path=path, error=error
        ) from error
    ids = {piece.rstrip("\r"): number for number, piece in enumerate(pieces) if piece.rstrip("\r")}
    named = str(about.get("tokenizer_class") or "BertTokenizer")
    reader = named.removesuffix("Fast").removesuffix("Tokenizer")
    if reader not in READERS or any(token not in ids for token in NEEDED):
        raise TokenizerError(
            "{path}: is not a vocabulary of BERT's, with [UNK], [CLS] and [SEP]. Save the "
            "tokenizer as tokenizer.json where transformers is installed: "
            'AutoTokenizer.from_pretrained("{folder}").save_pretrained("{folder}")',
            path=path,
            folder=path.parent,
        )
    backend = Tokenizer(models.WordPiece(ids, unk_token=UNKNOWN, max_input_chars_per_word=100))
    backend.normalizer = normalizers.BertNormalizer(
        lowercase=bool(about.get("do_lower_case", True)),
        strip_accents=about.get("strip_accents"),
        handle_chinese_chars=bool(about.get("tokenize_chinese_chars", True)),
    )
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    backend.post_processor = TemplateProcessing(
        single=[FIRST, "$A", LAST],
        pair=[FIRST, "$A", LAST, "$B:1", f"{LAST}:1"],
        special_tokens=[(FIRST, ids[FIRST]), (LAST, ids[LAST])],
    )
    backend.add_special_tokens(
        [AddedToken(token, special=True, normalized=False) for token in SPECIAL if token in ids]
    )
    return backend
