import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jium.config import build, to_values
from jium.data import starter
from jium.data.pairs import Pair, PairData, Prepared, prepare
from jium.errors import ConfigError, DataError, RunError

Texts = Iterable[tuple[str, ...]]
MANY = [(f"나는 책을 {i}권 읽었다.", f"I read {i} books.") for i in range(400)]


def write(path: Path, rows: Texts, header: str = "ko\ten") -> str:
    lines = [header] * bool(header) + ["\t".join(row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


def prepared(folder: Path, rows: Texts, out: str = "out", **values: Any) -> Prepared:
    return prepare(build(PairData, {"train": write(folder / "a.tsv", rows)} | values), folder / out)


def dropped(result: Prepared) -> list[dict[str, Any]]:
    lines = (result.folder / "dropped.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def everything(result: Prepared) -> dict[str, list[Pair]]:
    return {split: list(result.pairs(split)) for split in ("train", "valid", "test")}


# ---------------------------------------------------------------- what comes out


def test_every_row_is_in_a_split_or_among_the_dropped(tmp_path: Path) -> None:
    rows = [*MANY, *MANY[:7], ("", "x"), ("y", " "), ("하나",), ("같다", "같다")]
    result = prepared(tmp_path, rows)
    assert sum(result.counts.values()) == 400
    assert result.dropped == {
        "duplicate": 7, "empty_source": 1, "empty_target": 1, "ragged": 1, "equal": 1,
    }  # fmt: skip
    assert {split: len(pairs) for split, pairs in everything(result).items()} == result.counts
    assert len(dropped(result)) == 11


def test_the_side_file_names_file_line_reason_and_row(tmp_path: Path) -> None:
    result = prepared(tmp_path, [("나", " "), ("하나",), *MANY])
    place = {"file": str(tmp_path / "a.tsv")}
    assert dropped(result) == [
        {**place, "line": 2, "reason": "empty_target", "row": {"ko": "나", "en": " "}},
        {**place, "line": 3, "reason": "ragged", "row": {"0": "하나"}},
    ]


def test_the_report_holds_what_is_needed_to_do_it_again(tmp_path: Path) -> None:
    result = prepared(tmp_path, MANY, limit=300, lowercase=True)
    report = json.loads((result.folder / "report.json").read_text("utf-8"))
    assert report["rows"] == 300 == sum(report["counts"].values())
    assert list(report["files"]) == [str(tmp_path / "a.tsv")]
    assert len(next(iter(report["files"].values()))) == 64
    again = prepare(build(PairData, report["settings"]), tmp_path / "again")
    assert everything(again) == everything(result)
    assert Prepared.load(result.folder) == result


def test_preparing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (prepared(tmp_path, MANY, out=out).folder for out in ("one", "two"))
    names = sorted(path.name for path in first.iterdir())
    assert names == ["dropped.jsonl", "report.json", "test.jsonl", "train.jsonl", "valid.jsonl"]
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def test_texts_are_cleaned_on_their_way(tmp_path: Path) -> None:
    row = ("<b>좋아요</b>\u200b ㅋㅋㅋㅋ  정말", "I &amp; you:  &#9829;")
    pairs = [
        pair for some in everything(prepared(tmp_path, [row, *MANY])).values() for pair in some
    ]
    assert Pair("좋아요 ㅋㅋ 정말", "I & you: ♥") in pairs
    raw = prepared(tmp_path, [row, *MANY], clean=False, max_ratio=9.0)
    assert Pair(*row) in [pair for some in everything(raw).values() for pair in some]


def test_the_tag_stays_with_its_pair(tmp_path: Path) -> None:
    rows = [(ko, en, f"domain {i % 3}") for i, (ko, en) in enumerate(MANY)]
    train = write(tmp_path / "tags.tsv", rows, "ko\ten\tdomain")
    result = prepare(build(PairData, {"train": train, "tag": "domain"}), tmp_path / "out")
    tags = {(ko, en): tag for ko, en, tag in rows}
    for pairs in everything(result).values():
        assert all(pair.tag == tags[pair.source, pair.target] for pair in pairs)


def test_columns_may_be_swapped_by_overrides(tmp_path: Path) -> None:
    pairs = prepared(tmp_path, MANY, source="en", target="ko").pairs("train")
    assert all(pair.source.startswith("I read") for pair in pairs)


@pytest.mark.parametrize("columns", [{"source": 0, "target": 1}, {"source": "0", "target": "1"}])
def test_a_file_without_a_header_is_read_by_number(tmp_path: Path, columns: dict) -> None:
    train = write(tmp_path / "b.tsv", MANY, header="")
    result = prepare(build(PairData, {"train": train} | columns), tmp_path / "out")
    assert sum(result.counts.values()) == 400


def test_several_files_and_formats_are_read_as_one(tmp_path: Path) -> None:
    train = [write(tmp_path / "a.tsv", MANY[:200]), str(tmp_path / "b.parquet")]
    table = [{"tgt": en, "picture": b"x", "src": ko} for ko, en in MANY[200:]]
    pq.write_table(pa.Table.from_pylist(table), train[1])
    result = prepare(build(PairData, {"train": train}), tmp_path / "out")
    assert sum(result.counts.values()) == 400


def test_values_that_are_no_text_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    odd = [{"ko": ["x"], "en": "x"}, {"ko": "\ud83d 반쪽", "en": "half"}, {"ko": "홀로"}]
    good = [{"ko": ko, "en": en} for ko, en in MANY]
    path.write_text("".join(json.dumps(row) + "\n" for row in good + odd))
    result = prepare(PairData(train=str(path)), tmp_path / "out")
    assert result.dropped == {"not_text": 2, "empty_target": 1}
    assert [row["line"] for row in dropped(result)] == [401, 402, 403]


def test_progress_ends_with_the_number_of_rows(tmp_path: Path) -> None:
    told: list[int] = []
    data = PairData(train=write(tmp_path / "a.tsv", MANY * 6))
    prepare(data, tmp_path / "out", progress=told.append)
    assert told == [1000, 2000, 2400]


# ---------------------------------------------------------------- splits


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_added_or_moved_change_no_other_split(tmp_path: Path, data: st.DataObject) -> None:
    shares = {"valid_share": 0.2, "test_share": 0.2}
    some = data.draw(st.lists(st.sampled_from(MANY), min_size=60, max_size=90, unique=True))
    more = data.draw(st.permutations(some + MANY[:100]))
    before = everything(prepared(tmp_path, some, out="before", **shares))
    after = everything(prepared(tmp_path, more, out="after", **shares))
    for split, pairs in before.items():
        assert set(pairs) <= set(after[split])


def test_one_source_never_stands_in_two_splits(tmp_path: Path) -> None:
    rows = [(f"문장 {i % 150}", f"sentence {i}") for i in range(600)]
    splits = everything(prepared(tmp_path, rows, valid_share=0.2, test_share=0.2))
    sources = [{pair.source for pair in pairs} for pairs in splits.values()]
    assert all(sources) and sum(map(len, sources)) == len(set.union(*sources)) == 150


def test_what_is_given_for_test_and_valid_is_kept_out_of_train(tmp_path: Path) -> None:
    test = write(tmp_path / "t.tsv", [*MANY[:20], *MANY[:2]])
    valid = write(tmp_path / "v.tsv", MANY[18:40])
    result = prepared(tmp_path, MANY, test=test, valid=valid)
    assert result.counts == {"train": 360, "valid": 20, "test": 22}
    assert result.dropped == {"in_test": 22, "in_valid": 20}
    files = [Path(row["file"]).name for row in dropped(result) if row["reason"] == "in_test"]
    assert files.count("v.tsv") == 2 and files.count("a.tsv") == 20


def test_a_leak_is_seen_through_markup(tmp_path: Path) -> None:
    test = write(tmp_path / "t.tsv", [("<i>나는 책을 3권 읽었다.</i>\u200b", "I have read three.")])
    assert prepared(tmp_path, MANY, test=test).dropped == {"in_test": 1}


def test_rows_given_for_test_are_measured_on_as_they_are(tmp_path: Path) -> None:
    rows = [("가" * 3000, "x"), ("같다", "같다"), ("ㅋㅋㅋㅋ", "<b>LOL</b>!!!!!!"), ("빈", "")]
    result = prepared(tmp_path, MANY, test=write(tmp_path / "t.tsv", rows), lowercase=True)
    assert result.counts["test"] == 3 and result.dropped == {"empty_target": 1}
    assert list(result.pairs("test"))[2] == Pair("ㅋㅋ", "<b>LOL</b>!!!!!!")


def test_a_split_off_test_keeps_clear_of_a_given_valid(tmp_path: Path) -> None:
    valid = write(tmp_path / "v.tsv", MANY[:200])
    result = prepared(tmp_path, MANY, valid=valid, test_share=0.5)
    splits = everything(result)
    assert result.counts["valid"] == 200 and result.dropped["in_valid"] == 200
    assert len({pair for pairs in splits.values() for pair in pairs}) == 400
    assert 50 < result.counts["test"] < 150


def test_with_both_directions_no_side_of_a_test_pair_is_trained_on(tmp_path: Path) -> None:
    rows = [(f"문장 {i}", f"sentence {i % 100}") for i in range(600)]
    shares = {"valid_share": 0.02, "test_share": 0.02}
    splits = everything(prepared(tmp_path, rows, both_directions=True, **shares))
    read, held = (
        {text for name in names for pair in splits[name] for text in (pair.source, pair.target)}
        for names in (["train"], ["valid", "test"])
    )
    assert read and held and not read & held
    one_way = everything(prepared(tmp_path, rows, **shares))
    targets = {pair.target for pair in one_way["test"]}
    assert any(pair.target in targets for pair in one_way["train"])


def test_a_limit_reads_the_first_rows(tmp_path: Path) -> None:
    result = prepared(tmp_path, MANY, limit=50, valid_share=0.1)
    kept = {pair.source for pairs in everything(result).values() for pair in pairs}
    assert kept == {ko for ko, _ in MANY[:50]}


def test_the_starter_corpus_brings_its_own_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"train": (0, 50), "valid": (50, 60), "test": (60, 70)}

    def read(split: str) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(source=f"나는 {i}번 간다.", target=f"I go {i} times.", tag="daily")
            for i in range(*sizes[split])
        ]

    monkeypatch.setattr(starter, "read", read)
    alone = prepare(PairData(), tmp_path / "alone")
    assert alone.counts == {"train": 50, "valid": 10, "test": 10}
    assert next(alone.pairs("test")) == Pair("나는 60번 간다.", "I go 60 times.", "daily")
    both = prepare(
        PairData(train=["starter", write(tmp_path / "a.tsv", MANY)], valid_share=0.1),
        tmp_path / "both",
    )
    assert sum(both.counts.values()) == 470 and both.counts["valid"] > 10


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("rows", [1, 9])
def test_too_few_pairs_are_said_so(tmp_path: Path, rows: int) -> None:
    with pytest.raises(DataError) as caught:
        prepared(tmp_path, [*MANY[:rows], ("x", " ")], valid_share=0.0, test_share=0.0)
    assert str(caught.value) == (
        f"{rows} pairs to train on, from {rows + 1} rows; at least 10 are needed. "
        f"Dropped: empty_target 1. See {tmp_path / 'out' / 'dropped.jsonl'}."
    )
    assert (tmp_path / "out" / "dropped.jsonl").read_text().count("empty_target") == 1
    with pytest.raises(DataError, match="holds no prepared pairs"):
        Prepared.load(tmp_path / "out")


def test_a_validation_split_without_pairs_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match="No pair to validate with, beside 12 .*data.valid_share=0.1"
    ):
        prepared(tmp_path, MANY[:12], valid_share=1e-9, test_share=0.0)
    assert prepared(tmp_path, MANY[:12], valid_share=0.0, test_share=0.0).counts["valid"] == 0


