import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from jium.generation.decoding import greedy
from jium.generation.sampling import (
    NUCLEUS,
    apply_temperature,
    draw,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    next_distribution,
    penalise_presence,
    penalise_repetition,
    sample,
)
from jium.generation.settings import GenerationConfig

Tables = Callable[..., Any]
HALVES = torch.tensor([[0.0625, 0.5, 0.125, 0.25, 0.0625]])  # exact in binary


def kept(logits: Tensor) -> list[int]:
    """The places in the only row that are not ruled out."""
    return logits[0].isfinite().nonzero().flatten().tolist()


def settings(**values: Any) -> GenerationConfig:
    return GenerationConfig(**{"temperature": 1.0} | values)


# ------------------------------------------------------------ filters against closed forms


@pytest.mark.parametrize("temperature", [0.25, 1.0, 3.0])
def test_temperature_is_a_power_of_every_probability(temperature: float) -> None:
    powers = HALVES ** (1 / temperature)
    probs = apply_temperature(HALVES.log(), temperature).softmax(-1)
    torch.testing.assert_close(probs, powers / powers.sum())


LOGITS = torch.tensor([[-30.0, 2.0, 300.0, 299.0, -torch.inf]])


@pytest.mark.parametrize("key", ["temperature", "top_p"])
@pytest.mark.parametrize("value", [1e-7, 1e-40, 5e-324])
def test_what_is_next_to_nothing_leaves_the_likeliest(key: str, value: float) -> None:
    probs = next_distribution(LOGITS, settings(**{key: value}))
    assert probs.tolist() == [[0.0, 0.0, 1.0, 0.0, 0.0]]


@pytest.mark.parametrize("value", [1e39, 1e308, torch.inf])
def test_the_hottest_makes_all_alike_that_may_be(value: float) -> None:
    probs = next_distribution(LOGITS, settings(temperature=value))
    torch.testing.assert_close(probs, torch.tensor([[0.25] * 4 + [0.0]]), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("k", "places"), [(1, [1]), (2, [1, 3]), (3, [1, 2, 3]), (99, range(5))])
def test_top_k_keeps_the_k_likeliest(k: int, places: Any) -> None:
    left = keep_top_k(HALVES.log(), k)
    assert kept(left) == list(places)
    assert torch.equal(left[0, kept(left)], HALVES.log()[0, kept(left)])


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_keeps_no_more_than_k_of_equals(k: int) -> None:
    equal = torch.tensor([[1.0, 2.0, 2.0, 2.0, 0.0]])
    assert kept(keep_top_k(equal, k)) == [1, 2, 3][:k]


@pytest.mark.parametrize(
    ("p", "places"),
    [
        (1e-6, [1]),
        (0.5, [1]),
        (0.51, [1, 3]),
        (0.75, [1, 3]),
        (0.8, [1, 2, 3]),
        (0.875, [1, 2, 3]),
        (1.0, range(5)),
    ],
)
def test_top_p_keeps_the_smallest_set_that_reaches_p(p: float, places: Any) -> None:
    assert kept(keep_top_p(HALVES.log(), p)) == list(places)


@pytest.mark.parametrize(("p", "count"), [(0.1, 1), (0.25, 1), (0.26, 2), (0.5, 2), (0.6, 3)])
def test_top_p_keeps_no_more_of_equals_than_it_needs(p: float, count: int) -> None:
    assert len(kept(keep_top_p(torch.zeros(1, 4), p))) == count


@pytest.mark.parametrize(
    ("p", "places"), [(0.1, range(5)), (0.25, [1, 2, 3]), (0.26, [1, 3]), (0.6, [1]), (1.0, [1])]
)
def test_min_p_keeps_a_share_of_the_likeliest(p: float, places: Any) -> None:
    assert kept(keep_min_p(HALVES.log(), p)) == list(places)


def test_repetition_divides_what_is_positive_and_multiplies_what_is_not() -> None:
    logits = torch.tensor([[2.0, -2.0, 3.0, 0.0], [2.0, -2.0, 3.0, 1.0]])
    changed = penalise_repetition(logits, [[0, 1, 1, 3], []], 2.0)
    assert changed.tolist() == [[1.0, -4.0, 3.0, 0.0], [2.0, -2.0, 3.0, 1.0]]
    assert logits[0, 0] == 2.0  # the caller's own stay


def test_top_p_looks_as_far_as_it_must() -> None:
    """Among more tokens than it looks at first."""
    logits = torch.stack((torch.zeros(3 * NUCLEUS), torch.linspace(60, 0, 3 * NUCLEUS)))
    together = keep_top_p(logits, 0.9).isfinite().sum(-1).tolist()
    assert together[0] == math.ceil(0.9 * 3 * NUCLEUS)
    assert together[1] == len(kept(keep_top_p(logits[1:], 0.9))) < 100


def test_presence_is_taken_once_and_frequency_for_every_time() -> None:
    logits = torch.tensor([1.0, 2.0, 3.0])
    found = penalise_presence(logits, {0: 1, 2: 3}, 0.5, 0.25)
    assert found.tolist() == [0.25, 2.0, 1.75] and logits[0] == 1.0
    assert torch.equal(penalise_presence(logits, {}, 0.5, 0.25), logits)


def test_a_draw_is_the_inverse_of_the_distribution() -> None:
    probs = torch.tensor([0.0, 0.25, 0.0, 0.5, 0.25, 0.0])
    shares = torch.tensor([0.0, 0.2499, 0.25, 0.7499, 0.75, 1 - 2**-53], dtype=torch.double)
    found = draw(probs.expand(len(shares), -1), shares)
    assert found.tolist() == [1, 1, 3, 3, 4, 4]
    assert draw(3 * probs[None], shares[2:3]).tolist() == [3]  # what need not add up to 1


