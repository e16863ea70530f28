"""Filters: which pairs are worth learning from, and for each that is not, why."""

from jium.config import config
from jium.data.scripts import Script, script_share
from jium.errors import ConfigError
from jium.ranges import at_least, share

SHORT = 10  # characters added to both sides before they are compared, so that short phrases pass


@config
class Filters:
    """What a pair must be to stay. Lengths are in characters, after cleaning."""

    min_chars: int = 1
    max_chars: int = 2000
    max_ratio: float = (
        5.0  # of the longer side to the shorter, each SHORT characters longer than it is
    )
    source_script: Script | None = (
        None  # the script that the source should be in, as "hangul" or "latin"
    )
    target_script: Script | None = None
    script_share: float = (
        0.3  # of the letters, at least; names and terms are often in another script
    )
    drop_equal: bool = True  # a source that is its own target was not translated
    drop_duplicates: bool = True  # pairs equal on both sides

    def __post_init__(self) -> None:
        if not 1 <= self.min_chars <= self.max_chars:
            raise ConfigError(
                "must be at least min_chars, and that at least 1; "
                "got min_chars={low}, max_chars={high}.",
                key="max_chars",
                low=self.min_chars,
                high=self.max_chars,
            )
        at_least(1, max_ratio=self.max_ratio)
        share(script_share=self.script_share)


def why_empty(source: str, target: str) -> str:
    """The reason why a pair is no pair, or ""."""
    if not source.strip():
        return "empty_source"
    return "" if target.strip() else "empty_target"


def why_drop(source: str, target: str, filters: Filters) -> str:
    """The reason why a pair is dropped, or "" where it stays. Both sides have text."""
    short, long = sorted((len(source), len(target)))
    if short < filters.min_chars:
        return "too_short"
    if long > filters.max_chars:
        return "too_long"
    if long + SHORT > filters.max_ratio * (short + SHORT):
        return "length_ratio"
    if filters.drop_equal and source == target:
        return "equal"
    if filters.source_script and script_share(source, filters.source_script) < filters.script_share:
        return "source_script"
    if filters.target_script and script_share(target, filters.target_script) < filters.script_share:
        return "target_script"
    return ""
