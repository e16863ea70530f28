"""The trainer: one step, however many batches, losses and optimisers it takes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.contracts import tiny
from jium.errors import ConfigError, TrainingError
from jium.objectives.loss import Loss
from jium.objectives.translation import Translation
from jium.training.schedules import Constant, Linear
from jium.training.trainer import TrainConfig, Trainer


@dataclass
class Numbers:
    """A batch of numbers."""

    values: Tensor
    after: int = 0

    @property
    def n_tokens(self) -> int:
        return len(self.values)

    def to(self, device: torch.device) -> "Numbers":
        return self


class Scale(nn.Module):
    """One number, multiplied with what comes in."""

    def __init__(self, start: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(start))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x


def linear(model: nn.Module, batch: Numbers) -> Iterator[Loss]:
    """The gradient is the mean of the values."""
    yield Loss(model(batch.values).sum(), count=len(batch.values))


def trainer(
    batches: list[Any],
    model: nn.Module | None = None,
    objective: Any = linear,
    rate: float = 1.0,
    schedule: Any = None,
    **settings: Any,
) -> Trainer:
    model = model or Scale()
    descent = torch.optim.SGD(model.parameters(), lr=rate)
    config = TrainConfig(**({"clip": None, "steps": 1} | settings))
    return Trainer(model, objective, batches, {"main": descent}, schedule or Constant(), config)


def weights(model: nn.Module) -> Tensor:
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach().clone()


# ---------------------------------------------------------------- accumulation


def test_the_loss_is_the_mean_over_tokens_not_the_mean_of_means():
    """10 tokens at 2.0 and 90 at 4.0 are 3.8 a token; the mean of the two means is 3.0."""
    made = trainer([Numbers(torch.full((10,), 2.0)), Numbers(torch.full((90,), 4.0))], accumulate=2)
    (report,) = made.steps()
    assert report.loss == pytest.approx(3.8)
    assert made.model.weight.item() == pytest.approx(1 - 3.8)
    assert report.tokens == 100


@pytest.mark.parametrize("cuts", [[1, 3], [2, 2, 3, 5], [1, 1, 1, 1, 1]])
def test_micro_batches_of_unequal_length_are_one_batch(cuts: list[int]):
    pairs = tiny.pairs([(4, 2), (9, 30), (3, 1), (20, 11), (6, 7), (2, 3)])
    places = [0, *torch.tensor(cuts).cumsum(0).clamp(max=5).unique().tolist(), 6]
    parts = [pairs[a:b] for a, b in zip(places, places[1:], strict=False)]
    results = []
    for batches in ([tiny.FORMAT.batch(part) for part in parts], [tiny.FORMAT.batch(pairs)]):
        made = trainer(batches, tiny.model(), Translation(), 0.5, accumulate=len(batches))
        (report,) = made.steps()
        results.append((weights(made.model), report.loss, report.grad_norm))
    torch.testing.assert_close(results[0][0], results[1][0], rtol=0, atol=1e-6)
    assert results[0][1:] == pytest.approx(results[1][1:], rel=1e-5)


def test_further_figures_are_means_over_all_micro_batches():
    def counting(model: nn.Module, batch: Numbers) -> Iterator[Loss]:
        total = model(batch.values).sum()
        figures = {"sum": float(batch.values.sum()), "seldom": 6.0}
        if len(batch.values) > 1:
            del figures["seldom"]
        yield Loss(total, len(batch.values), metrics=figures)

    batches = [Numbers(torch.tensor([3.0])), Numbers(torch.tensor([1.0, 2.0]))]
    (report,) = trainer(batches, objective=counting, steps=1, accumulate=2).steps()
    assert report.metrics == {"sum": 2.0, "seldom": 2.0}


def test_gradients_do_not_leak_into_the_next_step():
    made = trainer([Numbers(torch.tensor([1.0])), Numbers(torch.tensor([0.5]))], steps=2)
    list(made.steps())
    assert made.model.weight.item() == pytest.approx(1 - 1 - 0.5)


# ---------------------------------------------------------------- clipping, rates, averages


class Recording(torch.optim.SGD):
    """Keeps the norm of the gradient at each step."""

    norms: list[float]

    def step(self, closure: Any = None) -> None:
        parameters = [p for group in self.param_groups for p in group["params"]]
        self.norms = [
            *getattr(self, "norms", []),
            float(torch.stack([p.grad.norm() for p in parameters]).norm()),
        ]
        super().step(closure)


def clipped(clip: float | None, size: float) -> tuple[float, float]:
    """Norm of the gradient when it is applied, and as it is reported."""
    model = nn.Linear(3, 2, bias=False)
    optimiser = Recording(model.parameters(), lr=0.1)
    config = TrainConfig(steps=1, clip=clip)
    batches = [Numbers(torch.full((4, 3), size))]
    made = Trainer(model, linear, batches, {"main": optimiser}, Constant(), config)
    (report,) = made.steps()
    return optimiser.norms[0], report.grad_norm


def test_after_clipping_the_norm_is_at_most_one():
    applied, reported = clipped(1.0, 50.0)
    assert applied == pytest.approx(1.0, abs=1e-5) and applied <= 1.0
    assert reported > 50


def test_a_small_gradient_is_not_scaled_up():
    applied, reported = clipped(1.0, 1e-3)
    assert applied == pytest.approx(reported) and applied < 1


def test_without_clipping_nothing_is_cut():
    applied, reported = clipped(None, 50.0)
    assert applied == pytest.approx(reported) and applied > 50


def test_the_rate_is_the_peak_times_the_share_of_the_schedule():
    made = trainer([Numbers(torch.ones(1))] * 4, rate=0.4, schedule=Linear(warmup=2), steps=4)
    assert [report.lr for report in made.steps()] == pytest.approx([0.2, 0.4, 0.2, 0.0])


def test_the_average_is_taken_after_each_step():
    made = trainer([Numbers(torch.ones(1))] * 2, steps=2, ema=0.9)
    list(made.steps())
    first = 1 + (0 - 1) * (1 - 2 / 11)  # weights 1, then 0, then -1
    assert made.ema is not None
    assert made.ema.average[0].item() == pytest.approx(first + (-1 - first) * (1 - 3 / 12))


# ---------------------------------------------------------------- several optimisers


class Rivals(nn.Module):
    """A toy generator and its critic."""

    def __init__(self) -> None:
        super().__init__()
        self.maker = Scale(2.0)
        self.critic = Scale(3.0)


def contest(model: Rivals, batch: Numbers) -> Iterator[Loss]:
    """The critic steps first; the maker then sees the critic as it has become."""
    made = model.maker(batch.values).detach()
    yield Loss(model.critic(made).sum(), len(batch.values), "critic")
    yield Loss(model.critic(model.maker(batch.values)).sum(), len(batch.values), "maker")


def rivals(batches: list[Numbers], **settings: Any) -> Trainer:
    model = Rivals()
    optimisers: dict[str, torch.optim.Optimizer] = {
        "critic": torch.optim.SGD(model.critic.parameters(), lr=0.1),
        "maker": torch.optim.SGD(model.maker.parameters(), lr=0.01),
    }
    config = TrainConfig(**({"clip": None, "steps": 1} | settings))
    return Trainer(model, contest, batches, optimisers, Constant(), config)


def test_an_objective_that_yields_twice_takes_two_steps_of_the_optimisers_it_names():
    made = rivals([Numbers(torch.tensor([1.0, 3.0]))])
    (report,) = made.steps()
    critic = 3.0 - 0.1 * 2.0 * 2  # the mean of what was made is 4
    assert made.model.critic.weight.item() == pytest.approx(critic)
    assert made.model.maker.weight.item() == pytest.approx(2.0 - 0.01 * critic * 2.0)
    assert report.losses == pytest.approx({"critic": 12.0, "maker": critic * 4.0})
    assert report.loss == pytest.approx(12.0)


def test_two_losses_over_two_micro_batches_are_those_of_one_batch():
    values = torch.tensor([1.0, 3.0, 5.0])
    apart = rivals([Numbers(values[:1]), Numbers(values[1:])], accumulate=2)
    whole = rivals([Numbers(values)])
    for made in (apart, whole):
        list(made.steps())
    torch.testing.assert_close(weights(apart.model), weights(whole.model))


def test_a_gradient_for_the_critic_does_not_move_the_maker():
    made = rivals([Numbers(torch.ones(2))])
    next(step for step in made.steps())
    alone = rivals([Numbers(torch.ones(2))])
    alone.optimisers["maker"].param_groups[0]["lr"] = 0.0
    alone.peaks["maker"] = [0.0]
    list(alone.steps())
    assert alone.model.maker.weight.item() == 2.0
    assert alone.model.critic.weight.item() == made.model.critic.weight.item()


# ---------------------------------------------------------------- a loss that is not finite


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_halts_before_the_weights_are_touched(bad: float):
    good, wrong = Numbers(torch.ones(2)), Numbers(torch.tensor([1.0, bad]))
    made = trainer([good, wrong], steps=5, rate=0.1)
    with pytest.raises(TrainingError, match=rf"the loss is {bad} at step 2\. .* Lower optim\.lr"):
        list(made.steps())
    assert made.step == 1
    assert made.model.weight.item() == pytest.approx(0.9)
    assert made.last_batches == [wrong]


def test_one_bad_micro_batch_is_enough():
    made = trainer([Numbers(torch.ones(2)), Numbers(torch.tensor([math.nan]))], accumulate=2)
    with pytest.raises(TrainingError, match="step 1"):
        list(made.steps())
    assert made.model.weight.item() == 1.0


def test_the_second_optimiser_too_halts_before_its_weights():
    def breaks(model: Rivals, batch: Numbers) -> Iterator[Loss]:
        for loss in contest(model, batch):
            share = math.nan if loss.optimiser == "maker" else 1.0
            yield Loss(loss.total * share, loss.count, loss.optimiser)

    made = rivals([Numbers(torch.ones(2))])
    made.objective = breaks
    with pytest.raises(TrainingError):
        list(made.steps())
    assert made.model.maker.weight.item() == 2.0


@pytest.mark.parametrize("clip", [None, 1.0])
def test_an_endless_gradient_does_not_reach_the_weights(clip: float | None):
    """A loss may be finite where its gradient is not."""

    def steep(model: Scale, batch: Numbers) -> Iterator[Loss]:
        yield Loss(torch.sqrt(model(batch.values)).sum(), count=1)

    made = trainer([Numbers(torch.zeros(1))], objective=steep, clip=clip)
    with pytest.raises(TrainingError, match="the gradient is nan at step 1"):
        list(made.steps())
    assert made.model.weight.item() == 1.0


# ---------------------------------------------------------------- precision, limits, state


def test_bfloat16_on_the_cpu_trains():
    batch = tiny.FORMAT.batch(tiny.pairs([(5, 6), (9, 8), (3, 12)]))
    model = tiny.model(dropout=0.1)
    made = Trainer(
        model,
        Translation(),
        [batch] * 40,
        {"main": torch.optim.Adam(model.parameters(), lr=3e-3)},
        Constant(),
        TrainConfig(steps=40),
        precision="bfloat16",
    )
    losses = [report.loss for report in made.steps()]
    assert losses[-1] < 0.5 * losses[0]
    assert all(p.dtype == torch.float32 for p in model.parameters())


def test_training_stops_when_its_minutes_are_used_up():
    made = trainer([Numbers(torch.ones(1))] * 100, steps=100, minutes=1.0)
    seen = []
    for report in made.steps():
        seen.append(report.step)
        made.seconds += 25.0
    assert seen == [1, 2, 3]


def test_seconds_used_before_a_resume_count():
    made = trainer([Numbers(torch.ones(1))] * 100, steps=100, minutes=1.0)
    made.restore(made.tensors(), made.facts() | {"seconds": 61.0})
    assert not list(made.steps())


def test_a_restored_trainer_goes_on_exactly():
    batch = tiny.FORMAT.batch(tiny.pairs([(5, 6), (9, 8)]))

    def started() -> Trainer:
        model = tiny.model(dropout=0.2)
        adam: dict[str, torch.optim.Optimizer] = {
            "main": torch.optim.Adam(model.parameters(), lr=1e-3)
        }
        config = TrainConfig(steps=6, ema=0.9)
        return Trainer(model, Translation(), [batch] * 6, adam, Linear(warmup=2), config)

    torch.manual_seed(5)
    whole = started()
    for report in whole.steps():
        if report.step == 3:
            tensors = {k: v.clone() for k, v in whole.tensors().items()}
            facts = whole.facts()
    resumed = started()
    torch.manual_seed(99)  # the random state comes from what was saved
    resumed.restore(tensors, facts)
    assert [report.step for report in resumed.steps()] == [4, 5, 6]
    ours, theirs = resumed.tensors(), whole.tensors()
    assert ours.keys() == theirs.keys() and len(ours) > 100
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("name", ["steps", "batch_tokens", "accumulate", "eval_every"])
def test_nothing_at_all_is_an_error(name: str):
    with pytest.raises(ConfigError, match=f"{name}: must be at least 1; got 0"):
        TrainConfig(**{name: 0})


def test_moments_lie_in_memory_as_their_weights_do_after_a_restore():
    """A fused step takes both as they lie: with other strides it would mix up the channels."""
    batches = [Numbers(torch.randn(2, 3, 8, 8)) for _ in range(4)]

    def squares(model: nn.Module, batch: Numbers) -> Iterator[Loss]:
        yield Loss(model(batch.values).square().sum(), len(batch.values))

    def made(batches: list[Numbers], steps: int) -> Trainer:
        torch.manual_seed(0)
        model = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        optimiser = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
        settings = TrainConfig(steps=steps, clip=None)
        return Trainer(model, squares, batches, {"main": optimiser}, Constant(), settings)

    whole, cut, again = made(batches, 4), made(batches, 2), made(batches[2:], 4)
    assert len(list(whole.steps())) == 4 and len(list(cut.steps())) == 2
    kept = {name: tensor.clone().contiguous() for name, tensor in cut.tensors().items()}
    again.restore(kept, cut.facts())
    assert len(list(again.steps())) == 2
    assert torch.equal(whole.model.weight, again.model.weight)
