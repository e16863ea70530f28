"""The game of a GAN: its losses against closed forms, its turns, its penalties."""

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from jium.data.ring import PointBatch, Ring, RingBatches
from jium.errors import ConfigError
from jium.evaluation.sliced import sliced_wasserstein
from jium.models.gan_points import PointGan, PointGanConfig
from jium.objectives.gan import (
    GAMES,
    Adversarial,
    accuracy,
    gradient_norms,
    gradient_penalty,
    ordered,
    r1,
)
from jium.objectives.loss import Loss
from jium.training.optimisers import Adam
from jium.training.schedules import Linear
from jium.training.trainer import TrainConfig, Trainer

NAMES = list(GAMES)


class Steep(nn.Module):
    """A score that rises by `slope` for each unit in the first direction."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, x: Tensor, condition: object = None) -> Tensor:
        return self.slope * x[:, 0]


def model(**settings: object) -> PointGan:
    torch.manual_seed(0)
    return PointGan(replace(PointGanConfig(dim=16, n_layers=2), **settings))


def optimisers(model: PointGan, objective: Adversarial) -> dict[str, torch.optim.Optimizer]:
    adam = Adam(lr=2e-3, betas=(0.0, 0.9), eps=1e-8)
    return {n: adam.make(model.get_submodule(n), 2e-3 * s) for n, s in objective.parts().items()}


def test_at_scores_of_zero_each_game_has_the_loss_that_its_paper_says() -> None:
    zero = torch.zeros(1)
    wanted = {  # real, made, generator
        "non_saturating": (math.log(2), math.log(2), math.log(2)),
        "hinge": (1.0, 1.0, 0.0),
        "least_squares": (0.5, 0.0, 0.5),
        "wasserstein": (0.0, 0.0, 0.0),
    }
    for name, losses in wanted.items():
        game = GAMES[name]
        found = [float(f(zero)) for f in (game.on_real, game.on_fake, game.generator)]
        assert found == pytest.approx(losses)


@pytest.mark.parametrize("name", NAMES)
def test_the_two_sides_want_opposite_scores(name: str) -> None:
    game = GAMES[name]

    def slope(side):
        score = torch.tensor([0.3], requires_grad=True)
        side(score).sum().backward()
        return float(score.grad)

    assert slope(game.on_real) < 0 < slope(game.on_fake)
    assert slope(game.generator) < 0


def test_a_confident_discriminator_still_teaches_the_generator() -> None:
    score = torch.tensor([-20.0], requires_grad=True)
    GAMES["non_saturating"].generator(score).sum().backward()
    assert float(score.grad) == pytest.approx(-1.0, abs=1e-4)


@pytest.mark.parametrize("slope", [0.5, 1.0, 3.0])
def test_penalties_are_those_of_a_score_whose_slope_is_known(slope: float) -> None:
    real, fake = torch.randn(5, 2), torch.randn(5, 2)
    steep = Steep(slope)
    penalty = gradient_penalty(steep, real, fake).item()
    assert penalty == pytest.approx(5 * (slope - 1) ** 2, abs=1e-5)
    assert r1(steep, real).item() == pytest.approx(5 * slope**2, rel=1e-5)


def test_a_penalty_teaches_the_weights() -> None:
    steep = Steep(3.0)
    gradient_penalty(steep, torch.randn(4, 2), torch.randn(4, 2)).backward()
    assert float(steep.slope.grad) == pytest.approx(4 * 2 * 2.0, rel=1e-4)


def test_ordered_counts_pairs_whatever_the_threshold() -> None:
    high, low = torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0])
    assert ordered(high, low) == 1.0
    assert ordered(low - 50, high - 50) == 0.0
    assert ordered(high, high) == 0.5


def test_accuracy_needs_no_threshold_of_its_own() -> None:
    high, low = torch.tensor([12.0, 13.0]), torch.tensor([10.0, 11.0])
    assert accuracy(high, low) == 1.0
    assert accuracy(low, high) == 0.0
    assert accuracy(high, high) == 0.5


@pytest.mark.parametrize("name", NAMES)
def test_each_turn_names_its_optimiser_and_teaches_its_part_alone(name: str) -> None:
    gan, objective = model(), Adversarial(loss=name, discriminator_steps=2)
    batch = PointBatch(Ring().draw(8))
    turns = []
    for loss in objective(gan, batch):
        gan.zero_grad()
        loss.total.backward()
        learned = {n.split(".")[0] for n, p in gan.named_parameters() if p.grad is not None}
        assert learned == {loss.optimiser}
        turns.append((loss.optimiser, loss.count))
    assert turns == [("discriminator", 4), ("discriminator", 4), ("generator", 4)]
    assert all(p.requires_grad for p in gan.parameters())


def test_a_batch_in_parts_gives_each_step_other_examples() -> None:
    seen = []

    gan = model(dim=8)
    gan.discriminator.register_forward_pre_hook(lambda m, given: seen.append(given[0].detach()))
    points = torch.arange(12.0).view(6, 2)
    list(Adversarial(loss="hinge", discriminator_steps=3)(gan, PointBatch(points)))
    reals = torch.cat([s[: len(s) // 2] for s in seen[:3]])
    assert torch.equal(reals, points)


@pytest.mark.parametrize(("spectral_norm", "reached"), [(False, True), (True, False)])
def test_a_critic_comes_to_slopes_of_1_but_where_spectral_norm_holds_it(
    spectral_norm: bool, reached: bool
) -> None:
    gan, objective = model(spectral_norm=spectral_norm), Adversarial(loss="wasserstein")
    made = optimisers(gan, objective)["discriminator"]
    for step in range(150):
        loss = next(objective(gan, PointBatch(Ring().draw(32, seed=step))))
        gan.zero_grad()
        loss.total.backward()
        made.step()
    slopes = gradient_norms(gan.discriminator, Ring().draw(200, seed=999)).detach()
    assert (slopes.mean() > 0.9) == reached


@pytest.mark.parametrize(("n", "sizes"), [(7, [3, 2, 2, 3]), (6, [2, 2, 2, 2]), (2, [1, 1, 1, 1])])
def test_a_batch_of_any_size_takes_the_same_turns(n: int, sizes: list[int]) -> None:
    objective = Adversarial(discriminator_steps=3)
    turns = [
        (loss.optimiser, loss.count) for loss in objective(model(dim=8), PointBatch(Ring().draw(n)))
    ]
    assert turns == [("discriminator", size) for size in sizes[:3]] + [("generator", sizes[3])]


def test_losses_of_a_step_are_means_over_its_turns_and_batches() -> None:
    """Also where the last batch of an epoch has fewer examples than there are turns."""
    gan, objective = model(dim=8), Adversarial(discriminator_steps=3)
    batches = [PointBatch(Ring().draw(n, seed=n)) for n in (7, 2)]
    said: list[Loss] = []

    def watched(model: PointGan, batch: PointBatch) -> Iterator[Loss]:
        for loss in objective(model, batch):
            said.append(loss)
            yield loss

    settings = TrainConfig(steps=1, accumulate=2, clip=None)
    trainer = Trainer(gan, watched, batches, optimisers(gan, objective), Linear(warmup=1), settings)
    (report,) = trainer.steps()
    for name in ("discriminator", "generator"):
        own = [loss for loss in said if loss.optimiser == name]
        assert len(own) == {"discriminator": 6, "generator": 2}[name]
        mean = sum(float(loss.total.detach()) for loss in own) / sum(loss.count for loss in own)
        assert report.losses[name] == pytest.approx(mean)
    judged = [loss for loss in said if loss.optimiser == "discriminator"]
    right = sum(loss.metrics["right"] for loss in judged) / sum(loss.count for loss in judged)
    assert report.metrics == {"right": pytest.approx(right)}
    assert report.loss == report.losses["discriminator"]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"discriminator_steps": 0}, "discriminator_steps: must be at least 1; got 0"),
        ({"r1": -1.0}, "r1: must be at least 0; got -1.0"),
        ({"generator_rate": 0.0}, "generator_rate: must be above 0; got 0.0"),
        ({"drop": 1.0}, r"drop: must be in \[0, 1\); got 1.0"),
    ],
)
def test_a_setting_that_cannot_be_is_named(setting: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Adversarial(**setting)


def test_micro_batches_of_a_penalised_game_go_on_bitwise_from_any_step() -> None:
    objective = Adversarial(loss="wasserstein", discriminator_steps=2)

    def begin() -> Trainer:
        gan = model(spectral_norm=False)
        settings = TrainConfig(steps=6, accumulate=2, ema=0.9, clip=None)
        batches = RingBatches(Ring(), 8)
        torch.manual_seed(1)
        return Trainer(
            gan, objective, batches, optimisers(gan, objective), Linear(warmup=1), settings
        )

    whole = begin()
    for report in whole.steps():
        if report.step == 3:
            tensors = {k: v.clone() for k, v in whole.tensors().items()}
            facts = whole.facts()
    again = begin()
    again.restore(tensors, facts)
    again.batches.go_on(facts["position"])
    assert [r.step for r in again.steps()] == [4, 5, 6]
    for name, tensor in whole.tensors().items():
        assert torch.equal(tensor, again.tensors()[name]), name


# ---------------------------------------------------------------- the ring

GAMES_OF_THE_RING = {
    "hinge": (Adversarial(loss="hinge", r1=1.0), 1600),
    "wgan-gp": (Adversarial(loss="wasserstein", gradient_penalty=0.5, discriminator_steps=2), 2000),
}


def play(objective: Adversarial, steps: int, seed: int = 0) -> tuple[Ring, PointGan]:
    """Train on the ring; gives the averaged weights."""
    torch.manual_seed(seed)
    ring, gan = Ring(), PointGan(PointGanConfig(dim=64))
    batches = RingBatches(ring, 128 * objective.discriminator_steps, seed)
    settings = TrainConfig(steps=steps, clip=None, ema=0.98)
    trainer = Trainer(
        gan, objective, batches, optimisers(gan, objective), Linear(warmup=1), settings
    )
    for _ in trainer.steps():
        pass
    assert trainer.ema is not None
    trainer.ema._swap()  # what is measured of a run is the average
    return ring, gan


@pytest.mark.parametrize("name", GAMES_OF_THE_RING)
def test_a_few_steps_bring_points_to_where_the_ring_is(name: str) -> None:
    game = GAMES_OF_THE_RING[name][0]
    far, near = (
        sliced_wasserstein(gan.generator(gan.latents(500)).detach(), ring.draw(500, seed=7))
        for ring, gan in (play(game, 1), play(game, 60))
    )
    assert near < 0.6 * far


@pytest.mark.slow
@pytest.mark.parametrize("name", GAMES_OF_THE_RING)
def test_a_gan_covers_the_ring_and_its_discriminator_can_only_guess(name: str) -> None:
    ring, gan = play(*GAMES_OF_THE_RING[name])
    with torch.no_grad():
        made, real = gan.generator(gan.latents(2000)), ring.draw(2000, seed=7)
        right = accuracy(gan.discriminator(real), gan.discriminator(made))
    modes, inside = ring.covered(made)
    assert modes >= 7 and inside > 0.6
    assert 0.4 <= right <= 0.6
