"""Files as plain Python anonymises them, and how the pipeline fails and stops."""

import gzip
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from event_pipeline import anonymise_file
from reference import KEY, make_lines, plain_line, write_events

PROJECT = Path(__file__).parents[1]
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files, or signals, there")


def read_lines(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "events.gz"
    write_events(path, make_lines(15_000))
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out" / "target.gz"


@pytest.fixture(autouse=True)
def _nothing_is_left(target: Path) -> Any:
    target.parent.mkdir()
    yield
    assert not list(target.parent.glob("*.part"))


@pytest.fixture(scope="session")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write some hundred million events, packed a thousand to one."""
    path = tmp_path_factory.mktemp("endless") / "endless.gz"
    member = gzip.compress(b"1\tuser\t10.1.2.3\tview\n" * 500_000)
    path.write_bytes(member * 400)
    return path


@pytest.mark.parametrize("workers", [None, 1, 4])
def test_events_are_anonymised_in_their_order(source: Path, target: Path, workers: int | None) -> None:
    summary = anonymise_file(source, target, KEY, workers=workers)
    assert read_lines(target) == [plain_line(line) for line in read_lines(source)]
    assert (summary.events, summary.bad_lines, summary.reasons) == (15_000, 0, ())
    assert repr(summary) == "<Summary of 15000 events, 0 bad lines>"


def test_the_target_may_be_the_source(source: Path) -> None:
    expected = [plain_line(line) for line in read_lines(source)]
    anonymise_file(source, source, KEY)
    assert read_lines(source) == expected


@needs_posix
def test_a_link_to_the_source_stays_one(source: Path, target: Path) -> None:
    target.symlink_to(source)
    expected = [plain_line(line) for line in read_lines(source)]
    anonymise_file(source, target, KEY)
    assert target.is_symlink()
    assert read_lines(source) == expected


def test_an_empty_file_stays_one(tmp_path: Path, target: Path) -> None:
    write_events(tmp_path / "empty.gz", [])
    assert anonymise_file(tmp_path / "empty.gz", target, KEY).events == 0
    assert read_lines(target) == []


# region: lines
def test_bad_lines_are_left_out_and_told(tmp_path: Path, target: Path) -> None:
    lines = make_lines(20_000)
    lines[3] = "no event"
    lines[15_000] = "1\tuser\t10.0.0.256\tview"
    lines[15_001] = "x" * 10_000_000
    write_events(tmp_path / "bad.gz", lines)
    summary = anonymise_file(tmp_path / "bad.gz", target, KEY, workers=3)
    assert (summary.events, summary.bad_lines) == (19_997, 3)
    assert summary.reasons == (
        (4, "1 fields: expected time, user, address and action"),
        (15_001, "`10.0.0.256` is not an IP address"),
        (15_002, "too long for an event"),
    )
    assert len(read_lines(target)) == 19_997


def test_the_first_reasons_are_kept(tmp_path: Path, target: Path) -> None:
    write_events(tmp_path / "bad.gz", ["bad"] * 70_000)
    summary = anonymise_file(tmp_path / "bad.gz", target, KEY, workers=3)
    assert summary.bad_lines == 70_000
    assert [line for line, _ in summary.reasons] == list(range(1, 101))


# endregion: lines


@pytest.mark.parametrize(
    "change", [lambda data: data[:-9], lambda data: data[:5000] + b"?" + data[5001:], lambda data: b"a"]
)
def test_a_damaged_source_leaves_the_target_as_it_was(source: Path, target: Path, change: Any) -> None:
    target.write_bytes(b"before")
    source.write_bytes(change(source.read_bytes()))
    with pytest.raises(OSError, match=r"deflate|gzip|corrupt|end of file|buffer"):
        anonymise_file(source, target, KEY)
    assert target.read_bytes() == b"before"


@needs_posix
def test_places_are_checked(source: Path, target: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        anonymise_file(tmp_path / "missing", target, KEY)
    with pytest.raises(FileNotFoundError):
        anonymise_file(source, tmp_path / "missing" / "target", KEY)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(OSError, match="the source is not a file"):
            anonymise_file(path, target, KEY)
        with pytest.raises(OSError, match="the target is not a file"):
            anonymise_file(source, path, KEY)
    part = target.with_name("target.gz.part")
    part.write_bytes(b"of somebody else")
    with pytest.raises(FileExistsError):
        anonymise_file(source, target, KEY)
    assert part.read_bytes() == b"of somebody else"
    part.unlink()


def test_keys_and_workers_are_checked(source: Path, target: Path) -> None:
    with pytest.raises(ValueError, match="the key has 15 bytes"):
        anonymise_file(source, target, KEY[1:])
    for workers in (0, 65):
        with pytest.raises(ValueError, match="expected 1 to 64"):
            anonymise_file(source, target, KEY, workers=workers)
    key: Any = bytearray(KEY)
    with pytest.raises(TypeError):
        anonymise_file(source, target, key)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems may start a thread with any stack")
def test_a_thread_that_can_not_start_is_an_error(source: Path, target: Path) -> None:
    code = "import sys; from event_pipeline import anonymise_file; anonymise_file(*sys.argv[1:], bytes(16))"
    command = [sys.executable, "-c", code, str(source), str(target)]
    done = subprocess.run(
        command,
        check=False,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        env=os.environ | {"RUST_MIN_STACK": str(2**47)},
    )
    assert done.stderr.splitlines()[-1].startswith("BlockingIOError")
    assert not target.exists()


# region: memory
@pytest.mark.skipif(sys.platform != "linux", reason="`/proc` tells the memory of a process on Linux only")
def test_memory_is_bounded(tmp_path: Path, target: Path) -> None:
    # Lines that are no events: to unpack them is all the work, and the sooner done.
    source = tmp_path / "source.gz"
    source.write_bytes(gzip.compress((b"x" * 999 + b"\n") * 1000) * 1000)
    peaks: list[int] = []

    def look(lines: int) -> None:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        peaks.append(int(status.split("VmRSS:")[1].split()[0]) // 1024)
        if lines > 80_000:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        anonymise_file(source, target, KEY, workers=2, progress=look)
    assert peaks[-1] - peaks[0] < 30, "megabytes, for 80 that were read"


# endregion: memory


@needs_posix
def test_ctrl_c_ends_the_work(endless: Path, target: Path) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # What a shell starts in the background ignores it.
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.3, lambda: signal.pthread_kill(main, signal.SIGINT))

    def work() -> None:
        # Not before: the exception is expected in here, however late this thread goes on.
        timer.start()
        anonymise_file(endless, target, KEY)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert not target.exists()


def test_progress_ends_the_work_by_raising_and_may_anonymise(source: Path, endless: Path, target: Path) -> None:
    error = TimeoutError("took too long")

    def stop(lines: int) -> None:
        assert anonymise_file(source, target.with_name("other.gz"), KEY).events == 15_000
        raise error

    with pytest.raises(TimeoutError) as caught:
        anonymise_file(endless, target, KEY, progress=stop)
    assert caught.value is error


def test_threads_anonymise_several_files(source: Path, target: Path) -> None:
    targets = [target.with_name(f"{number}.gz") for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: anonymise_file(source, path, KEY, workers=2), targets))
    assert len({path.read_bytes() for path in targets}) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_anonymises_too(source: Path, target: Path) -> None:
    anonymise_file(source, target, KEY)
    child = os.fork()
    if not child:
        os._exit(anonymise_file(source, target, KEY).events == 15_000)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in code.splitlines() if "print(" in line]
