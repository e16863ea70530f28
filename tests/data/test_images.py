"""From folders and tables of pictures to clean, split pictures: nothing is lost in silence."""

import json
from io import BytesIO

import numpy as np
import pytest

from jium.data.image_shapes import shapes_of
from jium.data.images import ImageData, prepare_images
from jium.errors import ConfigError, DataError

PIL = pytest.importorskip("PIL.Image")


def noise(seed, size=(12, 12)):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return PIL.fromarray(pixels)


def png(seed, size=(12, 12)):
    file = BytesIO()
    noise(seed, size).save(file, "PNG")
    return file.getvalue()


def prepare(tmp_path, **settings):
    """Its splits, and what was dropped as it stands in the side file."""
    data = ImageData(**{"size": 8, "valid_share": 0.0, "test_share": 0.0} | settings)
    folder = tmp_path / "prepared"
    found = {split: prepare_images(data, split, folder) for split in ("train", "valid", "test")}
    lines = (folder / "dropped.jsonl").read_text("utf-8").splitlines()
    return found, [json.loads(line) for line in lines]


@pytest.fixture
def folder(tmp_path):
    where = tmp_path / "pictures"
    where.mkdir()
    return where


def table(path, rows):
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return str(path)


# ---------------------------------------------------------------- folders


def test_captions_lie_beside_pictures_and_the_folder_is_the_class(tmp_path, folder):
    for place, name in enumerate(["cats/a", "cats/b", "dogs/c"]):
        (folder / name).parent.mkdir(exist_ok=True)
        noise(place).save(folder / f"{name}.png")
        (folder / f"{name}.txt").write_text(f"그림 {place}\npicture {place}\n\n", "utf-8")
    found, dropped = prepare(tmp_path, train=str(folder))
    train = found["train"]
    assert [train.captions(row) for row in range(3)] == [
        [f"그림 {n}", f"picture {n}"] for n in range(3)
    ]
    assert [train.named(row)["folder"] for row in range(3)] == ["cats", "cats", "dogs"]
    assert not dropped


