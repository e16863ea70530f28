"""Keys in a file."""

import os
import re
from hashlib import sha256
from pathlib import Path

import pytest

from jium.errors import ConfigError
from jium.serving.keys import LOOK_S, KeyFile, read_keys

ALICE, BOB = "alice-has-a-long-key", "bob-has-a-longer-key-still"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "keys"
    found.write_text(
        f"# who\n{ALICE}  name=alice requests=60 tokens=5000\n\n{BOB} # of Bob\n", "utf-8"
    )
    return found


def test_a_line_is_a_key_with_a_name_and_limits(path: Path):
    alice, bob = read_keys(path)
    assert (alice.name, alice.requests_per_minute, alice.tokens_per_minute) == ("alice", 60, 5000)
    assert (bob.name, bob.requests_per_minute, bob.tokens_per_minute) == ("key-4", None, None)
    assert ALICE not in repr(alice)


def test_only_a_whole_right_key_is_found(path: Path):
    keys = KeyFile(path)
    found = keys.find(ALICE.encode())
    assert found and found.name == "alice"
    for wrong in ("", ALICE[:-1], ALICE + " ", ALICE.upper(), f"sha256:{'0' * 64}", "키"):
        assert keys.find(wrong.encode()) is None


def test_a_file_may_hold_the_hash_in_place_of_the_key(path: Path):
    path.write_text(f"sha256:{sha256(BOB.encode()).hexdigest()} name=bob\n", "utf-8")
    found = KeyFile(path).find(BOB.encode())
    assert found and found.name == "bob"


def test_a_changed_file_is_read_again_and_a_broken_one_is_not(path: Path):
    now, failures = [0.0], []
    keys = KeyFile(path, lambda: now[0], failures.append)
    path.write_text(f"{BOB} name=bob\n", "utf-8")
    assert keys.find(ALICE.encode())  # nobody has looked yet
    now[0] += LOOK_S
    assert keys.find(ALICE.encode()) is None
    path.write_text("short\n", "utf-8")
    now[0] += LOOK_S
    assert keys.find(BOB.encode()) and len(failures) == 1
    path.unlink()
    now[0] += LOOK_S
    assert keys.find(BOB.encode()) and len(failures) == 2
    now[0] += LOOK_S
    assert keys.find(BOB.encode()) and len(failures) == 2  # said once


def test_a_signal_reads_the_file_at_once(path: Path):
    keys = KeyFile(path, lambda: 0.0)
    about = path.stat()
    path.write_bytes(path.read_bytes().replace(b"alice-has", b"carol-has"))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))  # looks as if nothing had changed
    assert keys.find(ALICE.encode())
    keys.forget()
    assert keys.find(ALICE.encode()) is None


def test_a_signal_is_heard_where_the_file_has_gone(path: Path):
    failures: list[Exception] = []
    keys = KeyFile(path, lambda: 0.0, failures.append)
    path.unlink()
    keys.forget()
    assert failures == []  # the handler itself does nothing that might wait for a lock
    assert keys.find(ALICE.encode()) and len(failures) == 1


def test_a_key_may_hold_the_sign_of_a_comment(path: Path):
    path.write_text(f"{ALICE}#1 name=alice # of Alice\n{BOB}\t#name=bob\n", "utf-8")
    assert [key.name for key in read_keys(path)] == ["alice", "key-2"]
    keys = KeyFile(path)
    assert keys.find(f"{ALICE}#1".encode()) and keys.find(ALICE.encode()) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no key"),
        ("# nothing\n", "holds no key"),
        ("\n2short\n", "keys:2: a key has at least 16"),
        ("키" * 20, "keys:1: a key has at least 16 characters, all of them ASCII"),
        (f"{ALICE}\n{ALICE} name=again", "keys:2: the key stands in the file twice"),
        (f"sha256:{'0' * 63} name=a", "keys:1: after sha256: stand 64 digits"),
        (f"{ALICE} nam=x", "keys:1: after a key stand"),
        (f"{ALICE} name=a name=b", "keys:1: after a key stand"),
        (f"{ALICE} name=a/b", "keys:1: a name has up to 64"),
        (f"{ALICE} requests=0", "keys:1: a limit is a whole number"),
        (f"{ALICE} tokens=many", "keys:1: a limit is a whole number"),
    ],
)
def test_a_wrong_line_is_named_and_no_key_is_said(path: Path, text: str, said: str):
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        read_keys(path)
    assert ALICE not in str(caught.value)


def test_a_missing_or_garbled_file_is_said(path: Path):
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_keys(path)
    with pytest.raises(ConfigError, match="No such file"):
        read_keys(path.with_name("none"))
