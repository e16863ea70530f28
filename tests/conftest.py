"""For every test: English messages whatever the machine speaks, and no slot left unfilled."""

from collections.abc import Iterator

import hypothesis
import pytest

from jium import messages

hypothesis.settings.register_profile("jium", derandomize=True, deadline=None)  # seeded, untimed
hypothesis.settings.load_profile("jium")


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(messages, "STRICT", True)
    messages.set_language("en")
    yield
    messages.set_language(None)
