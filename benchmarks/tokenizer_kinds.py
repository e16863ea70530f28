"""Which tokenizer for this text? Seven kinds, trained and compared (rows 4, 7, 10).

    python benchmarks/tokenizer_kinds.py --data PATH [--vocab-size 8000] [--limit N] [--name NAME]

PATH is a folder with train.parquet and valid.parquet (learned from the first, measured on the
second), or one file, of which the last tenth is held out: Parquet (`--column text`), or text with a
line each. Every kind gets the same limit of vocabulary; a word vocabulary without limit stands
beside them, to show what it would take.
With `--reviews`, also a unigram of 32,000 pieces and how it cuts the sentence of the Figures.
"""

import argparse
import dataclasses
import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from record import record

from jium.text.compare import compare, word_growth
from jium.text.tokenizer import Tokenizer, TokenizerConfig

KINDS = ("bpe", "wordpiece", "unigram", "morpheme", "jamo", "word", "char")
EVERY_WORD = 10_000_000  # more than any text has
FIGURE = "아 더빙.. 진짜 짜증나네요 목소리"
FIGURE_PIECES = ["▁아", "▁더빙", "..", "▁진짜", "▁짜증나네요", "▁목소리"]
SENTENCES = {
    "figure": "코로나가 심하다",
    "spaced": "주인공의 마지막 선택이 오래 기억에 남는 영화입니다",
    "unspaced": "주인공의마지막선택이오래기억에남는영화입니다",
}


def read(path: Path, column: str) -> list[str]:
    if path.suffix != ".parquet":
        return [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    import pyarrow.parquet

    cells = pyarrow.parquet.read_table(path, columns=[column])[column].to_pylist()
    return [text for text in cells if text and text.strip()]


def read_splits(path: Path, column: str, limit: int | None) -> tuple[list[str], list[str]]:
    """(texts to learn from, texts to measure on)."""
    if path.is_dir():
        learn, test = (read(path / f"{split}.parquet", column) for split in ("train", "valid"))
        return learn[:limit], test
    texts = read(path, column)[:limit]
    cut = len(texts) * 9 // 10
    return texts[:cut], texts[cut:]


def train_all(learn: list[str], vocab_size: int) -> tuple[dict[str, Tokenizer], dict[str, float]]:
    """A tokenizer of each kind, and the seconds that each took."""
    wanted = {kind: (kind, vocab_size) for kind in KINDS} | {"every word": ("word", EVERY_WORD)}
    trained, seconds = {}, {}
    for name, (kind, size) in wanted.items():
        start = time.perf_counter()
        trained[name] = Tokenizer.train(TokenizerConfig(kind=kind, vocab_size=size), learn)
        seconds[name] = time.perf_counter() - start
        print(f"{name}: {seconds[name]:.1f} s", flush=True)
    return trained, seconds


def compare_kinds(learn: list[str], test: list[str], vocab_size: int) -> dict:
    trained, seconds = train_all(learn, vocab_size)
    rows = [dataclasses.asdict(row) for row in compare(trained, test)]
    for row in rows:
        row["training_s"] = seconds[row["name"]]
        row["covered"] = covered(trained[row["name"]], test)
    return {"rows": rows, "word_growth": word_growth(learn), "sentences": sentences(trained)}


def covered(tokenizer: Tokenizer, texts: list[str]) -> float:
    """Share of eojeols in which nothing is unknown, each counted as often as it stands there."""
    counts = Counter(word for text in texts for word in text.split())
    ids = tokenizer.encode_batch(list(counts))
    known = (n for n, row in zip(counts.values(), ids, strict=True) if tokenizer.unk_id not in row)
    return sum(known) / counts.total()


def sentences(trained: Mapping[str, Tokenizer]) -> dict[str, dict]:
    """How each cuts the sentences that the guide talks about."""
    return {
        name: {
            "text": text,
            "pieces": {kind: one.tokens(text) for kind, one in trained.items()},
            "counts": {kind: len(one.encode(text)) for kind, one in trained.items()},
        }
        for name, text in SENTENCES.items()
    }


def review_pieces(texts: list[str]) -> dict:
    """Row 7: 32,000 unigram pieces of NSMC and the six pieces of the Figures."""
    start = time.perf_counter()
    tokenizer = Tokenizer.train(TokenizerConfig(kind="unigram", vocab_size=32_000), texts)
    pieces = tokenizer.tokens(FIGURE)
    return {
        "pieces": pieces,
        "wanted": FIGURE_PIECES,
        "reached": pieces == FIGURE_PIECES,
        "seconds": time.perf_counter() - start,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--column", default="text")
    parser.add_argument("--limit", type=int, help="learn from the first so many texts")
    parser.add_argument("--vocab-size", type=int, default=8000)
    parser.add_argument("--reviews", action="store_true")
    parser.add_argument("--name", default="tokenizer_kinds", help="of the file in results/")
    options = parser.parse_args()
    learn, test = read_splits(options.data, options.column, options.limit)
    figures = compare_kinds(learn, test, options.vocab_size)
    if options.reviews:
        figures["reviews"] = review_pieces(learn)
    print(json.dumps(figures, ensure_ascii=False, indent=2))
    about = {
        "question": "what each kind of tokenizer, learned from one set of texts, makes of another",
        "data": options.data.name,
        "learned_from": {"texts": len(learn), "bytes": sum(len(t.encode()) for t in learn)},
        "measured_on": {"texts": len(test), "bytes": sum(len(t.encode()) for t in test)},
        "vocab_size": options.vocab_size,
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
