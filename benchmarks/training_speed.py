"""How fast does a translator train, beside torch.nn.Transformer and beside transformers?

    python benchmarks/training_speed.py [--data FILE --source COLUMN --target COLUMN]
        [--size small|classic] [--vocab-size 2000] [--steps 30] [--rounds 5] [--threads 2]

Compared, in one process, in turns: jium's Trainer; a plain loop around torch.nn.Transformer;
Marian in the Trainer of transformers; each in float32 and, where the processor has it, bfloat16.
All begin a round with the same weights and take the same pairs in the same batches (filled by token
budget from length buckets, so that little is padded even by those that pad), with label smoothing,
dropout in the same places, clipping, and fused AdamW; batches are made ahead in a thread for all.
Counted are real tokens, source and target, of the steps after the first few of a round; starting up
is not.
"""

import argparse
import copy
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from padded import PaddedBatch, padded
from peers import TorchTransformer, check_comparable, transformers_model
from record import record
from rounds import interleave, ratio, show, spread
from torch import nn
from training_loops import (
    SMOOTHING,
    WARM,
    cross_entropy,
    forward,
    jium_steps,
    speed,
    torch_steps,
    transformers_steps,
)

from jium.config import build
from jium.data import starter
from jium.data.batches import PairBatches, PairFormat
from jium.data.prefetch import prefetch
from jium.data.sources import read_rows
from jium.data.store import write_store
from jium.models.seq2seq import Seq2Seq, Seq2SeqConfig
from jium.objectives.translation import Translation
from jium.text.tokenizer import Tokenizer, TokenizerConfig
from jium.training.devices import choose_precision
from jium.training.trainer import CPU

MAX_LEN = 256
PEERS = {"torch": torch_steps, "transformers": transformers_steps}


class Bench:
    """Data and model that all cases share; `losses` keeps the first and last loss of each."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        pairs = read_pairs(options)
        self.tokenizer = Tokenizer.train(
            TokenizerConfig(vocab_size=options.vocab_size),
            (text for pair in pairs for text in pair),
        )
        vocab_size = self.tokenizer.vocab_size
        rows = ((source, target, -1) for source, target in pairs)
        self.store = write_store(folder, rows, self.tokenizer.encode_batch, vocab_size, MAX_LEN)
        self.config = build(
            Seq2SeqConfig, dict(size=options.size, vocab_size=vocab_size, max_len=MAX_LEN)
        )
        check_comparable(self.config)
        torch.manual_seed(0)
        self.model = Seq2Seq(self.config)
        self.losses: dict[str, list[float]] = {}

    def batches(self, number: int) -> PairBatches:
        """Without end; the same for all cases of a round."""
        format = PairFormat(self.tokenizer.start_id, self.tokenizer.eos_id)
        return PairBatches([self.store], format, self.options.batch_tokens, seed=number)

    def padded(self, number: int) -> Iterator[PaddedBatch]:
        return prefetch(padded(iter(self.batches(number)), self.tokenizer.pad_id))

    def peer(self, kind: str) -> nn.Module:
        if kind == "torch":
            return TorchTransformer(self.model)
        tokenizer = self.tokenizer
        return transformers_model(
            self.model, tokenizer.pad_id, tokenizer.start_id, tokenizer.eos_id
        )

    def case(self, kind: str, precision: str) -> Callable[[int], float]:
        """A case's round: real tokens a second over so many steps from the first weights."""

        def measure(number: int) -> float:
            torch.manual_seed(number)
            n = WARM + self.options.steps
            if kind == "jium":
                steps = jium_steps(copy.deepcopy(self.model), self.batches(number), n, precision)
            else:
                run: Any = PEERS[kind]
                steps = run(self.peer(kind), self.padded(number), n, precision)
            self.losses[f"{kind} {precision}"] = [round(steps[i].loss, 4) for i in (0, -1)]
            return speed(steps)

        return measure

    def loss_gap(self) -> float:
        """The largest difference of the mean loss before training; stops if the models differ."""
        ours, theirs = next(iter(self.batches(0))), next(self.padded(0))
        with torch.inference_mode():
            loss = next(iter(Translation(label_smoothing=SMOOTHING)(self.model.eval(), ours)))
            others = [
                cross_entropy(forward(self.peer(kind).eval(), theirs), theirs) for kind in PEERS
            ]
        gap = max(abs(float(loss.total / loss.count) - float(other)) for other in others)
        if not gap < 1e-3:
            raise SystemExit(f"the models are not the same: their losses differ by {gap}")
        return gap


def read_pairs(options: argparse.Namespace) -> list[tuple[str, str]]:
    if options.data is None:
        return [(pair.source, pair.target) for pair in starter.read("train")]
    columns = [options.source, options.target]
    rows = (row.values for row in read_rows(options.data, columns=columns))
    found = ((row[columns[0]], row[columns[1]]) for row in rows)
    return [(source, target) for source, target in found if source and target]


def measure(bench: Bench, options: argparse.Namespace) -> None:
    """All cases in turns; what came of it is printed and recorded."""
    gap = bench.loss_gap()
    precisions = dict.fromkeys(("float32", choose_precision("auto", CPU)))
    cases = {f"{k} {p}": bench.case(k, p) for p in precisions for k in ("jium", *PEERS)}
    speeds = interleave(cases, options.rounds)
    pairs = [(f"jium {p}", f"{k} {p}") for p in precisions for k in PEERS]
    ratios = {f"{ours} / {theirs}": ratio(speeds, ours, theirs) for ours, theirs in pairs}
    show(ratios)
    print("loss at first and last step:", bench.losses)
    about = {
        "question": "real tokens a second in training, source and target, padding excluded",
        "data": "starter corpus" if options.data is None else options.data.name,
        "size": options.size,
        "parameters": sum(p.numel() for p in bench.model.parameters()),
        "vocab_size": bench.tokenizer.vocab_size,
        **{key: getattr(options, key) for key in ("batch_tokens", "steps", "rounds")},
        "padding": round(padding_share(bench.padded(0), options.steps), 3),
        "loss_gap_before_training": gap,
    }
    figures = {
        "tokens_per_s": {name: spread(values) for name, values in speeds.items()},
        "ratios": ratios,
        "losses": bench.losses,
    }
    print(record(options.name or f"training_speed_{options.size}", figures, about))


def padding_share(batches: Iterator[PaddedBatch], n: int) -> float:
    """Of the places in padded batches, those where nothing stands."""
    seen = list(islice(batches, n))
    places = sum(batch.source.numel() + batch.target_in.numel() for batch in seen)
    return 1 - sum(batch.n_tokens for batch in seen) / places


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="pairs; without it the starter corpus")
    parser.add_argument("--source", default="source", help="column")
    parser.add_argument("--target", default="target", help="column")
    parser.add_argument("--size", default="small")
    parser.add_argument("--vocab-size", type=int, default=2000)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--steps", type=int, default=30, help="counted ones, in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--name", help="of the file in results/")
    return parser.parse_args()


def main() -> None:
    options = parse()
    warnings.filterwarnings("ignore")  # what the peers say to their own users
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        measure(Bench(options, Path(folder)), options)


if __name__ == "__main__":
    main()
