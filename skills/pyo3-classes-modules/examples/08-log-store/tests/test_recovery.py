"""What is left after a crash: whatever was committed, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from log_store import CorruptStoreError, Store, StoreClosedError


def content(path: Path) -> tuple[dict[bytes, bytes], int]:
    """Return what a store holds, and how much was cut off."""
    with Store(path) as store:
        return {key: store[key] for key in store.keys()}, store.recovered  # noqa: SIM118


@pytest.fixture
def history(tmp_path: Path) -> tuple[bytes, list[tuple[int, dict[bytes, bytes]]]]:
    """Return a log, and for each transaction where it ends and what the store holds then."""
    path = tmp_path / "history.log"
    states = []
    with Store(path) as store:
        states.append((path.stat().st_size, dict[bytes, bytes]()))
        for number in range(4):
            with store.transaction() as transaction:
                transaction[b"number"] = str(number).encode()
                transaction[b"key %d" % number] = b"x" * number
                if number == 2:
                    del transaction[b"key 0"]
            states.append((path.stat().st_size, {key: store[key] for key in store.keys()}))  # noqa: SIM118
    return path.read_bytes(), states


# region: cut
def test_a_log_cut_at_any_byte_holds_what_was_committed(
    tmp_path: Path, history: tuple[bytes, list[tuple[int, dict[bytes, bytes]]]]
) -> None:
    log, states = history
    path = tmp_path / "cut.log"
    for cut in range(len(log) + 1):
        path.write_bytes(log[:cut])
        # A file that was cut off in its mark is as good as a new one.
        end, expected = max(
            (state for state in states if state[0] <= cut), default=(cut, {}), key=lambda state: state[0]
        )
        assert content(path) == (expected, cut - end)
        # It was repaired, so the second time there is nothing left to cut off, and it can go on.
        with Store(path) as store:
            assert store.recovered == 0
            with store.transaction() as transaction:
                transaction[b"after"] = b"the crash"
        assert content(path) == (expected | {b"after": b"the crash"}, 0)


# endregion: cut


def test_a_byte_that_changed_is_never_read(
    tmp_path: Path, history: tuple[bytes, list[tuple[int, dict[bytes, bytes]]]]
) -> None:
    log, states = history
    path = tmp_path / "damaged.log"
    for place in range(len(log)):
        damaged = bytearray(log)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        try:
            values, torn = content(path)
        except CorruptStoreError:
            # What is damaged is left as it is, for those who know how to repair it.
            assert path.read_bytes() == damaged
        else:
            assert place >= states[-2][0]
            assert (values, torn) == (states[-2][1], len(log) - states[-2][0])


@pytest.mark.parametrize("data", [b"text\n", b"SQLite format 3\0", b"LOGSTOR2", b"\0" * 8])
def test_something_else_is_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(data)
    with pytest.raises(CorruptStoreError, match="is not a store"):
        Store(path)
    assert path.read_bytes() == data


def test_errors_of_the_file_system_are_those_of_python(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Store(tmp_path / "missing" / "a.log")
    with pytest.raises(OSError, match=r"directory|denied"):
        Store(tmp_path)


def test_what_was_reported_as_committed_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    program = (
        "import sys\nfrom log_store import Store\nstore = Store(sys.argv[1])\nnumber = 0\n"
        "while True:\n"
        "    with store.transaction() as transaction:\n"
        "        transaction[b'a'] = transaction[b'b'] = str(number).encode() * 1000\n"
        "    print(number, flush=True)\n    number += 1\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        process.kill()
        reported = [19, *map(int, process.stdout.read().split())][-1]
    stored, _ = content(path)
    assert stored[b"a"] == stored[b"b"]
    assert stored[b"a"] in [str(number).encode() * 1000 for number in (reported, reported + 1)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_loses_one_transaction_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    program = """
import resource, sys
from log_store import Store
with Store(sys.argv[1]) as store:
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, most))
    with store.transaction() as transaction:
        transaction[b"before"] = bytes(1000)
    try:
        with store.transaction() as transaction:
            transaction[b"large"] = bytes(10_000)
    except OSError as error:
        print(type(error).__name__, store.keys())
    with store.transaction() as transaction:
        transaction[b"after"] = b"1"
"""
    command = [sys.executable, "-c", program, str(path)]
    result = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert result.stdout == "OSError [b'before']\n"
    assert content(path) == ({b"before": bytes(1000), b"after": b"1"}, 0)


def test_a_commit_is_refused_once_the_store_is_closed(tmp_path: Path) -> None:
    with Store(tmp_path / "a.log") as store:
        transaction = store.transaction()
    with pytest.raises(StoreClosedError):
        transaction.__enter__()
