"""What a search finds, and how it reports, stops and fails."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from log_search import search_logs

PROJECT = Path(__file__).parents[1]
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files, or signals, there")


def plain_search(folder: Path, pattern: str) -> list[tuple[Path, int, str]]:
    """Search as it is written without Rust."""
    found = []
    for path in sorted(folder.rglob("*.log")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if re.search(pattern, line):
                found.append((path, number, line))
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dice = random.Random(1)
    for number in range(150):
        path = tmp_path / f"host-{number % 7}" / f"{number}.log"
        path.parent.mkdir(exist_ok=True)
        words = (dice.choice(["error", "warning", "info", "ünïcode"]) for _ in range(dice.randrange(40)))
        path.write_text("".join(f"{word} {dice.randrange(100)}\n" for word in words), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("error 1\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder that takes minutes: two sparse files of 1 TB."""
    folder = tmp_path_factory.mktemp("endless")
    for name in ("a.log", "b.log"):
        with (folder / name).open("wb") as file:
            file.truncate(2**40)
    return folder


@pytest.mark.parametrize("pattern", ["error", "^error 4", "9$", "ï", r"\bwar", "", "x"])
@pytest.mark.parametrize("threads", [1, 4])
def test_matches_are_those_of_plain_python(folder: Path, pattern: str, threads: int) -> None:
    report = search_logs(folder, pattern, threads=threads, limit=10_000)
    expected = plain_search(folder, pattern)
    # Python sees one more line, an empty one, after the end of the last.
    expected = [match for match in expected if match[2]]
    assert [(match.path, match.line, match.text) for match in report.matches] == expected
    assert (report.complete, report.unreadable, report.files) == (True, (), 150)
    assert report.bytes == sum(path.stat().st_size for path in folder.rglob("*.log"))


def test_options(folder: Path) -> None:
    assert len(search_logs(folder, "error 1$", ending=".txt").matches) == 1
    assert search_logs(folder, "ERROR").matches == ()
    some = search_logs(folder, "ERROR", ignore_case=True, ending="", limit=10**6)
    assert len(some.matches) == len(plain_search(folder, "error")) + 1
    assert repr(some.matches[-1]) == f"<Match {folder / 'notes.txt'}:1>"


@pytest.mark.parametrize("limit", [0, 1, 50, 400])
def test_the_limit_leaves_the_first_matches(folder: Path, limit: int) -> None:
    expected = [match[:2] for match in plain_search(folder, "error")][:limit]
    for threads in (1, 4):
        report = search_logs(folder, "error", limit=limit, threads=threads)
        assert [(match.path, match.line) for match in report.matches] == expected
        assert not report.complete


def test_bytes_and_long_lines(tmp_path: Path) -> None:
    (tmp_path / "odd.log").write_bytes(b"\xff\x00error\r\n" + b"x" * 200_000 + b"error\nerror")
    first, last = search_logs(tmp_path, "error").matches
    assert (first.line, first.text, last.line, last.text) == (1, "\ufffd\x00error", 3, "error")
    (long,) = search_logs(tmp_path, "^x+$").matches
    assert len(long.text) == 65_536


@needs_posix
def test_what_is_no_file_is_left_out(folder: Path) -> None:
    os.mkfifo(folder / "pipe.log")
    (folder / "loop").symlink_to(folder)
    report = search_logs(folder, "error", limit=10**6)
    assert (report.complete, report.files) == (True, 150)


@needs_posix
def test_more_folders_than_may_be_open(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    for number in range(200):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "a.log").write_text("error", encoding="utf-8")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, before[1]))
    try:
        report = search_logs(tmp_path, "error")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert (report.unreadable, len(report.matches)) == ((), 200)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="the superuser may read all files of other systems")
def test_what_can_not_be_read_is_reported() -> None:
    report = search_logs("/proc/self/task", "x", ending="mem")
    path, reason = report.unreadable[0]
    assert path.name == "mem"
    assert "os error 5" in reason
    assert report.files == 0


