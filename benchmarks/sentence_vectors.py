"""How well do sentence vectors follow people's judgement, beside simpler ways?

    python benchmarks/sentence_vectors.py DATA_FOLDER RUN [--words RUN] [--split valid]

DATA_FOLDER holds korsts and klue-sts. RUN was trained by the recipe sentences-ko; --words names a
run of word vectors, of which a sentence gets the mean. All are measured on the same pairs: TF-IDF
on characters (single ones and pairs of them, fitted on the sentences of korsts train), the mean of
word vectors, RUN. klue-sts is of another origin than anything they learned from. No sentence of the
data is kept.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from quality import card
from record import record
from sklearn.feature_extraction.text import TfidfVectorizer

import jium
from jium.config import read_toml
from jium.data.similar import read_scored_file
from jium.evaluation.score import score_to_values
from jium.evaluation.similarity import correlations
from jium.tasks.embed import unit_rows
from jium.text.split_words import split_words

Embed = Callable[[Sequence[str]], NDArray]
RANKED = [  # the first two are of one subject, the third is of another
    "나는 인공지능 공부를 좋아한다.",
    "인공지능은 매우 흥미롭다.",
    "오늘 날씨가 흐리고 비가 온다.",
]


def by_tfidf(texts: Sequence[str]) -> Embed:
    """TF-IDF on characters, as scikit-learn has it."""
    fitted = TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).fit(texts)
    return lambda asked: fitted.transform(asked).toarray()


def by_words(run: Path) -> Embed:
    """The mean of the vectors of those words that have one; zeros where none has."""
    task = jium.load(run)
    analyser = read_toml(run / "recipe.toml")["data"]["analyser"]
    vectors = unit_rows(task.vectors)

    def embed(texts: Sequence[str]) -> NDArray:
        found = np.zeros((len(texts), vectors.shape[1]), np.float32)
        for row, words in zip(found, split_words(list(texts), analyser), strict=True):
            ids = [task.vocabulary.ids[w] for word in words if (w := task.known(word))]
            if ids:
                row += vectors[ids].mean(0)
        return found

    return embed


def measure(embed: Embed, pairs: Sequence[Any]) -> dict[str, Any]:
    """Correlations of the cosines of pairs with their scores."""
    first, second = (unit_rows(embed([getattr(p, s) for p in pairs])) for s in ("first", "second"))
    wanted = np.array([pair.score for pair in pairs])
    scores = correlations((first * second).sum(1), wanted)
    return {score.name: score_to_values(score) for score in scores}


def rank(embed: Embed) -> dict[str, Any]:
    """The cosines of the three sentences, and whether they stand in the order wanted."""
    rows = unit_rows(embed(RANKED))
    one, two, three = (float(rows[i] @ rows[j]) for i, j in ((0, 1), (1, 2), (0, 2)))
    return {"1-2": one, "2-3": two, "1-3": three, "as wanted": one > two > three}


def training(run: Path) -> dict[str, Any]:
    """How a run was made, without what is particular to a machine: the folder of its data."""
    recipe = read_toml(run / "recipe.toml")
    recipe["data"].pop("folder", None)
    facts = {name: value for name, value in card(run).items() if name != "command"}
    return {"card": facts, "recipe": recipe}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--words", type=Path, default=None)
    parser.add_argument("--split", default="test")
    options = parser.parse_args()
    train = read_scored_file(str(options.data / "korsts" / "train.parquet"))
    systems = {"tfidf": by_tfidf([text for pair in train for text in (pair.first, pair.second)])}
    if options.words is None:
        print("word vectors: left out, for --words names no run")
    else:
        systems["mean of word vectors"] = by_words(options.words)
    systems["sentence vectors"] = jium.load(options.run).embed
    measured = {
        f"korsts {options.split}": f"korsts/{options.split}.parquet",
        "klue-sts dev": "klue-sts/dev.parquet",
    }
    sets = {name: read_scored_file(str(options.data / path)) for name, path in measured.items()}
    figures: dict[str, Any] = {}
    for system, embed in systems.items():
        figures[system] = {name: measure(embed, pairs) for name, pairs in sets.items()}
        figures[system]["three sentences"] = rank(embed)
        shown = [f"{name} {figures[system][name]['spearman']['value']:.2f}" for name in sets]
        print(f"{system:22}", *shown, figures[system]["three sentences"])
    about = {
        "pairs": {name: len(pairs) for name, pairs in sets.items()},
        "sentence vectors": training(options.run),
    }
    if options.words is not None:
        about["mean of word vectors"] = training(options.words)
    suffix = "" if options.split == "test" else f"-{options.split}"
    print(record(f"sentence-vectors{suffix}", figures, about))


if __name__ == "__main__":
    main()
