"""How many tokens a second does a decoder write, beside transformers.generate?

    python benchmarks/generation_speed.py [--shapes gpt2 small] [--batches 1 8 32] [--prompt 64]
        [--new 64] [--rounds 5] [--threads 2] [--clock wall]

Compared, in one process, in turns, with the very same random float32 weights: `Writer.write` of
jium, which makes the text of every token too; `generate` of transformers with its default cache,
which grows, and with its static one; token ids only. gpt2: the shape of GPT-2 with 124 M
parameters. small: that of Llama with 256 dimensions and 6 layers, as in our recipes. Prompts are of
one length, and nothing ends early. "mixed": prompts of 8 tokens up to the length given, padded on
the left for transformers. "drawn": temperature 0.8, top-k 50, top-p 0.95.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tokenizers
import torch
from record import record
from rounds import interleave, ratio, show, spread

from jium.checkpoint.foreign import write_foreign
from jium.config import build
from jium.generation.settings import GenerationConfig
from jium.models.gpt import Gpt, GptConfig
from jium.tasks.generate import Writer
from jium.text.pieces import spell
from jium.text.tokenizer import Tokenizer

SHAPES: dict[str, dict[str, Any]] = {
    "gpt2": dict(size="gpt2", vocab_size=50_257),
    "small": dict(size="small", vocab_size=16_000),
    "tiny": dict(size="tiny", vocab_size=512),
}
DRAWN = dict(temperature=0.8, top_k=50, top_p=0.95)
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Rows = list[list[int]]


def tokenizer_of(vocab_size: int) -> Tokenizer:
    """One of so many pieces: the bytes, and words made of numbers."""
    pieces = [spell(bytes([byte])) for byte in range(256)]
    pieces += [spell(f" {number}".encode()) for number in range(256, vocab_size)]
    backend = tokenizers.Tokenizer(tokenizers.models.BPE({p: i for i, p in enumerate(pieces)}, []))
    backend.decoder = tokenizers.decoders.ByteLevel()
    return Tokenizer(backend, "bpe", {})


class Peers:
    """One model, as ours and as theirs."""

    def __init__(self, shape: str) -> None:
        import transformers

        transformers.logging.set_verbosity_error()
        torch.manual_seed(0)
        model = Gpt(build(GptConfig, SHAPES[shape])).eval()
        self.parameters = sum(p.numel() for p in model.parameters())
        self.ours = Writer(model, tokenizer_of(model.output.out_features))
        with tempfile.TemporaryDirectory() as folder:
            write_foreign(Path(folder), model)
            self.theirs = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()

    def write(self, rows: Rows, new: int, drawn: bool) -> Rows:
        how = DRAWN | dict(seed=1) if drawn else {}
        found = self.ours.write(rows, GenerationConfig(max_tokens=new, **how))
        return [texts[0].tokens for texts in found]

    def generate(self, rows: Rows, new: int, drawn: bool, cache: str | None) -> Rows:
        longest = max(map(len, rows))
        ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
        found = self.theirs.generate(
            ids,
            attention_mask=mask,
            max_new_tokens=new,
            min_new_tokens=new,
            do_sample=drawn,
            eos_token_id=None,
            pad_token_id=0,
            cache_implementation=cache,
            disable_compile=True,
            **(DRAWN if drawn else {}),
        )
        return found[:, longest:].tolist()


def measure(
    peers: Peers, rows: Rows, new: int, drawn: bool, rounds: int, clock: Callable[[], float]
) -> dict[str, Any]:
    """Tokens a second of each, ratios, and how many texts are equal."""
    systems: dict[str, Callable[[], Rows]] = {
        "jium": lambda: peers.write(rows, new, drawn),
        "transformers": lambda: peers.generate(rows, new, drawn, None),
        "transformers, static": lambda: peers.generate(rows, new, drawn, "static"),
    }
    written = {name: write() for name, write in systems.items()}  # what happens once is not counted
    assert all(len(text) == new for texts in written.values() for text in texts)

    def timed(write: Callable[[], Rows]) -> Callable[[int], float]:
        def speed(number: int) -> float:
            began = clock()
            write()
            return len(rows) * new / (clock() - began)

        return speed

    speeds = interleave({name: timed(write) for name, write in systems.items()}, rounds)
    others = [name for name in systems if name != "jium"]
    ratios = {f"jium / {name}": ratio(speeds, "jium", name) for name in others}
    show(ratios)
    pairs = list(zip(written["jium"], written["transformers"], strict=True))
    equal = round(sum(a == b for a, b in pairs) / len(pairs), 4)
    print("  equal to transformers:", equal)
    tokens = {name: spread(values) for name, values in speeds.items()}
    return {"tokens_per_s": tokens, "ratios": ratios} | ({} if drawn else {"equal": equal})


def prompts(vocab_size: int, lengths: list[int]) -> Rows:
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(1, vocab_size, (n,), generator=generator).tolist() for n in lengths]


def cases(options: argparse.Namespace) -> dict[str, tuple[list[int], bool]]:
    """The lengths of the prompts of each, and whether tokens are drawn."""
    found = {f"batch {n}": ([options.prompt] * n, False) for n in options.batches}
    most, longest = max(options.batches), max(options.prompt, 8)
    if most > 1:
        mixed = [8 + (longest - 8) * i // (most - 1) for i in range(most)]
        found[f"batch {most}, mixed"] = (mixed, False)
    found[f"batch {most}, drawn"] = ([options.prompt] * most, True)
    return found


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", nargs="+", default=["gpt2", "small"], choices=list(SHAPES))
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--prompt", type=int, default=64, help="tokens")
    parser.add_argument("--new", type=int, default=64, help="tokens to write")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--clock", default="wall", choices=list(CLOCKS))
    parser.add_argument("--name", default="generation_speed", help="of the file in results/")
    return parser.parse_args()


def main() -> None:
    import transformers

    options = parse()
    warnings.filterwarnings("ignore")  # what the peers say to their own users
    torch.set_num_threads(options.threads)
    figures, parameters = {}, {}
    for shape in options.shapes:
        peers = Peers(shape)
        parameters[shape] = peers.parameters
        for name, (lengths, drawn) in cases(options).items():
            print(f"{shape}, {name}")
            rows = prompts(peers.ours.tokenizer.vocab_size, lengths)
            clock = CLOCKS[options.clock]
            found = measure(peers, rows, options.new, drawn, options.rounds, clock)
            figures[f"{shape}, {name}"] = found
    about = {
        "question": "tokens a second of a decoder, float32, random weights",
        "parameters": parameters,
        "prompt_tokens": options.prompt,
        "new_tokens": options.new,
        "rounds": options.rounds,
        "clock": options.clock,
        "transformers": transformers.__version__,
    }
    print(record(options.name, figures, about))


if __name__ == "__main__":
    main()
