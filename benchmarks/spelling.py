"""Spelling: how many planted errors are found and repaired, and how many good words are spoiled?

    python benchmarks/spelling.py DATA_FOLDER

DATA_FOLDER holds ko-lm (train_review.parquet, valid.parquet). Learned from the first 100,000
reviews of train; measured on reviews of valid, into which `jium.data.noise` puts errors. Beside it
stands what a frequency list alone does: an unknown word becomes the commonest one an edit away.
Reviews are full of spelling of their own: a false alarm is often a repair of it.
"""

import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from record import record

from jium.data.noise import Noise
from jium.data.sources import read_rows
from jium.data.texts import TextData, Texts
from jium.evaluation.spelling import spelling_scores
from jium.models.noisy_channel import NoisyChannel, NoisyChannelConfig
from jium.tasks.correct import Correction, Corrector
from jium.text.deletions import DeletionIndex
from jium.text.eojeol import eojeols, word_spans
from jium.text.keyboard import from_keys, to_keys

LEARNED, MEASURED = 100_000, 1500
RATES = (0.05, 0.2)  # share of words with an error
CONFIDENCES = (0.5, 0.7, 0.9, 0.99)


def main(folder: Path) -> None:
    data = TextData(
        train=str(folder / "ko-lm/train_review.parquet"),
        valid=str(folder / "ko-lm/valid.parquet"),
        test_share=0,
        limit=LEARNED,
    )
    began = time.process_time()
    model, words = NoisyChannel.learn(NoisyChannelConfig(), Texts(data).split("train"))
    fitted = time.process_time() - began
    began = time.process_time()
    task = Corrector(model, words)
    loaded = time.process_time() - began
    texts = _reviews(folder / "ko-lm/valid.parquet")
    figures = {
        "fitting_cpu_s": round(fitted, 1),
        "loading_cpu_s": round(loaded, 1),
        "words_known": len(words),
        "rates": {str(rate): _measure(task, texts, rate) for rate in RATES},
    }
    about = {
        "learned_from": f"ko-lm train_review, first {LEARNED:,} rows",
        "measured_on": f"ko-lm valid, first {len(texts):,} reviews",
        "settings": "the defaults; typo_rate and confidence looked at on other rows of train",
        "frequency_list": "an unknown word becomes the commonest one an edit of keys away",
    }
    print(record("spelling", figures, about))


def _reviews(file: Path) -> list[str]:
    rows = (row.values for row in read_rows(file) if row.values["source"] == "movie-review")
    return [" ".join(row["text"].split()) for row in islice(rows, MEASURED)]


def _measure(task: Corrector, texts: list[str], rate: float) -> dict[str, object]:
    noisy = Noise(rate=rate, seed=1)(texts)
    began = time.process_time()
    changes = [task.changes(text) for text in noisy]
    seconds = time.process_time() - began
    clean = [task.changes(text) for text in texts]
    found: dict[str, object] = {
        "words_per_cpu_s": round(sum(len(eojeols(text)) for text in noisy) / seconds),
    }
    for confidence in CONFIDENCES:
        repaired = _apply(noisy, changes, confidence)
        untouched = spelling_scores(texts, texts, _apply(texts, clean, confidence))
        scores = spelling_scores(texts, noisy, repaired)._asdict()
        found[f"confidence {confidence}"] = _rounded(scores | {"clean": untouched.false_alarms})
    by_list = FrequencyList(task)
    scores = spelling_scores(texts, noisy, by_list(noisy))._asdict()
    spoiled = spelling_scores(texts, texts, by_list(texts)).false_alarms
    found["frequency list"] = _rounded(scores | {"clean": spoiled})
    return found


def _apply(
    texts: Sequence[str], changes: Sequence[Sequence[Correction]], confidence: float
) -> list[str]:
    done = []
    for text, found in zip(texts, changes, strict=True):
        for change in reversed(found):
            if change.probability > confidence:
                text = text[: change.start] + change.corrected + text[change.end :]
        done.append(text)
    return done


class FrequencyList:
    """The baseline: no channel, no context, no stems."""

    def __init__(self, task: Corrector) -> None:
        self.counts = dict(zip(task.words, task.model.counts.tolist(), strict=True))
        self.index = DeletionIndex([to_keys(word) for word, n in self.counts.items() if n > 1])

    def __call__(self, texts: Sequence[str]) -> list[str]:
        return [self._repair(text) for text in texts]

    def _repair(self, text: str) -> str:
        for start, end in reversed(list(word_spans(text))):
            word = text[start:end]
            if word not in self.counts:
                near = [from_keys(keys) for keys in self.index.near(to_keys(word))]
                best = max(near, key=lambda other: self.counts.get(other, 0), default=word)
                text = text[:start] + best + text[end:]
        return text


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in scores.items()}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