def test_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        search_logs(tmp_path / "missing", "x")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        search_logs(tmp_path / "file", "x")


@pytest.mark.parametrize("pattern", ["(", r"(a)\1", "(?=x)", "(((a{1000}){1000}){1000})"])
def test_patterns_are_checked(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(ValueError, match=r"regex parse error|size limit"):
        search_logs(tmp_path, pattern)


@pytest.mark.parametrize("threads", [0, 257, 2**63])
def test_threads_are_checked(tmp_path: Path, threads: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 256"):
        search_logs(tmp_path, "x", threads=threads)
    options: dict[str, int]
    for options in ({"threads": -1}, {"limit": -1}, {"limit": 2**64}):
        with pytest.raises(OverflowError):
            search_logs(tmp_path, "x", threads=options.get("threads"), limit=options.get("limit", 1))


# region: progress
@needs_posix
def test_progress_is_reported_and_ends_the_search(endless: Path) -> None:
    seen: list[tuple[int, int, int]] = []
    error = TimeoutError("took too long")

    def report(*numbers: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        seen.append(numbers)  # type: ignore[arg-type]
        if len(seen) == 4:
            raise error

    with pytest.raises(TimeoutError) as caught:
        search_logs(endless, "x", progress=report, threads=2)
    assert caught.value is error
    assert seen[-1][:2] == (0, 2)
    assert seen[-1][2] > seen[1][2], "it went on meanwhile"
    assert len(seen) == 4


@needs_posix
def test_progress_may_search(endless: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    small = tmp_path_factory.mktemp("small")
    (small / "a.log").write_text("yes", encoding="utf-8")

    def search(*numbers: int) -> None:
        raise LookupError(search_logs(small, "yes").matches[0].text)

    with pytest.raises(LookupError, match="yes"):
        search_logs(endless, "x", progress=search)


@needs_posix
def test_progress_must_be_callable_when_it_is_due(endless: Path) -> None:
    nothing: Any = 5
    with pytest.raises(TypeError, match="not callable"):
        search_logs(endless, "x", progress=nothing)


# endregion: progress


# region: interrupt
@needs_posix
def test_ctrl_c_ends_the_search(endless: Path) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # What a shell starts in the background ignores it.
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.3, lambda: signal.pthread_kill(main, signal.SIGINT))

    def search() -> None:
        # Not before: the exception is expected in here, however late this thread goes on.
        timer.start()
        search_logs(endless, "x", threads=4)

    with pytest.raises(KeyboardInterrupt):
        search()
    timer.join()


# endregion: interrupt


@needs_posix
def test_other_threads_run_and_search_meanwhile(folder: Path, endless: Path) -> None:
    expected = len(plain_search(folder, "error"))
    stop = threading.Event()

    def look(*numbers: int) -> None:
        if stop.is_set():
            raise InterruptedError

    with ThreadPoolExecutor(5) as pool:
        long = pool.submit(search_logs, endless, "x", ending="a.log", progress=look)
        short = [pool.submit(search_logs, folder / "host-1", "error", limit=10**6, threads=2) for _ in range(20)]
        matches = {len(future.result().matches) for future in short}
        assert len(matches) == 1
        assert 0 < matches.pop() < expected
        assert not long.done()
        stop.set()
        with pytest.raises(InterruptedError):
            long.result()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_searches_too(folder: Path) -> None:
    before = len(search_logs(folder, "error", limit=10**6).matches)
    child = os.fork()
    if not child:
        os._exit(len(search_logs(folder, "error", limit=10**6).matches) == before)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


@needs_posix
def test_a_process_ends_while_it_searches(endless: Path) -> None:
    source = f"""
import threading, time
from log_search import search_logs
for _ in range(2):
    threading.Thread(target=search_logs, args=[{str(endless)!r}, "x"], daemon=True).start()
time.sleep(0.2)
print("end")
"""
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout == "end\n"


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]