def test_a_line_of_ten_megabytes_is_dropped_and_counted(tmp_path: Path) -> None:
    result = prepared(tmp_path, [MANY[0], ("가" * 3_400_000, "long"), *MANY[1:]], clean=False)
    assert result.dropped == {"too_long": 1}
    assert (tmp_path / "out" / "dropped.jsonl").stat().st_size < 5000
    assert dropped(result)[0]["row"]["ko"].endswith("... (3400000 characters)")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.tsv", b"", "a.tsv: is empty"),
        ("a.tsv", b"ko\ten\n", "has one line, and no rows"),
        ("a.tsv", "ko\ten\n나\tI\n".encode() + b"\xff\n", "line 3: byte 0xFF at position 1"),
        ("a.tsv", "ko\ten\n나\tI\n".encode("utf-16"), "is UTF-16"),
        ("a.tsv", "ko,en\n나,I\n".encode(), "has one column, 'ko,en'"),
        ("a.tsv", "말\t글\t길이\n나\tI\t1\n".encode(), "which column is the source.*말, 글, 길이"),
        ("a.tsv.gz", b"ko\ten\n", "is damaged"),
        ("a.parquet", b"PAR1", "is damaged"),
        ("a.json", b'{"ko": "x"}', "is not a list of objects"),
        ("a.txt", "나는 간다.\n".encode(), "has one column, 'text'"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message):
        prepare(PairData(train=str(tmp_path / name)), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []  # no half files


def test_a_missing_column_lists_those_present(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'kor'.*It has: ko, en.*data.source="):
        prepared(tmp_path, MANY, source="kor")


def test_a_bad_test_file_is_an_error_even_where_train_is_good(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing.tsv: no such file"):
        prepared(tmp_path, MANY, test=str(tmp_path / "missing.tsv"))


def test_a_failure_leaves_no_report_of_an_earlier_success(tmp_path: Path) -> None:
    folder = prepared(tmp_path, MANY).folder
    with pytest.raises(DataError):
        prepared(tmp_path, MANY, source="kor")
    with pytest.raises(DataError, match="holds no prepared pairs"):
        Prepared.load(folder)


def test_an_unwritable_place_is_a_run_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(RunError, match="out: cannot be written"):
        prepared(tmp_path, MANY)


DISK_FULL = """
import resource, sys
from pathlib import Path
from jium.data.pairs import PairData, prepare
from jium.errors import RunError
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
try:
    prepare(PairData(train=sys.argv[1]), Path(sys.argv[2]))
except RunError as error:
    print(error)
"""


def test_a_full_disk_is_a_run_error_and_leaves_no_half_files(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        DISK_FULL,
        write(tmp_path / "a.tsv", MANY),
        str(tmp_path / "o"),
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "cannot be written" in said or "쓸 수 없" in said
    assert not [path for path in (tmp_path / "o").iterdir() if path.suffix == ".tmp"]
    assert not (tmp_path / "o" / "train.jsonl").exists()


def test_an_unknown_split_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no split 'dev'. It has: train, valid, test"):
        next(prepared(tmp_path, MANY).pairs("dev"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source": "ko", "target": "ko"}, "data.target: is the source column too: 'ko'"),
        ({"source": 0, "target": "en"}, "data.source: give source and target both by number"),
        ({"source": 0}, "data.source: give source and target both by number"),
        ({"limit": 0}, "data.limit: must be at least 1; got 0"),
        ({"max_run": -1}, "data.max_run: must be at least 0"),
        ({"test_share": 2.0}, "data.test_share: must be in"),
        ({"max_ratio": 0.0}, "data.max_ratio: must be at least 1"),
        ({"sorce": "ko"}, 'data.sorce: unknown key. Did you mean "source"'),
        ({"train": 3}, "data.train"),
    ],
)
def test_impossible_settings_are_refused(values: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(PairData, values, "data")


def test_settings_survive_the_recipe() -> None:
    data = PairData(train=["a.tsv", "b.tsv"], source=0, target=1, source_script="hangul")
    assert build(PairData, to_values(data)) == data


# ---------------------------------------------------------------- memory

MEASURE = """
import resource, sys
from pathlib import Path
from jium.data.pairs import PairData, prepare
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # MiB
folder = Path(sys.argv[1])
prepare(PairData(train=str(folder / "small.tsv")), folder / "small")
base = peak()
prepare(PairData(train=str(folder / "large.tsv"), html=False, mojibake=False), folder / "large")
print(peak() - base)
"""


@pytest.mark.parametrize(
    ("megabytes", "bound"), [(6, 12), pytest.param(60, 40, marks=pytest.mark.slow)]
)
def test_memory_stays_flat_as_data_grows(tmp_path: Path, megabytes: int, bound: int) -> None:
    write(tmp_path / "small.tsv", MANY)
    line = (
        "{i}번째 줄에는 조금 긴 글이 있어서 {i}\tThere is a somewhat longer text in line {i}, "
        + "x" * 60
    )
    rows = megabytes * 2**20 // len(line.format(i=100_000).encode())
    with open(tmp_path / "large.tsv", "w", encoding="utf-8") as file:
        file.write("ko\ten\n")
        file.writelines(line.format(i=i) + "\n" for i in range(rows))
    command = [sys.executable, "-c", MEASURE, str(tmp_path)]
    grown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert int(grown) < bound  # MiB
    counts = Prepared.load(tmp_path / "large").counts
    assert sum(counts.values()) == rows
