"""How fast does a translator write, beside transformers and beside torch.nn.Transformer?

    python benchmarks/translation_speed.py [--run RUN | --train-steps 600]
        [--data FILE --source COLUMN] [--sentences 256] [--batch 32] [--rounds 3] [--threads 2]

Compared, in one process, in turns, with the very same float32 weights: jium's `translate`;
`generate` of transformers (Marian, or M2M100 for a model whose norm comes first); a greedy loop
around torch.nn.Transformer, which has no cache. Text in, text out: all use jium's tokenizer, the
same batches of like length, the same limit. Batch 1 takes every eighth sentence. Without --run a
small model is trained first, on the starter corpus, so that outputs have the lengths of sentences.
"""

import argparse
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from peers import check_comparable
from record import record
from rounds import interleave, ratio, show, spread
from translation_loops import TorchLoop, Transformers

from jium.data import starter
from jium.data.sources import read_rows
from jium.data.store import MARGIN
from jium.tasks import load
from jium.tasks.translate import Translator
from jium.training.run import train

Translate = Callable[[Sequence[str]], list[str]]
TRAINING = ("model.size=small", "model.norm_first=false", "optim.lr=1e-3")


class Setting:
    """One batch size and beam: every system in turns, and what they wrote."""

    def __init__(self, task: Translator, texts: list[str], batch: int, beam: int) -> None:
        self.task = task
        self.name = f"batch {batch}, " + ("greedy" if beam == 1 else f"beam {beam}")
        self.batches = [texts[i : i + batch] for i in range(0, len(texts), batch)]
        self.systems: dict[str, Translate] = {
            "jium": lambda part: task.translate(part, beam=beam, length_penalty=1.0),
            "transformers": Transformers(task, beam),
        }
        if beam == 1:
            self.systems["torch"] = TorchLoop(task, beam)
        self.outputs: dict[str, list[str]] = {}

    def measure(self, rounds: int) -> dict[str, Any]:
        """Sentences and output tokens a second of each, ratios, and how many outputs are equal."""
        print(self.name)
        for translate in self.systems.values():
            translate(self.batches[0])  # what happens once is not counted
        speeds = interleave({name: self._round(name) for name in self.systems}, rounds)
        peers = [name for name in self.systems if name != "jium"]
        ratios = {f"jium / {peer}": ratio(speeds, "jium", peer) for peer in peers}
        show(ratios)
        lengths = {name: self._mean_length(texts) for name, texts in self.outputs.items()}
        equal = {f"jium = {peer}": self._equal(peer) for peer in peers}
        print("  outputs that are equal:", equal)
        return {
            "sentences": sum(map(len, self.batches)),
            "sentences_per_s": {name: spread(values) for name, values in speeds.items()},
            "output_tokens_per_s": {
                name: spread([value * lengths[name] for value in values])
                for name, values in speeds.items()
            },
            "mean_output_tokens": lengths,
            "ratios": ratios,
            "equal_outputs": equal,
        }

    def _round(self, name: str) -> Callable[[int], float]:
        def measure(number: int) -> float:
            began = perf_counter()
            found = [text for part in self.batches for text in self.systems[name](part)]
            seconds = perf_counter() - began
            self.outputs[name] = found
            return len(found) / seconds

        return measure

    def _mean_length(self, texts: list[str]) -> float:
        """In tokens, EOS counted."""
        return round(
            sum(len(ids) + 1 for ids in self.task.tokenizer.encode_batch(texts)) / len(texts), 2
        )

    def _equal(self, peer: str) -> float:
        pairs = list(zip(self.outputs["jium"], self.outputs[peer], strict=True))
        return round(sum(ours == theirs for ours, theirs in pairs) / len(pairs), 4)


def task_of(options: argparse.Namespace) -> Translator:
    """The run that was named, or a small model, trained for a while."""
    if options.run is not None:
        return load(options.run)
    with tempfile.TemporaryDirectory() as folder:
        overrides = [*TRAINING, f"train.steps={options.train_steps}", "train.eval_every=100000"]
        overrides += [f"train.threads={options.threads}", *options.override]
        return train("quickstart", *overrides, out=Path(folder) / "run")


def read_sources(options: argparse.Namespace, task: Translator) -> list[str]:
    """Sentences that fit the model, in order of length."""
    if options.data is None:
        texts = [pair.source for pair in starter.read("test")]
    else:
        rows = read_rows(options.data, columns=[options.source])
        texts = [text for row in rows if (text := row.values[options.source])]
    room = task.model.config.max_len - MARGIN
    lengths = {text: len(task.tokenizer.encode(text)) for text in texts if "\n" not in text}
    chosen = [text for text, length in lengths.items() if length <= room][: options.sentences]
    return sorted(chosen, key=lengths.__getitem__)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, help="a run folder of jium")
    parser.add_argument("--train-steps", type=int, default=600, help="where there is no --run")
    parser.add_argument("--override", nargs="*", default=[], help="of the recipe, as in jium train")
    parser.add_argument("--data", type=Path, help="without it the test split of the starter corpus")
    parser.add_argument("--source", default="source", help="column")
    parser.add_argument("--sentences", type=int, default=256)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--name", default="translation_speed", help="of the file in results/")
    return parser.parse_args()


def main() -> None:
    options = parse()
    warnings.filterwarnings("ignore")  # what the peers say to their own users
    task = task_of(options)
    torch.set_num_threads(options.threads)
    check_comparable(task.model.config)
    texts = read_sources(options, task)
    settings = [
        Setting(task, texts[::8] if batch == 1 else texts, batch, beam)
        for batch in (1, options.batch)
        for beam in (1, options.beam)
    ]
    figures = {setting.name: setting.measure(options.rounds) for setting in settings}
    about = {
        "question": "sentences a second in translation, text to text, float32",
        "model": "trained here" if options.run is None else options.run.name,
        "parameters": sum(p.numel() for p in task.model.parameters()),
        "vocab_size": task.tokenizer.vocab_size,
        "peer": "M2M100" if task.model.config.norm_first else "Marian",
        "data": "starter corpus, test" if options.data is None else options.data.name,
        "rounds": options.rounds,
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
