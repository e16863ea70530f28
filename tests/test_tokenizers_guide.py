"""The figures in the guide to tokenizers are those that were measured."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ["docs/tokenizers.md", "docs/tokenizers.ko.md"]


def measured() -> dict[str, Any]:
    return json.loads((ROOT / "benchmarks/results/tokenizer_kinds.json").read_text("utf-8"))


def tables(page: str) -> list[list[list[str]]]:
    """The rows of each table, without the two lines of its head."""
    found = re.findall(r"(?:^\|.*\|$\n?)+", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    lines = [table.splitlines()[2:] for table in found]
    return [
        [[cell.strip() for cell in row.strip("|").split("|")] for row in rows] for rows in lines
    ]


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_tokenizers_is_what_was_measured(page: str):
    rows = measured()["figures"]["rows"]
    shown = tables(page)[0]
    assert len(shown) == len(rows) >= 8
    for cells, row in zip(shown, rows, strict=True):
        assert cells[0].startswith("`" + row["kind"])
        shares = [f"{row[name]:.1%}" for name in ("unknown", "covered", "exact")]
        lengths = ("tokens_per_eojeol", "tokens_per_character", "bytes_per_token")
        assert cells[1:] == [
            *(f"{row['vocab_size']:,}", *shares, *(f"{row[name]:.2f}" for name in lengths)),
            *(f"{row['particles_split']:.1%}", f"{row['megabytes_per_s']:.1f}"),
        ]


@pytest.mark.parametrize("page", PAGES)
def test_the_growth_of_words_is_what_was_counted(page: str):
    counted = {(f"{read:,}", f"{new:,}") for read, new in measured()["figures"]["word_growth"]}
    assert {tuple(cells) for cells in tables(page)[1]} <= counted


@pytest.mark.parametrize("page", PAGES)
def test_the_sentences_are_cut_as_they_were(page: str):
    found = measured()["figures"]["sentences"]
    for name, count, pieces in tables(page)[2]:
        kind = name.strip("`")
        assert int(count) == found["figure"]["counts"][kind] == len(pieces.split())
        assert pieces.replace("&lt;", "<").split() == found["figure"]["pieces"][kind]
    for name, spaced, unspaced in tables(page)[3]:
        kind = name.strip("`")
        assert int(spaced) == found["spaced"]["counts"][kind]
        assert int(unspaced) == found["unspaced"]["counts"][kind]
    text = (ROOT / page).read_text("utf-8")
    assert all(sentence["text"] in text for sentence in found.values())


def test_what_the_guide_says_of_the_measurement_is_so():
    about = measured()["about"]
    assert about["learned_from"]["texts"] == 50_000 and about["measured_on"]["texts"] == 4995
    assert about["vocab_size"] == 8000
    growth = measured()["figures"]["word_growth"]
    (before, new_before), (after, new_after) = growth[-2:]
    assert (new_after - new_before) / (after - before) == pytest.approx(0.3, abs=0.03)