@pytest.mark.parametrize("filter", [keep_top_k, keep_top_p, keep_min_p])
def test_rows_are_filtered_each_for_itself(filter: Callable[..., Tensor]) -> None:
    logits = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    value = 3 if filter is keep_top_k else 0.4
    together = filter(logits, value)
    assert torch.equal(together, torch.cat([filter(row[None], value) for row in logits]))
    assert (together.softmax(-1).sum(-1) - 1).abs().max() < 1e-6


# ------------------------------------------------------------ the distribution that is left


def test_filters_are_put_one_upon_another() -> None:
    given = settings(temperature=0.5, top_k=4, top_p=0.9, min_p=0.3)
    squares = HALVES.square() / HALVES.square().sum()  # .25 .0625 .015625 over two of .00390625
    assert squares[0, 1] + squares[0, 3] > 0.9
    squares[0, [0, 2, 4]] = 0
    squares[0, 3] = 0  # a quarter of the likeliest, less than .3
    torch.testing.assert_close(next_distribution(HALVES.log(), given), squares / squares.sum())


def test_temperature_zero_puts_everything_on_the_first_likeliest() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0], [2.0, 2.0, 1.0]])
    probs = next_distribution(logits, settings(temperature=0.0))
    assert probs.tolist() == [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    assert torch.equal(next_distribution(logits, settings(top_k=1)), probs)


def test_without_filters_it_is_the_softmax() -> None:
    logits = torch.randn(3, 7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(next_distribution(logits, settings()), logits.softmax(-1))


# ------------------------------------------------------------ drawing


def written(
    decoder: Any, rows: int, how: GenerationConfig, limit: int = 5, seed: int = 0
) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    texts: list[list[int]] = [[] for _ in range(rows)]
    for step in sample(decoder, rows, 0, 1, limit, how, generator):
        for text, token in zip(texts, step, strict=True):
            if token is not None:
                text.append(token)
    return texts


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"temperature": 0.6},
        {"temperature": 2.0},
        {"top_k": 3},
        {"top_p": 0.7},
        {"min_p": 0.25},
        {"temperature": 0.8, "top_k": 5, "top_p": 0.9},
    ],
    ids=str,
)
def test_frequencies_fit_the_distribution(tables: Tables, how: dict[str, Any]) -> None:
    n, decoder = 4000, tables([7], vocab=8)
    logits = decoder.logits(7, ())
    decoder.logits = lambda source, text: logits
    texts = written(tables_of_one(decoder, n), n, settings(**how), limit=1)
    counts = Counter(text[0] if text else 1 for text in texts)  # nothing written: EOS drawn
    probs = next_distribution(logits[None], settings(**how))[0]
    possible = probs.nonzero().flatten().tolist()
    assert set(counts) <= set(possible)
    squares = sum((counts[i] - n * probs[i].item()) ** 2 / (n * probs[i].item()) for i in possible)
    freedom = torch.tensor((len(possible) - 1) / 2)
    p_value = torch.special.gammaincc(freedom, torch.tensor(squares / 2)).item()
    assert len(possible) > 1 and p_value > 0.001


def tables_of_one(decoder: Any, rows: int) -> Any:
    """The same decoder with so many rows of its one source."""
    decoder.texts, decoder.rows = decoder.texts * rows, rows
    return decoder


@pytest.mark.parametrize("how", [{"temperature": 0.0}, {"top_k": 1}, {"top_p": 1e-6}], ids=str)
def test_with_one_choice_left_sampling_is_greedy(tables: Tables, how: dict[str, Any]) -> None:
    sources = list(range(10))
    expected = greedy(tables(sources), 10, 0, 1, 5)
    assert written(tables(sources), 10, settings(**how)) == expected


def test_one_seed_gives_one_text(tables: Tables) -> None:
    sources = list(range(10))
    first, again, other = (
        written(tables(sources, vocab=9), 10, settings(), limit=8, seed=seed) for seed in (3, 3, 4)
    )
    assert first == again and first != other


def test_texts_end_at_eos_and_stay_ended(tables: Tables) -> None:
    steps = list(sample(tables(list(range(10))), 10, 0, 1, 20, settings()))
    for row in zip(*steps, strict=True):
        length = next((i for i, token in enumerate(row) if token is None), len(row))
        assert all(token is None for token in row[length:]) and 1 not in row
    assert any(token is not None for token in steps[-1]) and len(steps) <= 20


def test_a_strong_penalty_forbids_writing_a_word_twice(tables: Tables) -> None:
    def positive(source: int, text: tuple[int, ...]) -> Tensor:
        return torch.tensor([5.0, -50.0, 6.0, 7.0, 8.0])

    decoder = tables([0], vocab=5)
    decoder.logits = positive
    how = settings(temperature=0.0, repetition_penalty=1000.0)
    assert written(decoder, 1, how, limit=4) == [[4, 3, 2, 0]]


def test_log_probabilities_of_many_draws_average_to_the_entropy(tables: Tables) -> None:
    n, decoder = 2000, tables([3], vocab=6)
    logits = decoder.logits(3, ())
    decoder.logits = lambda source, text: logits
    log_probs = logits.log_softmax(-1)
    texts = written(tables_of_one(decoder, n), n, settings(), limit=1)
    mean = sum(log_probs[text[0] if text else 1].item() for text in texts) / n
    spread = math.sqrt(float((log_probs.exp() * log_probs.square()).sum()) / n)
    assert mean == pytest.approx(float((log_probs.exp() * log_probs).sum()), abs=5 * spread)
