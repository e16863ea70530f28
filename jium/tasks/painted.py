"""Pictures that were painted, and how: what makes each of them anew."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from jium.data.pillow import Image
from jium.errors import ConfigError, DataError
from jium.tasks.picture_files import read_facts, save_picture, sheet

Preview = Callable[[int, list[Image.Image]], object]  # steps done, the pictures as guessed so far
SEEDS = 2**31  # where nobody gives one, it is drawn below this
MOST = 2**63  # what torch takes


class Painted(list[Image.Image]):
    """Pictures, and how each was painted: `facts`, which `save` writes into the file."""

    def __init__(
        self, pictures: Sequence[Image.Image] = (), facts: Sequence[dict[str, Any]] = ()
    ) -> None:
        super().__init__(pictures)
        self.facts = list(facts)

    def save(self, path: str | Path) -> None:
        """Write the picture as PNG; several as one sheet."""
        if len(self) == 1:
            save_picture(self[0], Path(path), self.facts[0])
        else:
            save_picture(sheet(self), Path(path))


def facts_of_own(path: Path, fingerprint: str) -> dict[str, Any]:
    """How a picture was painted, as its file says. Raises DataError where it says nothing, or
    another model than the one of `fingerprint` painted it.
    """
    facts = read_facts(path)
    if facts.get("model") != fingerprint:
        raise DataError(
            "{path}: was painted by another model ({theirs}; this one is {own}). Give the run "
            "that painted it.",
            path=path,
            theirs=facts.get("model"),
            own=fingerprint,
        )
    return facts


@contextmanager
def understood_facts(path: str | Path) -> Iterator[None]:
    """Inside the block, what a picture's own account lacks or says wrongly is a DataError."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            "{path}: what it says of how it was painted is not understood ({error}).",
            path=path,
            error=error,
        ) from error


def seeds_of(seed: int | Sequence[int] | None, n: int) -> list[int]:
    """One for each of n pictures: given, counted on from the first, or drawn. Raises ConfigError
    where there are not as many as pictures, and for numbers too large to be one.
    """
    if seed is None:
        fresh = torch.Generator()  # not torch's own: what is drawn elsewhere stays the same
        fresh.seed()
        seed = int(torch.randint(SEEDS, (), generator=fresh))
    found = list(range(seed, seed + n)) if isinstance(seed, int) else list(seed)
    if any(abs(one) >= MOST for one in found):
        raise ConfigError(
            "must be below 2 to the power of 63; got {value}.",
            key="seed",
            value=max(found, key=abs),
        )
    if len(found) != n:
        raise ConfigError(
            "{given} seeds for {n} pictures. Give one for each, or that of the first.",
            key="seed",
            given=len(found),
            n=n,
        )
    return found


def after(preview: Preview, before: Sequence[Image.Image]) -> Preview:
    """With the pictures that are done already before those that are being painted."""
    done = list(before)
    return lambda step, pictures: preview(step, [*done, *pictures])
