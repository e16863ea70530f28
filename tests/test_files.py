import errno
from pathlib import Path

import pytest

from jium.errors import RunError
from jium.files import make_folder, whole_file


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a") as file:
        file.write("하나\n")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == "하나\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with (
        pytest.raises(RunError, match="a: the disk is full"),
        whole_file(tmp_path / "a"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_trouble_with_another_file_is_not_blamed_on_this_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="other"), whole_file(tmp_path / "a"):
        open(tmp_path / "other")  # noqa: SIM115
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_run_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="cannot be written"):
        make_folder(tmp_path / "file" / "out")
    with (
        pytest.raises(RunError, match="cannot be written"),
        whole_file(tmp_path / "file" / "out" / "a"),
    ):
        pass
