"""Which tokenizer for this text? Seven kinds, trained and compared (rows 4, 7, 10).

    python benchmarks/tokenizer_kinds.py --data FILE [--vocab-size 8000] [--name NAME]

FILE is Parquet (`--column text`), or text with a line each.
With `--reviews`, also a unigram of 32,000 pieces and how it cuts the sentence of the Figures.
"""

import argparse
import dataclasses
import json
import time
from pathlib import Path

from record import record

from jium.text.compare import compare, word_growth
from jium.text.tokenizer import Tokenizer, TokenizerConfig

KINDS = ("bpe", "wordpiece", "unigram", "morpheme", "jamo", "word", "char")
FIGURE = "아 더빙.. 진짜 짜증나네요 목소리"
FIGURE_PIECES = ["▁아", "▁더빙", "..", "▁진짜", "▁짜증나네요", "▁목소리"]


def read(path: Path, column: str) -> list[str]:
    if path.suffix == ".parquet":
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path, columns=[column])[column].to_pylist()
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]


def compare_kinds(texts: list[str], vocab_size: int) -> dict:
    """Train every kind on nine tenths of the texts, compare on the rest."""
    cut = len(texts) * 9 // 10
    learn, test = texts[:cut], texts[cut:]
    megabytes = sum(len(text.encode()) for text in learn) / 1e6
    trained, speeds = {}, {}
    for kind in KINDS:
        start = time.perf_counter()
        trained[kind] = Tokenizer.train(TokenizerConfig(kind=kind, vocab_size=vocab_size), learn)
        speeds[kind] = megabytes / (time.perf_counter() - start)
    rows = [dataclasses.asdict(row) for row in compare(trained, test)]
    for row in rows:
        row["training_megabytes_per_s"] = speeds[row["name"]]
    return {"rows": rows, "word_growth": word_growth(learn)}


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
    parser.add_argument("--limit", type=int, help="use the first so many texts")
    parser.add_argument("--vocab-size", type=int, default=8000)
    parser.add_argument("--reviews", action="store_true")
    parser.add_argument("--name", default="tokenizer_kinds", help="of the file in results/")
    options = parser.parse_args()
    texts = read(options.data, options.column)
    figures = compare_kinds(texts[: options.limit], options.vocab_size)
    if options.reviews:
        figures["reviews"] = review_pieces(texts)
    print(json.dumps(figures, ensure_ascii=False, indent=2))
    about = {
        "question": "what kinds of tokenizer make of a text, trained on nine tenths of it",
        "data": options.data.name,
        "texts": len(texts[: options.limit]),
        "vocab_size": options.vocab_size,
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