@pytest.mark.parametrize("name", ["metadata.jsonl", "captions.csv", "captions.tsv"])
def test_captions_stand_in_a_table_beside_the_pictures(tmp_path, folder, name):
    noise(0).save(folder / "a.png")
    noise(1).save(folder / "b.png")
    rows = [("a.png", "고양이"), ("b.png", "a dog"), ("a.png", "a cat")]
    if name.endswith("jsonl"):
        lines = [json.dumps({"file_name": file, "text": text}) for file, text in rows]
    else:
        mark = "," if name.endswith("csv") else "\t"
        lines = [mark.join(("file_name", "caption")), *(mark.join(row) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    train = prepare(tmp_path, train=str(folder))[0]["train"]
    assert [train.captions(0), train.captions(1)] == [["고양이", "a cat"], ["a dog"]]


def test_captions_without_pictures_and_the_reverse_are_named(tmp_path, folder):
    noise(0).save(folder / "both.png")
    (folder / "both.txt").write_text("both")
    noise(1).save(folder / "silent.png")
    (folder / "lost.txt").write_text("lost")
    (folder / "README.txt").write_text("about these pictures")
    (folder / "captions.csv").write_text("file_name,caption\ngone.png,gone\n")
    found, dropped = prepare(tmp_path, train=str(folder))
    assert len(found["train"]) == 1
    reasons = {(line["reason"], line["file"].rsplit("/", 1)[-1]) for line in dropped}
    assert reasons == {
        ("picture_without_caption", "silent.png"),
        ("caption_without_picture", "lost.txt"),
        ("caption_without_picture", "captions.csv"),
    }
    assert found["train"].dropped == {"caption_without_picture": 2, "picture_without_caption": 1}


def test_pictures_of_which_none_has_a_caption_are_all_kept(tmp_path, folder):
    for number in range(3):
        noise(number).save(folder / f"{number}.png")
    assert len(prepare(tmp_path, train=str(folder))[0]["train"]) == 3


def test_a_note_on_something_else_asks_no_picture_for_words(tmp_path, folder):
    (folder / "cats").mkdir()
    for number in range(3):
        noise(number).save(folder / "cats" / f"{number}.png")
    (folder / "classes.txt").write_text("cats\ndogs\n")
    found, dropped = prepare(tmp_path, train=str(folder))
    assert len(found["train"]) == 3
    assert [line["reason"] for line in dropped] == ["caption_without_picture"]


def test_a_broken_picture_among_many_is_named_skipped_and_counted(tmp_path, folder):
    for number in range(40):
        noise(number).save(folder / f"{number:02}.png")
    (folder / "07.png").write_bytes(b"no picture")
    (folder / "11.png").write_bytes(png(11)[:200])
    (folder / "23.png").write_bytes(b"")
    found, dropped = prepare(tmp_path, train=str(folder))
    assert len(found["train"]) == 37
    assert found["train"].dropped == {"not_a_picture": 1, "truncated": 1, "empty": 1}
    assert [line["file"].rsplit("/", 1)[-1] for line in dropped] == ["07.png", "11.png", "23.png"]
    assert all(line["message"].startswith(line["file"]) for line in dropped)


def test_a_folder_of_several_splits_is_not_read_as_one(tmp_path, folder):
    for split in ("train", "test"):
        (folder / split).mkdir()
        noise(0).save(folder / split / "a.png")
    with pytest.raises(DataError, match="holds several splits: test, train. Name one"):
        prepare(tmp_path, train=str(folder))


def test_hidden_files_are_no_pictures(tmp_path, folder):
    noise(0).save(folder / "a.png")
    (folder / "._a.png").write_bytes(b"left by a Mac")
    found, dropped = prepare(tmp_path, train=str(folder))
    assert len(found["train"]) == 1 and not dropped


# ---------------------------------------------------------------- tables


def test_a_parquet_file_of_bytes_is_read_and_its_columns_are_found(tmp_path):
    rows = [
        {"id": n, "image": png(n), "caption_en": f"no {n}", "caption_ko": f"{n}번", "label": n % 2}
        for n in range(6)
    ]
    train = prepare(tmp_path, train=table(tmp_path / "a.parquet", rows))[0]["train"]
    assert len(train) == 6
    assert train.captions(3) == ["no 3", "3번"]
    assert train.names == {"label": ["0", "1"]}
    assert train.labels["label"].tolist() == [0, 1] * 3


def test_pictures_stored_as_datasets_stores_them_keep_the_names_of_their_classes(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{"image": {"bytes": png(n), "path": None}, "label": n % 2} for n in range(4)]
    about = {"info": {"features": {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}}
    made = pyarrow.Table.from_pylist(rows)
    made = made.replace_schema_metadata({"huggingface": json.dumps(about)})
    parquet.write_table(made, tmp_path / "a.parquet")
    for image in (None, "image"):
        found, _ = prepare(tmp_path, train=str(tmp_path / "a.parquet"), image=image)
        assert [found["train"].named(row)["label"] for row in range(4)] == ["cat", "dog"] * 2


def test_two_columns_of_pictures_are_not_chosen_between(tmp_path):
    path = table(tmp_path / "a.parquet", [{"small": png(0), "large": png(1)}])
    with pytest.raises(DataError, match=r"which column is the picture\? It has: small, large"):
        prepare(tmp_path, train=path)
    assert len(prepare(tmp_path, train=path, image="large")[0]["train"]) == 1


@pytest.mark.parametrize("side", ["image", "captions", "labels", "where"])
def test_a_column_that_is_not_there_is_named_with_the_nearest(tmp_path, side):
    path = table(tmp_path / "a.parquet", [{"image": png(0), "caption": "x"}])
    given = {"image": "imag", "captions": ["captin"], "labels": ["labl"], "where": {"captin": "x"}}
    with pytest.raises(DataError, match=f"no column .* Name one: data.{side}="):
        prepare(tmp_path, train=path, **{side: given[side]})


def test_rows_can_be_chosen_by_their_columns(tmp_path):
    rows = [{"image": png(n), "base": n % 3, "own": n % 2, "kind": "ab"[n % 2]} for n in range(12)]
    path = table(tmp_path / "a.parquet", rows)
    same = sum(row["base"] == row["own"] for row in rows)
    found, dropped = prepare(tmp_path, train=path, where={"base": "=own"})
    assert len(found["train"]) == same
    assert {line["reason"] for line in dropped} == {"filtered"}
    assert len(prepare(tmp_path, train=path, where={"kind": ["a", "c"]})[0]["train"]) == 6


def test_a_table_may_name_files(tmp_path, folder):
    noise(0).save(folder / "a.png")
    lines = [{"file": "pictures/a.png", "caption": "하나"}, {"file": "no.png", "caption": "둘"}]
    lines.append({"file": None, "caption": "셋"})
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    found, dropped = prepare(tmp_path, train=str(tmp_path / "list.jsonl"))
    assert found["train"].captions(0) == ["하나"]
    assert [line["reason"] for line in dropped] == ["caption_without_picture"] * 2


# ---------------------------------------------------------------- splits


def test_copies_of_a_picture_go_to_its_split(tmp_path, folder):
    for number in range(60):
        noise(number, (16, 16)).save(folder / f"{number}.png")
        noise(number, (16, 16)).resize((64, 64), PIL.Resampling.BICUBIC).save(
            folder / f"{number}-large.png"
        )
    (folder / "captions.csv").write_text(
        "file_name,caption\n" + "".join(f"{p.name},{p.stem}\n" for p in folder.glob("*.png"))
    )
    found, _ = prepare(tmp_path, train=str(folder), valid_share=0.3, test_share=0.2)
    numbers = {
        split: {part.captions(row)[0].split("-")[0] for row in range(len(part))}
        for split, part in found.items()
    }
    assert all(numbers.values())
    shared = sum(len(numbers[a] & numbers[b]) for a, b in (("train", "valid"), ("train", "test")))
    assert not shared


def test_nothing_is_trained_on_that_is_measured_on(tmp_path):
    train = table(tmp_path / "a.parquet", [{"image": png(n)} for n in (0, 1, 2, 3, 3)])
    valid = table(tmp_path / "b.parquet", [{"image": png(n)} for n in (1, 8)])
    test = table(tmp_path / "c.parquet", [{"image": png(n)} for n in (2, 9)])
    found, dropped = prepare(tmp_path, train=train, valid=valid, test=test)
    assert [len(found[split]) for split in ("train", "valid", "test")] == [2, 2, 2]
    assert found["train"].dropped == {"in_valid": 1, "in_test": 1, "duplicate": 1}
    kept = prepare(tmp_path, train=train, drop_duplicates=False)[0]
    assert len(kept["train"]) == 5


def test_prepared_pictures_are_found_again_and_other_settings_prepare_them_anew(tmp_path):
    train = table(tmp_path / "a.parquet", [{"image": png(n)} for n in range(4)])
    assert prepare(tmp_path, train=train)[0]["train"].shapes == [(8, 8)]
    report = tmp_path / "prepared" / "report.json"
    written = report.stat().st_mtime_ns
    prepare(tmp_path, train=train)
    assert report.stat().st_mtime_ns == written
    assert prepare(tmp_path, train=train, size=4)[0]["train"].shapes == [(4, 4)]


def test_the_same_files_give_the_same_bytes(tmp_path):
    train = table(tmp_path / "a.parquet", [{"image": png(n, (9, 14))} for n in range(5)])
    kept = []
    for name in ("one", "other"):
        prepare(tmp_path / name, train=train, buckets=True, size=16, valid_share=0.3)
        files = sorted((tmp_path / name).rglob("*.*"))
        kept.append([(f.name, f.read_bytes()) for f in files if f.is_file()])
    assert kept[0] == kept[1]


# ---------------------------------------------------------------- shapes and sizes


def test_buckets_keep_the_shape_and_their_sides_divide(tmp_path):
    sizes = [(40, 20), (20, 40), (30, 30), (300, 20)]
    rows = [{"image": png(n, size)} for n, size in enumerate(sizes)]
    path = table(tmp_path / "a.parquet", rows)
    train = prepare(tmp_path, train=path, buckets=True, size=32, bucket_step=4)[0]["train"]
    for row, (width, height) in enumerate(sizes):
        h, w = train.image(row).shape[:2]
        assert h % 4 == w % 4 == 0
        assert h * w <= 32 * 32
        assert (w > h) == (width > height) and (w == h) == (width == height)


def test_small_pictures_are_left_out_where_that_is_asked_for(tmp_path):
    path = table(tmp_path / "a.parquet", [{"image": png(0, (1, 1))}, {"image": png(1)}])
    assert len(prepare(tmp_path, train=path)[0]["train"]) == 2
    found, dropped = prepare(tmp_path, train=path, min_side=8)
    assert (len(found["train"]), dropped[0]["reason"]) == (1, "too_small")


def test_no_picture_left_is_an_error_that_counts_the_reasons(tmp_path, folder):
    (folder / "a.png").write_bytes(b"no")
    with pytest.raises(DataError, match="no picture to train on, from 1 rows. Dropped: not_a_pict"):
        prepare(tmp_path, train=str(folder))


def test_a_folder_without_anything_says_so(tmp_path, folder):
    with pytest.raises(DataError, match="no data file in this folder"):
        prepare(tmp_path, train=str(folder))
    with pytest.raises(DataError, match="no such file"):
        prepare(tmp_path, train=str(folder / "nothing"))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"size": 0}, "size: must be at least 1; got 0"),
        ({"limit": 0}, "limit: must be at least 1"),
        ({"widest": 0.5}, r"widest: must be in \[1, 16\]; got 0.5"),
        ({"buckets": True, "size": 4}, "bucket_step: must be no more than data.size=4; got 8"),
        ({"valid_share": 1.5}, r"valid_share: must be in"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        ImageData(**settings)


# ---------------------------------------------------------------- scenes


def test_scenes_come_with_captions_in_both_languages_and_what_is_truly_there(tmp_path):
    from jium.data.scenes import ATTRIBUTES

    found, _ = prepare(tmp_path, train="scenes:12", valid_share=0.1, size=16)
    train = found["train"]
    assert (len(train), len(found["valid"]), len(found["test"])) == (12, 64, 0)
    assert train.names == {name: list(known) for name, known in ATTRIBUTES.items()}
    said = " ".join(text for row in range(12) for text in train.captions(row))
    assert any("가" <= letter <= "힣" for letter in said) and any("a" <= x <= "z" for x in said)
    assert (train.labels["subject"] >= 0).all()


def test_unseen_scenes_can_be_tested_on(tmp_path):
    found, _ = prepare(tmp_path, train="scenes:5", test="scenes/unseen:7", size=16)
    assert len(found["test"]) == 7


def test_the_folder_can_be_asked_for_beside_a_table_and_its_bad_rows_are_named(tmp_path, folder):
    for number, place in enumerate(("cats", "dogs")):
        (folder / place).mkdir()
        noise(number).save(folder / place / "a.png")
    rows = ["file_name,caption", "cats/a.png,고양이", "dogs/a.png,개", ",무엇", "dogs/a.png,a,dog"]
    (folder / "captions.csv").write_text("\n".join(rows) + "\n", "utf-8")
    asked = dict(where={"folder": "cats"}, labels=["folder"])
    found, dropped = prepare(tmp_path, train=str(folder), **asked)
    train = found["train"]
    assert (len(train), train.captions(0), train.named(0)) == (1, ["고양이"], {"folder": "cats"})
    assert [(d["reason"], d["line"]) for d in dropped[:2]] == [("no_file_name", 4), ("ragged", 5)]


def test_pictures_are_read_again_where_that_is_asked(tmp_path, folder):
    noise(0).save(folder / "a.png")
    data = ImageData(train=str(folder), size=8, valid_share=0.0, test_share=0.0)
    assert len(prepare_images(data, "train", tmp_path / "kept")) == 1
    noise(1).save(folder / "b.png")
    assert len(prepare_images(data, "train", tmp_path / "kept")) == 1
    assert len(prepare_images(data, "train", tmp_path / "kept", again=True)) == 2


def test_buckets_that_leave_no_shape_are_refused():
    with pytest.raises(ConfigError, match="leaves no shape") as error:
        shapes_of(ImageData(train="x", size=48, buckets=True, bucket_step=32, widest=1.5))
    assert error.value.key == "data.widest"
