"""How fast does a denoiser train and draw, beside the same one of diffusers?

    python benchmarks/drawing_speed.py [--net unet|unet_words|dit] [--size small] [--pixels 32]
        [--batch-size 16] [--steps 6] [--pictures 4] [--rounds 5] [--threads 2] [--channels-last]

Compared, in one process, in turns, with the same weights: a training step of jium's Trainer beside
the loop of diffusers' own training examples (noise, model, squared error, backward, clipping, fused
AdamW); and drawing in 50 steps of DDIM, jium's sampler beside diffusers' scheduler. Each in
float32 and, where the processor multiplies it, bfloat16. Pictures and the states of captions are
random numbers that stand ready for both: reading data is not measured. Before anything is timed,
the predictions must agree; after drawing, the pictures are compared. With --channels-last the peer
gets that memory format, too, which is not what its users start from.
"""

import argparse
import copy
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from drawing_peers import Peer, peer_of
from record import record
from rounds import interleave, ratio, show, spread
from torch import Tensor, nn

from jium.config import build
from jium.generation.diffusion import sample
from jium.models.conditioning import Context
from jium.models.dit import Dit, DitConfig
from jium.models.noise import NoiseConfig, make_schedule, to_clean
from jium.models.unet import Unet, UnetConfig
from jium.objectives.diffusion import Denoising
from jium.training.devices import autocast, choose_precision
from jium.training.optimisers import AdamW
from jium.training.schedules import Constant
from jium.training.trainer import CPU, TrainConfig, Trainer

WARM = 2  # steps that are not counted
LR = 1e-4
DRAWING_STEPS = 50
CAPTION, CONTEXT_DIM = 16, 192  # tokens and width of a caption's states
GUIDED = ("unet_words",)


