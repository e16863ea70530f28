"""Contracts of the metrics: jium's figures are sacrebleu's."""

from collections.abc import Sequence
from typing import Any

from jium.errors import require
from jium.evaluation.bleu import Bleu
from jium.evaluation.chrf import Chrf

REFERENCES = ["the cat sat on the mat .", "나는 오늘 학교에 갔다.", "yes", "It's 3.5 %, isn't it?"]
PREDICTIONS = ["the cat is on the mat .", "나는 어제 학교에 갔어요.", "yes", "it is 3.5 % isn't it"]
EMPTY = (["", "one"], ["one", "one"])
ONE_WORD = (["word"], ["word"])
CASES = [(PREDICTIONS, REFERENCES), EMPTY, ONE_WORD, (["", ""], ["a b c d", "e"])]


def bleu() -> float:
    """The largest difference of BLEU, by words as published and by characters."""
    theirs = require("sacrebleu", "metrics").corpus_bleu
    return max(
        _gap(Bleu(tokenize=words), "bleu", theirs, tokenize=words, force=True)
        for words in ("13a", "char")
    )


def chrf() -> float:
    """The largest difference of chrF and chrF++."""
    theirs = require("sacrebleu", "metrics").corpus_chrf
    return max(_gap(Chrf(word_order=n), "chrf", theirs, word_order=n) for n in (0, 2))


def _gap(ours: Any, name: str, theirs: Any, **options: Any) -> float:
    def differ(predictions: Sequence[str], references: Sequence[str]) -> float:
        expected = theirs(predictions, [references], **options).score
        return abs(ours(predictions, references)[name] - expected)

    return max(differ(*case) for case in CASES)
