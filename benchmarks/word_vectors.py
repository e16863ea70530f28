"""How good are word vectors, and how fast are they learned, beside gensim? (rows 15, 16, 17)

    python benchmarks/word_vectors.py DATA_FOLDER [--analyser morpheme] [--epochs 5] [--rounds 3]
        [--threads 2] [--prepared FOLDER]

DATA_FOLDER holds ko-lm (train_review, train_petition, valid: plain Korean text) and ko-wordsim
(ws353_ko, analogy_ko), as Parquet. The corpus is read, cut into words and numbered once, by jium;
gensim gets the very same words, written back into a file, which it reads with its fastest reader
(`corpus_file`). Both learn vectors of 100 numbers with window 5, 5 negatives, the same sampling of
frequent words, the same epochs and threads, each with its own usual learning rate; they take turns.
What is timed is the learning: gensim's counting of words and jium's numbering of them are told
apart. GloVe, which gensim has not, stands beside them.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean
from typing import Any

import gensim
import numpy as np
import torch
from gensim.models import FastText, Word2Vec
from record import record
from rounds import Speeds, ratio, show, spread

from jium.config import build
from jium.data.cooccurrence import CountBatches, count_pairs, write_counts
from jium.data.corpora import Corpus, CorpusData, prepare_corpus
from jium.data.windows import WindowBatches
from jium.evaluation.words import evaluate_run
from jium.models.glove import Glove, GloveConfig
from jium.models.word2vec import Word2Vec as JiumWord2Vec
from jium.models.word2vec import Word2VecConfig
from jium.objectives.cbow import Cbow
from jium.objectives.glove import GloveLoss
from jium.objectives.skip_gram import SkipGram
from jium.tasks.words import WordVectors
from jium.training.devices import set_threads
from jium.training.optimisers import Adagrad
from jium.training.schedules import Constant, Linear
from jium.training.trainer import TrainConfig, Trainer

DIM, WINDOW, NEGATIVES, SAMPLE = 100, 5, 5, 1e-3
BATCH, GLOVE_BATCH, GLOVE_EPOCHS = 8192, 16384, 15
OBJECTIVES = {"skip-gram": SkipGram, "cbow": Cbow}
RATES = {"skip-gram": 0.025, "cbow": 0.05}  # as word2vec's own program has them
Learn = Callable[[int], tuple[WordVectors, float]]  # a seed to vectors, and seconds


class Bench:
    """The corpus, and the ways to learn vectors from it."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.data = options.data
        self.folder = folder
        began = time.perf_counter()
        self.corpus = self._corpus(options.prepared or folder / "corpus")
        self.prepare_s = time.perf_counter() - began
        self.ids = np.array(self.corpus.ids("train"))
        self.n_words = int((self.ids >= 0).sum()) * options.epochs
        self.text = folder / "corpus.txt"
        self._write_text()
        self.quality: dict[str, list[dict[str, float]]] = {}

    def _corpus(self, folder: Path) -> Corpus:
        if (folder / "corpus.json").is_file():
            return Corpus.load(folder)
        names = ("train_review", "train_petition")
        texts = [str(self.data / "ko-lm" / f"{name}.parquet") for name in names]
        valid = str(self.data / "ko-lm" / "valid.parquet")
        settings = {"train": texts, "valid": valid, "analyser": self.options.analyser}
        return prepare_corpus(build(CorpusData, settings), folder)

    def _write_text(self) -> None:
        """The numbered words as gensim's LineSentence wants them: a text a line."""
        words = np.array([*self.corpus.vocabulary.words, "\n"])
        with open(self.text, "w", encoding="utf-8") as file:
            for part in np.array_split(self.ids, max(1, len(self.ids) // 2**20)):
                file.write(" ".join(words[part]).replace(" \n ", "\n").replace(" \n", "\n") + " ")

    # ------------------------------------------------------------ learning

    def gensim(self, kind: str, **settings: Any) -> Learn:
        """gensim's word2vec (or fastText, where settings say how)."""

        def learn(seed: int) -> tuple[WordVectors, float]:
            cls = FastText if settings else Word2Vec
            model = cls(
                vector_size=DIM,
                window=WINDOW,
                negative=NEGATIVES,
                sample=SAMPLE,
                sg=int(kind == "skip-gram"),
                alpha=RATES[kind],
                min_count=1,
                workers=self.options.threads,
                epochs=self.options.epochs,
                seed=seed + 1,
                **settings,
            )
            model.build_vocab(corpus_file=str(self.text))
            began = time.perf_counter()
            model.train(
                corpus_file=str(self.text),
                total_examples=model.corpus_count,
                total_words=model.corpus_total_words,
                epochs=self.options.epochs,
            )
            seconds = time.perf_counter() - began
            return WordVectors.of(model.wv.index_to_key, model.wv.vectors), seconds

        return learn

    def jium(self, kind: str, **settings: Any) -> Learn:
        """jium's, by its own trainer and the settings of its recipe."""

        def learn(seed: int) -> tuple[WordVectors, float]:
            vocabulary = self.corpus.vocabulary
            torch.manual_seed(seed)
            values = {"dim": DIM, "vocab_size": len(vocabulary), **settings}
            model = JiumWord2Vec(build(Word2VecConfig, values))
            model.spell(vocabulary.words)
            objective = OBJECTIVES[kind](window=WINDOW, negatives=NEGATIVES, sample=SAMPLE)
            began = time.perf_counter()
            batches = WindowBatches(self.ids, vocabulary.counts, objective, BATCH, seed)
            steps = batches.n_batches * self.options.epochs
            self._train(model, objective, batches, steps, Linear(warmup=1), Adagrad())
            seconds = time.perf_counter() - began
            return WordVectors(model, vocabulary), seconds

        return learn

    def glove(self, seed: int) -> tuple[WordVectors, float]:
        """jium's GloVe, as its recipe has it; the counting is timed too."""
        vocabulary = self.corpus.vocabulary
        torch.manual_seed(seed)
        model, objective = Glove(GloveConfig(dim=DIM, vocab_size=len(vocabulary))), GloveLoss()
        began = time.perf_counter()
        found = count_pairs(self.ids, len(vocabulary), objective.window)
        counts = write_counts(self.folder / "counts", found, seed)
        batches = CountBatches(counts, GLOVE_BATCH, seed)
        adagrad = Adagrad(lr=0.05, per_row=False)
        self._train(
            model, objective, batches, batches.n_batches * GLOVE_EPOCHS, Constant(), adagrad
        )
        return WordVectors(model, vocabulary), time.perf_counter() - began

    def _train(
        self, model: Any, objective: Any, batches: Any, steps: int, schedule: Any, optim: Adagrad
    ) -> None:
        settings = TrainConfig(steps=steps, precision="float32")
        optimisers = {"main": optim.make(model, optim.lr or 0.0)}
        trainer = Trainer(model, objective, batches, optimisers, schedule, settings)
        for report in trainer.steps():
            if report.step % 500 == 0:
                print(f"    step {report.step}/{steps}  loss {report.loss:.3f}", flush=True)

    # ------------------------------------------------------------ measuring

    def measure(self, name: str, learn: Learn, seed: int) -> float:
        """Learn once, keep how good the vectors are, and return words a second."""
        task, seconds = learn(seed)
        figures = self.score(task)
        self.quality.setdefault(name, []).append(figures)
        shown = "  ".join(f"{key} {value:.2f}" for key, value in figures.items())
        print(f"  {name:<24} {self.n_words / seconds:12,.0f} words/s  {shown}", flush=True)
        return self.n_words / seconds

    def score(self, task: WordVectors) -> dict[str, float]:
        """Figures of both test files, their names before them."""
        found: dict[str, float] = {}
        for file in ("ws353_ko", "analogy_ko"):
            path = self.data / "ko-wordsim" / f"{file}.parquet"
            scores = evaluate_run(task, str(path), samples=1)["scores"]
            found |= {f"{file} {score.name}": score.value for score in scores}
        return found


def summary(bench: Bench) -> dict[str, dict[str, dict[str, float]]]:
    """For each system and figure the mean, the lowest and the highest over the seeds."""
    table: dict[str, dict[str, dict[str, float]]] = {}
    for name, runs in bench.quality.items():
        table[name] = {}
        for key in runs[0]:
            values = [run[key] for run in runs]
            found = {"mean": mean(values), "lowest": min(values), "highest": max(values)}
            table[name][key] = {k: round(v, 2) for k, v in found.items()}
    return table


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--analyser", default="morpheme", choices=["word", "morpheme"])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prepared", type=Path, help="keep the numbered corpus here")
    parser.add_argument("--only", nargs="*", help="names of cases")
    parser.add_argument("--name", default="word-vectors", help="of the file in results/")
    return parser.parse_args()


def main() -> None:
    options = parse()
    set_threads(options.threads)
    with tempfile.TemporaryDirectory() as place:
        bench = Bench(options, Path(place))
        cases = {
            **{f"gensim {kind}": bench.gensim(kind) for kind in OBJECTIVES},
            **{f"jium {kind}": bench.jium(kind) for kind in OBJECTIVES},
            "jium skip-gram, jamo": bench.jium("skip-gram", subwords="jamo"),
            "gensim fastText": bench.gensim("skip-gram", min_n=3, max_n=6, bucket=200_000),
            "jium glove": bench.glove,
        }
        cases = {name: case for name, case in cases.items() if name in (options.only or cases)}
        speeds: Speeds = {name: [] for name in cases}
        for number in range(options.rounds):
            print(f"round {number + 1}/{options.rounds}", flush=True)
            for name, learn in cases.items():
                speeds[name].append(bench.measure(name, learn, number))
        pairs = [(f"jium {kind}", f"gensim {kind}") for kind in OBJECTIVES]
        pairs.append(("jium skip-gram, jamo", "gensim fastText"))
        ratios = {f"{a} / {b}": ratio(speeds, a, b) for a, b in pairs if a in cases and b in cases}
        show(ratios)
        about = {
            "question": "quality and speed of word vectors beside gensim, from the same words",
            "corpus": {
                "analyser": options.analyser,
                "words": int((bench.ids >= 0).sum()),
                "vocabulary": len(bench.corpus.vocabulary),
                "texts": bench.corpus.n_texts,
                "prepared_s": None if options.prepared else round(bench.prepare_s, 1),
            },
            "settings": {
                "dim": DIM,
                "window": WINDOW,
                "negatives": NEGATIVES,
                "sample": SAMPLE,
                "epochs": options.epochs,
                "threads": options.threads,
                "batch": BATCH,
                "glove": {"epochs": GLOVE_EPOCHS, "window": GloveLoss().window},
            },
            "gensim": gensim.__version__,
            "words_per_s": "words of the corpus times epochs over the seconds of learning alone",
        }
        figures = {
            "words_per_s": {name: spread(values) for name, values in speeds.items()},
            "ratios": ratios,
            "quality": summary(bench),
        }
        print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
