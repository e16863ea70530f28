"""Rows of unequal length: however a text is read on, the model knows what it would know of the
whole.
"""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout
from jium.nn.positions import RopeScaling
from jium.nn.row_cache import RowCache

VOCAB, MAX_LEN = 23, 40
SHAPES: dict[str, dict[str, Any]] = {
    "learned": dict(positions="learned", n_kv_heads=None, norm="layer", bias=True),
    "rotary": dict(positions="rotary"),
    "rotary, linear": dict(rope_scaling=RopeScaling(kind="linear", factor=3.0)),
    "rotary, llama 3": dict(rope_scaling=RopeScaling(kind="llama3", factor=4.0, original_len=8)),
    "alibi": dict(positions="alibi"),
    "alibi, every head its own": dict(positions="alibi", n_kv_heads=4),
    "sinusoidal": dict(positions="sinusoidal"),
    "none": dict(positions="none"),
    "norms of queries and keys": dict(qk_norm=True, head_dim=6),
    "post-norm": dict(norm_first=False, attention_scale=0.3),
}
every_shape = pytest.mark.parametrize("shape", SHAPES)


def model(shape: str = "rotary") -> Gpt:
    torch.manual_seed(0)
    sizes = dict(dim=16, n_heads=4, n_kv_heads=2, ffn_dim=24, n_layers=2, max_len=MAX_LEN)
    made = Gpt(GptConfig(**(sizes | SHAPES[shape]), vocab_size=VOCAB)).eval()
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.4)
    return made


def texts(*lengths: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(sum(lengths))
    return [torch.randint(VOCAB, (n,), generator=generator) for n in lengths]


def whole(of: Gpt, text: Tensor) -> Tensor:
    return of(text, Layout([len(text)]))


def read(of: Gpt, cache: RowCache, first: int, parts: list[Tensor]) -> list[Tensor]:
    """What is known at each new token of the rows from `first` on."""
    layout = Layout([len(part) for part in parts])
    while len(cache.lengths) < first + len(parts):
        cache.begin()
    hidden = of(torch.cat(parts), layout, cache.reading(first, layout))
    return list(hidden.split(layout.lengths))


@every_shape
@torch.inference_mode()
def test_pieces_of_any_length_read_in_turn_equal_the_whole(shape: str) -> None:
    of, rows = model(shape), texts(11, 17, 6)
    cache, found = of.new_rows(), [[], [], []]  # type: ignore[var-annotated]
    for sizes in ((3, 7, 1), (1, 1, 1), (4, 6, 3), (3, 3, 1)):
        starts = [sum(len(part) for part in parts) for parts in found]
        new = [row[a : a + n] for row, a, n in zip(rows, starts, sizes, strict=True)]
        for parts, part in zip(found, read(of, cache, 0, new), strict=True):
            parts.append(part)
    for row, parts in zip(rows, found, strict=True):
        torch.testing.assert_close(torch.cat(parts), whole(of, row), rtol=1e-5, atol=1e-5)
    assert cache.lengths == [11, 17, 6]


@every_shape
@torch.inference_mode()
def test_rows_join_move_and_leave_while_others_go_on(shape: str) -> None:
    of, (one, two, three) = model(shape), texts(9, 20, 12)
    cache = of.new_rows()
    read(of, cache, 0, [one[:4], two[:13]])
    (joined,) = read(of, cache, 2, [three[:5]])
    torch.testing.assert_close(joined, whole(of, three[:5]), rtol=1e-5, atol=1e-5)
    cache.move(2, 0)  # the first leaves; the last takes its place
    cache.drop_last()
    third, second = read(of, cache, 0, [three[5:6], two[13:14]])
    torch.testing.assert_close(third, whole(of, three[:6])[-1:], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(second, whole(of, two[:14])[-1:], rtol=1e-5, atol=1e-5)


@every_shape
@torch.inference_mode()
def test_a_row_begun_with_the_keys_of_another_reads_on_as_if_it_had_read_them(shape: str) -> None:
    of, (text, other) = model(shape), texts(15, 7)
    cache = of.new_rows()
    read(of, cache, 0, [text[:10], other])
    cache.begin(cache.kept(0, 8))
    (rest,) = read(of, cache, 2, [text[8:]])
    torch.testing.assert_close(rest, whole(of, text)[8:], rtol=1e-5, atol=1e-5)


@torch.inference_mode()
def test_memory_grows_to_what_is_needed_and_no_further_than_the_model_holds() -> None:
    of, cache = model(), model().new_rows()
    assert cache.data.numel() == 0
    (text,) = texts(MAX_LEN)
    read(of, cache, 0, [text[:25]])
    before = cache.kept(0, 25)
    read(of, cache, 0, [text[25:]])
    assert cache.data.size(4) == MAX_LEN
    assert torch.equal(cache.kept(0, 25), before)
    with pytest.raises(AssertionError):
        read(of, cache, 0, [text[:1]])


@torch.inference_mode()
def test_what_a_row_held_before_shows_nowhere() -> None:
    """A row that was left full of other values reads as a new one does."""
    of, (text, other) = model(), texts(9, 12)
    cache = of.new_rows()
    cache.grow_to(2, 30)
    cache.data.fill_(1e4)
    one, _ = read(of, cache, 0, [text, other])
    torch.testing.assert_close(one, whole(of, text), rtol=1e-5, atol=1e-5)
