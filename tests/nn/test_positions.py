"""The table "Figures that must come out", row Positions, and what each scheme promises."""

import math

import pytest
import torch

from jium.config import build
from jium.errors import ConfigError, JiumError
from jium.nn.positions import (
    Alibi,
    Learned,
    Positions,
    RopeScaling,
    Rotary,
    Sinusoidal,
    alibi_slopes,
    make_positions,
    rotate,
    scaled,
    sinusoids,
)


def test_sinusoids_have_the_published_values() -> None:
    table = sinusoids(2, 512)
    assert table[0].tolist() == [0.0, 1.0] * 256
    expected = torch.tensor([0.841471, 0.540302, 0.821856, 0.569695])
    torch.testing.assert_close(table[1, :4], expected, rtol=0, atol=1e-6)


def test_every_sinusoid_is_sine_or_cosine_of_its_wavelength() -> None:
    table = sinusoids(50, 16)
    for place in (0, 1, 7, 49):
        for i in range(8):
            angle = place / 10_000 ** (2 * i / 16)
            assert table[place, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-5)
            assert table[place, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


def test_sinusoids_have_the_width_asked_for_even_when_odd() -> None:
    assert sinusoids(3, 7).shape == (3, 7)


def test_sinusoids_are_not_learned_and_not_saved() -> None:
    scheme = Sinusoidal(8, 10)
    assert not list(scheme.parameters()) and not scheme.state_dict()
    assert torch.equal(scheme.embed(torch.tensor([3, 0])), sinusoids(10, 8)[[3, 0]])


def test_a_learned_table_has_one_vector_a_position() -> None:
    scheme = Learned(8, 10)
    assert [p.shape for p in scheme.parameters()] == [(10, 8)]
    added = scheme.embed(torch.tensor([0, 1, 0]))
    assert torch.equal(added[0], added[2]) and not torch.equal(added[0], added[1])


def test_rotary_scores_depend_on_distance_only() -> None:
    scheme = Rotary(8, 64)
    q, k = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))

    def score(query_at: int, key_at: int) -> float:
        turned = [
            rotate(x, scheme.rotation(torch.tensor([p]))) for x, p in ((q, query_at), (k, key_at))
        ]
        return float((turned[0] * turned[1]).sum())

    for distance in (0, 1, 5):
        scores = [score(p + distance, p) for p in (0, 3, 20, 58)]
        assert scores == pytest.approx([scores[0]] * 4, abs=1e-4)
    assert score(9, 3) != pytest.approx(score(3, 9), abs=1e-2)


def test_rotary_turns_paired_halves_by_the_angle_of_the_paper() -> None:
    scheme = Rotary(8, 64, theta=100.0)
    x = torch.randn(1, 1, 1, 8, generator=torch.Generator().manual_seed(0))
    y = rotate(x, scheme.rotation(torch.tensor([5]))).flatten()
    for i in range(4):
        angle = 5 * 100.0 ** (-2 * i / 8)
        a, b = x.flatten()[i].item(), x.flatten()[i + 4].item()
        assert y[i].item() == pytest.approx(a * math.cos(angle) - b * math.sin(angle), abs=1e-5)
        assert y[i + 4].item() == pytest.approx(b * math.cos(angle) + a * math.sin(angle), abs=1e-5)


def test_rotary_leaves_position_zero_and_every_length_alone() -> None:
    scheme = Rotary(8, 64)
    x = torch.randn(1, 2, 6, 8, generator=torch.Generator().manual_seed(0))
    y = rotate(x, scheme.rotation(torch.arange(6)))
    assert torch.equal(y[:, :, 0], x[:, :, 0])
    torch.testing.assert_close(y.norm(dim=-1), x.norm(dim=-1))


def test_alibi_has_the_slopes_of_the_paper_for_eight_heads() -> None:
    assert alibi_slopes(8).tolist() == [2.0**-i for i in range(1, 9)]


def test_alibi_takes_every_other_slope_of_the_next_power_of_two() -> None:
    expected = [*alibi_slopes(8).tolist(), *alibi_slopes(16)[0::2][:4].tolist()]
    assert alibi_slopes(12).tolist() == pytest.approx(expected)
    assert len(set(alibi_slopes(12).tolist())) == 12


def test_alibi_lowers_scores_in_proportion_to_distance() -> None:
    bias = Alibi(8).bias(torch.tensor([2, 3]), torch.arange(4))
    assert bias.shape == (8, 2, 4)
    assert bias[0].tolist() == [[-1.0, -0.5, 0.0, -0.5], [-1.5, -1.0, -0.5, 0.0]]
    torch.testing.assert_close(bias[1] / bias[0].clamp(max=-1e-9), bias[0].ne(0) * 0.5)


@pytest.mark.parametrize(
    ("kind", "offers"),
    [
        ("sinusoidal", (True, False, False)),
        ("sinusoidal_halves", (True, False, False)),
        ("learned", (True, False, False)),
        ("rotary", (False, True, False)),
        ("alibi", (False, False, True)),
        ("none", (False, False, False)),
    ],
)
def test_each_kind_by_name_acts_in_its_own_place(kind: str, offers: tuple[bool, ...]) -> None:
    scheme: Positions = make_positions(kind, 16, 4, 4, 10, 10_000.0)
    at = torch.arange(3)
    given = (scheme.embed(at), scheme.rotation(at), scheme.bias(at, at))
    assert tuple(part is not None for part in given) == offers


def test_an_unknown_kind_lists_those_known() -> None:
    with pytest.raises(JiumError, match="no positions 'rope'. Known: sinusoidal, learned, rotary"):
        make_positions("rope", 16, 4, 4, 10, 10_000.0)


def test_halves_hold_all_sines_before_all_cosines() -> None:
    interleaved, halves = Sinusoidal(6, 10).table, Sinusoidal(6, 10, halves=True).table
    assert torch.equal(halves, interleaved[:, [0, 2, 4, 1, 3, 5]])


def test_linear_scaling_turns_a_token_as_one_nearer_by_the_factor() -> None:
    far = Rotary(8, 32, scaling=RopeScaling(kind="linear", factor=4.0))
    torch.testing.assert_close(far.cos[::4], Rotary(8, 8).cos)
    torch.testing.assert_close(far.sin[::4], Rotary(8, 8).sin)


def test_llama3_scaling_leaves_short_waves_and_divides_long_ones() -> None:
    """Waves of at most 100 / 4 tokens stay, those of 100 and more are 8 times longer."""
    scaling = RopeScaling(
        kind="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_len=100
    )
    lengths = torch.tensor([10.0, 25.0, 40.0, 100.0, 300.0])
    found = 2 * torch.pi / scaled(2 * torch.pi / lengths, scaling)
    torch.testing.assert_close(found[[0, 1]], lengths[[0, 1]])
    torch.testing.assert_close(found[[3, 4]], 8 * lengths[[3, 4]])
    share = (100 / 40 - 1) / 3  # of a wave between
    assert 1 / found[2].item() == pytest.approx((share + (1 - share) / 8) / 40)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"factor": 0.0}, r"factor: must be above 0; got 0\.0\."),
        ({"original_len": 0}, "original_len: must be above 0"),
        ({"high_freq_factor": 1.0}, r"must be above low_freq_factor=1\.0; got 1\.0"),
    ],
)
def test_a_scaling_that_cannot_be_is_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(RopeScaling, values)