@dataclass
class Batch:
    """Pictures and what guides them, as the Trainer wants them."""

    images: Tensor
    context: Context | None
    after: int = 0
    encoded: bool = False

    @property
    def n_tokens(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> "Batch":
        return self

    def tensors(self) -> dict[str, Tensor]:
        return {"images": self.images}


class Painter(nn.Module):
    """A denoiser as the objective of jium asks for it."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.config = SimpleNamespace(predicts="eps")
        self.noise = make_schedule(NoiseConfig(kind="linear"))

    def encode(self, images: Tensor) -> Tensor:
        return images

    def context(self, batch: Batch) -> Context | None:
        return batch.context

    def forward(self, x: Tensor, times: Tensor, context: Context | None) -> Tensor:
        return self.net(x, times, context)


class Bench:
    """The model and pictures that all cases share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        torch.manual_seed(0)
        self.net = make_net(options)
        for parameter in self.net.parameters():
            if not parameter.any():  # a new model predicts nothing: no drawing could be compared
                nn.init.normal_(parameter, std=0.02)
        self.gaps: dict[str, float] = {}

    def batches(self, number: int, n: int) -> Iterator[Batch]:
        """Without end; the same for all cases of a round."""
        generator = torch.Generator().manual_seed(number)
        for after in count(1):
            side = self.options.pixels
            images = torch.randn(n, 3, side, side, generator=generator).clamp(-1, 1)
            yield Batch(images, self.captions(n, generator), after)

    def captions(self, n: int, generator: torch.Generator) -> Context | None:
        if self.options.net not in GUIDED:
            return None
        lengths = torch.randint(CAPTION // 2, CAPTION + 1, (n, 1), generator=generator)
        states = torch.randn(n, CAPTION, CONTEXT_DIM, generator=generator)
        mask = torch.arange(CAPTION) < lengths
        return Context(states, mask, torch.randn(n, CONTEXT_DIM, generator=generator))

    def peer(self) -> Peer:
        peer = peer_of(self.net)
        if self.options.channels_last:
            peer = peer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return peer

    # ------------------------------------------------------------ the four things measured

    def train_jium(self, precision: str) -> Callable[[int], float]:
        def measure(number: int) -> float:
            painter = Painter(copy.deepcopy(self.net))
            n = WARM + self.options.steps
            trainer = Trainer(
                painter,
                Denoising(weighting="none", drop=0.0),
                self.batches(number, self.options.batch_size),
                {"main": AdamW(lr=LR).make(painter, LR)},
                Constant(),
                settings=TrainConfig(steps=n),
                precision=precision,
            )
            ends = [time.perf_counter() for _ in trainer.steps()]
            return self.rate(ends)

        return measure

    def train_diffusers(self, precision: str) -> Callable[[int], float]:
        def measure(number: int) -> float:
            from diffusers import DDPMScheduler

            scheduler, peer = DDPMScheduler(), self.peer().train()
            optimiser = torch.optim.AdamW(peer.parameters(), lr=LR, fused=True)
            batches = self.batches(number, self.options.batch_size)
            ends = []
            for batch in islice(batches, WARM + self.options.steps):
                noise = torch.randn_like(batch.images)
                steps = torch.randint(0, 1000, (len(noise),))
                noisy = scheduler.add_noise(batch.images, noise, steps)
                with autocast(CPU, precision):
                    predicted = peer(noisy, (steps + 1) / 1000, batch.context)
                F.mse_loss(predicted.float(), noise).backward()
                nn.utils.clip_grad_norm_(peer.parameters(), 1.0)
                optimiser.step()
                optimiser.zero_grad()
                ends.append(time.perf_counter())
            return self.rate(ends)

        return measure

    def draw_jium(self, precision: str) -> Callable[[int], float]:
        def measure(number: int) -> float:
            painter, batch = Painter(self.net).eval(), self.drawing(number)

            def denoise(x: Tensor, times: Tensor) -> Tensor:
                predicted = painter(x, times, batch.context).float()
                return to_clean("eps", predicted, x, *painter.noise.levels(times, x))

            began = time.perf_counter()
            with torch.inference_mode(), autocast(CPU, precision):
                steps = self.options.drawing_steps
                drawn = sample(denoise, painter.noise, batch.images, sampler="ddim", steps=steps)
            taken = time.perf_counter() - began
            self.drawn = drawn
            return len(drawn) / taken

        return measure

    def draw_diffusers(self, precision: str) -> Callable[[int], float]:
        def measure(number: int) -> float:
            from diffusers import DDIMScheduler

            scheduler = DDIMScheduler(timestep_spacing="trailing", clip_sample=False)
            peer, batch = self.peer().eval(), self.drawing(number)
            began = time.perf_counter()
            scheduler.set_timesteps(self.options.drawing_steps)
            x = batch.images
            with torch.inference_mode(), autocast(CPU, precision):
                for step in scheduler.timesteps:
                    times = torch.full((len(x),), (int(step) + 1) / 1000)
                    x = scheduler.step(peer(x, times, batch.context), step, x).prev_sample
            taken = time.perf_counter() - began
            gap = float((x - self.drawn).abs().mean() / x.abs().mean())
            self.gaps[precision] = max(gap, self.gaps.get(precision, 0.0))
            return len(x) / taken

        return measure

    # ------------------------------------------------------------ what makes it fair

    def drawing(self, number: int) -> Batch:
        """Noise to draw from."""
        generator = torch.Generator().manual_seed(number)
        n, side = self.options.pictures, self.options.pixels
        noise = torch.randn(n, 3, side, side, generator=generator)
        return Batch(noise, self.captions(n, generator))

    def rate(self, ends: list[float]) -> float:
        """Pictures a second, the first steps left out."""
        return self.options.batch_size * self.options.steps / (ends[-1] - ends[WARM - 1])

    @torch.inference_mode()
    def gap(self) -> float:
        """The largest difference of predictions before training; stops if the models differ."""
        batch = self.drawing(0)
        times = torch.linspace(0.01, 1, len(batch.images))
        ours = self.net.eval()(batch.images, times, batch.context)
        gap = float((ours - self.peer().eval()(batch.images, times, batch.context)).abs().max())
        if not gap < 1e-3:
            raise SystemExit(f"the models are not the same: predictions differ by {gap}")
        return gap


def make_net(options: argparse.Namespace) -> Unet | Dit:
    if options.net == "dit":
        return Dit(build(DitConfig, {"size": options.size}))
    context_dim = CONTEXT_DIM if options.net in GUIDED else None
    config = build(UnetConfig, {"size": options.size, "context_dim": context_dim})
    return Unet(replace(config, groups=config.dim // 4))  # the peer wants as many at each level


def measure(bench: Bench, options: argparse.Namespace) -> None:
    """All cases in turns; what came of it is printed and recorded."""
    gap = bench.gap()
    precisions = list(dict.fromkeys(("float32", choose_precision("auto", CPU))))
    cases: dict[str, Callable[[int], float]] = {}
    for p in precisions:
        cases[f"train jium {p}"] = bench.train_jium(p)
        cases[f"train diffusers {p}"] = bench.train_diffusers(p)
        cases[f"draw jium {p}"] = bench.draw_jium(p)
        cases[f"draw diffusers {p}"] = bench.draw_diffusers(p)
    speeds = interleave(cases, options.rounds)
    pairs = [(what, ours, "float32") for what in ("train", "draw") for ours in precisions]
    pairs += [(what, p, p) for what in ("train", "draw") for p in precisions[1:]]
    ratios = {
        f"{what}: jium {ours} / diffusers {theirs}": ratio(
            speeds, f"{what} jium {ours}", f"{what} diffusers {theirs}"
        )
        for what, ours, theirs in pairs
    }
    show(ratios)
    print("mean difference of drawn pictures, relative:", bench.gaps)
    about = {
        "question": "pictures a second: in training, and drawn by DDIM",
        "parameters": sum(p.numel() for p in bench.net.parameters()),
        **{key: value for key, value in vars(options).items() if key != "name"},
        "prediction_gap": gap,
    }
    figures = {
        "pictures_per_s": {name: spread(values) for name, values in speeds.items()},
        "ratios": ratios,
        "drawn_gap": bench.gaps,
    }
    print(record(options.name or f"drawing_speed_{options.net}", figures, about))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", choices=("unet", "unet_words", "dit"), default="unet_words")
    parser.add_argument("--size", default="small")
    parser.add_argument("--pixels", type=int, default=32, help="a side of a picture")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--steps", type=int, default=6, help="counted training steps, in a round")
    parser.add_argument("--pictures", type=int, default=4, help="drawn at once")
    parser.add_argument("--drawing-steps", type=int, default=DRAWING_STEPS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true", help="the peer, too")
    parser.add_argument("--name", help="of the file in results/")
    return parser.parse_args()


def main() -> None:
    options = parse()
    warnings.filterwarnings("ignore")  # what the peers say to their own users
    torch.set_num_threads(options.threads)
    measure(Bench(options), options)


if __name__ == "__main__":
    main()
