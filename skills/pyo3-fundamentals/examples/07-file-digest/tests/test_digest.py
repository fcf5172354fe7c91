"""What a caller may rely on: digests, progress, threads, Ctrl-C, warnings."""

import _thread
import hashlib
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest
from file_digest import digest_folder, totals


def test_digests_are_those_of_hashlib(folder: Path) -> None:
    files = [folder / "a.txt", folder / "inner" / "empty", folder / "z.bin"]
    assert digest_folder(folder) == {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_paths_are_in_order(folder: Path) -> None:
    assert list(digest_folder(str(folder))) == sorted(digest_folder(folder))


def test_an_empty_folder_has_no_digests(tmp_path: Path) -> None:
    assert digest_folder(tmp_path) == {}


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest_folder(tmp_path / "missing")


# region: progress
def test_progress_is_reported_every_so_many_bytes(folder: Path) -> None:
    seen: list[int] = []
    digest_folder(folder, progress=seen.append, every=100_000)
    assert len(seen) == 2
    assert all(later - earlier >= 100_000 for earlier, later in zip([0, *seen], seen, strict=False))
    assert seen[-1] <= 300_003


def test_progress_ends_the_work_by_raising(folder: Path) -> None:
    error = TimeoutError("took too long")

    def stop(done: int) -> None:
        raise error

    with pytest.raises(TimeoutError) as caught:
        digest_folder(folder, progress=stop, every=1)
    assert caught.value is error


# endregion: progress


def test_every_must_be_something(folder: Path) -> None:
    with pytest.raises(ValueError, match="`every` must be at least 1"):
        digest_folder(folder, every=0)


def test_totals_go_up(folder: Path) -> None:
    before = totals()
    digest_folder(folder)
    after = totals()
    assert (after.files - before.files, after.bytes - before.bytes) == (3, 300_003)


def test_other_threads_run_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(32 * 1024 * 1024))
    ticks = 0
    over = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not over.wait(0.001):
            ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    before = ticks
    digest_folder(tmp_path)
    during = ticks - before
    over.set()
    ticker.join()
    assert during >= 3


# region: interrupt
@pytest.mark.skipif(sys.platform == "win32", reason="a file of 16 GB takes no room only where files are sparse")
def test_ctrl_c_ends_the_work(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(16 * 1024**3)
    timer = threading.Timer(0.2, _thread.interrupt_main)
    started = time.process_time()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come as soon as the timer starts
        timer.start()
        digest_folder(tmp_path)
    assert time.process_time() - started < 5
    timer.join()


# endregion: interrupt


def remove_the_last(folder: Path) -> None:
    """Hash a folder, of which a file disappears in the middle."""
    line = digest_folder(folder, progress=lambda done: (folder / "z.bin").unlink(missing_ok=True), every=1)
    assert list(line) == [folder / "a.txt", folder / "inner" / "empty"]


# region: warning
def test_files_that_cannot_be_read_are_warned_of(folder: Path) -> None:
    with pytest.warns(UserWarning, match=r"1 file\(s\) in .* could not be read") as caught:
        remove_the_last(folder)
    assert caught[0].filename == __file__


def test_a_warning_can_be_an_error(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="could not be read"):
            remove_the_last(folder)


# endregion: warning
