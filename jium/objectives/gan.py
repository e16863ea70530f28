"""Two models against each other: one tells real from made, the other makes what it cannot tell."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jium.config import config
from jium.objectives.loss import Loss
from jium.ranges import above_zero, at_least, share_below_one

GENERATOR, DISCRIMINATOR = "generator", "discriminator"  # parts of the model, and optimisers


@dataclass(frozen=True)
class Game:
    """What each side minimises, for each score; see the functions of the four games below."""

    on_real: Callable[[Tensor], Tensor]  # of the discriminator
    on_fake: Callable[[Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def _square(score: Tensor) -> Tensor:
    return score.square() / 2


# Scores have no bound; above 0 means real (least squares: 1 means real, 0 made).
GAMES = {
    # Goodfellow et al. (2014), https://arxiv.org/abs/1406.2661, section 3: not log(1 - D(G(z))),
    # whose gradient vanishes while the discriminator wins, but -log D(G(z)).
    "non_saturating": Game(
        lambda real: F.softplus(-real), F.softplus, lambda fake: F.softplus(-fake)
    ),
    # Lim and Ye (2017), https://arxiv.org/abs/1705.02894.
    "hinge": Game(lambda real: F.relu(1 - real), lambda fake: F.relu(1 + fake), torch.neg),
    # Mao et al. (2017), https://arxiv.org/abs/1611.04076, equation 9.
    "least_squares": Game(lambda real: _square(real - 1), _square, lambda fake: _square(fake - 1)),
    # Arjovsky et al. (2017), https://arxiv.org/abs/1701.07875.
    "wasserstein": Game(torch.neg, lambda fake: fake, torch.neg),
}


@config
class Adversarial:
    """A generator and a discriminator in turn, each with an optimiser of its own.

    The model has two parts, `generator(latent, condition)` and `discriminator(made, condition)`,
    and three methods: `real(batch)`, what is to be imitated, first axis the examples;
    `condition(batch)`, what is known of each (`jium.models.gan.Condition`) or None;
    `latents(n, device)`.
    """

    loss: Literal["non_saturating", "hinge", "least_squares", "wasserstein"] = "hinge"
    gradient_penalty: float | None = None  # WGAN-GP; None: 10 for wasserstein, otherwise none
    r1: float = 0.0  # gamma of the penalty on real examples
    discriminator_steps: int = 1  # to a step of the generator; each gets its part of a batch
    drop: float = 0.1  # share of the conditions that are kept back, so that it can do without
    generator_rate: float = 1.0  # shares of optim.lr
    discriminator_rate: float = 1.0

    def __post_init__(self) -> None:
        at_least(1, discriminator_steps=self.discriminator_steps)
        above_zero(generator_rate=self.generator_rate, discriminator_rate=self.discriminator_rate)
        share_below_one(drop=self.drop)
        at_least(0, gradient_penalty=self.gradient_penalty, r1=self.r1)

    @property
    def penalty(self) -> float:
        """The weight of the gradient penalty."""
        if self.gradient_penalty is None:
            return 10.0 if self.loss == "wasserstein" else 0.0
        return self.gradient_penalty

    def parts(self) -> dict[str, float]:
        """The parts of the model that have optimisers of their own, with shares of the rate."""
        return {DISCRIMINATOR: self.discriminator_rate, GENERATOR: self.generator_rate}

    def __call__(self, model: Any, batch: Any) -> Iterator[Loss]:
        real, condition = model.real(batch), model.condition(batch)
        if condition is not None:
            condition = condition.forgetting(self.drop)
        parts = parts_of(len(real), self.discriminator_steps)
        for part in parts:
            known = None if condition is None else condition[part]
            yield self._discriminate(model, real[part], known)
        with frozen(model.discriminator):  # until the trainer has gone back through it
            yield self._generate(model, len(parts[0]), condition, real.device)

    def _discriminate(self, model: Any, real: Tensor, condition: Any) -> Loss:
        game, n = GAMES[self.loss], len(real)
        with torch.no_grad():
            fake = model.generator(model.latents(n, real.device), condition)
        both = torch.cat((real, fake.to(real.dtype)))  # one pass: what it keeps of a batch is alike
        on_real, on_fake = model.discriminator(both, condition).float().chunk(2)
        total = game.on_real(on_real).sum() + game.on_fake(on_fake).sum()
        total = total + self._penalty(model.discriminator, real, fake, condition)
        return Loss(total, n, DISCRIMINATOR, {"right": n * ordered(on_real, on_fake)})

    def _generate(self, model: Any, n: int, condition: Any, device: torch.device) -> Loss:
        known = None if condition is None else condition[torch.arange(n, device=device)]
        fake = model.generator(model.latents(n, device), known)
        scores = model.discriminator(fake, known).float()
        return Loss(GAMES[self.loss].generator(scores).sum(), n, GENERATOR)

    def _penalty(self, discriminator: nn.Module, real: Tensor, fake: Tensor, known: Any) -> Tensor:
        total = real.new_zeros(())
        if self.penalty:
            total = total + self.penalty * gradient_penalty(discriminator, real, fake, known)
        if self.r1:
            total = total + self.r1 / 2 * r1(discriminator, real, known)
        return total


@contextmanager
def frozen(module: nn.Module) -> Iterator[None]:
    """Inside the block no weight of `module` gets a gradient, which saves computing it."""
    learned = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for parameter in learned:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learned:
            parameter.requires_grad_(True)


def parts_of(n: int, parts: int) -> tuple[Tensor, ...]:
    """The numbers of `n` examples in so many parts, always: of fewer examples some come again, so
    that all batches of a step, the last of an epoch too, take the same turns.
    """
    return (torch.arange(max(n, parts)) % n).tensor_split(parts)


def gradient_penalty(
    discriminator: nn.Module, real: Tensor, fake: Tensor, condition: Any = None
) -> Tensor:
    """Sum of (|gradient of the score| - 1)^2 at a random place between each real and made example,
    equation 3 of Gulrajani et al. (2017), https://arxiv.org/abs/1704.00028.
    """
    share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
    norms = gradient_norms(discriminator, torch.lerp(real, fake.to(real.dtype), share), condition)
    return (norms - 1).square().sum()


def r1(discriminator: nn.Module, real: Tensor, condition: Any = None) -> Tensor:
    """Sum of |gradient of the score|^2 at the real examples, equation 9 of Mescheder et al. (2018),
    https://arxiv.org/abs/1801.04406, without gamma / 2.
    """
    return gradient_norms(discriminator, real, condition).square().sum()


def gradient_norms(discriminator: nn.Module, examples: Tensor, condition: Any = None) -> Tensor:
    """Length of the gradient of each score by its example: (batch,), with a graph of its own."""
    examples = examples.detach().float().requires_grad_()
    with torch.autocast(examples.device.type, enabled=False):  # a gradient of a gradient, in full
        scores = discriminator(examples, condition)
        (gradient,) = torch.autograd.grad(scores.sum(), examples, create_graph=True)
    return gradient.flatten(1).square().sum(1).add(1e-12).sqrt()


def ordered(on_real: Tensor, on_fake: Tensor) -> float:
    """The share of pairs of a real and a made example whose real one has the higher score; ties
    count half. 0.5: it cannot tell them apart, wherever its threshold may lie.
    """
    real, fake = on_real.detach()[:, None], on_fake.detach()[None, :]
    return float(((real > fake).float() + (real == fake).float() / 2).mean())


def accuracy(on_real: Tensor, on_fake: Tensor) -> float:
    """The share of scores on the right side of a threshold midway between the two means: what the
    critic of a Wasserstein game, which has no threshold, can be asked, too.
    """
    real, fake = on_real.detach(), on_fake.detach()
    threshold = (real.mean() + fake.mean()) / 2
    return float(((real > threshold).float().mean() + (fake <= threshold).float().mean()) / 2)
