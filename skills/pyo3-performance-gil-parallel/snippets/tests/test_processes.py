"""Processes instead of threads: what crosses, what is shared, and what goes wrong."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.shared_memory import SharedMemory
from typing import TYPE_CHECKING

import measure_processes
import numpy as np
import pytest
import surveying
from performance_snippets._core import processes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Where there is a `forkserver` it is quicker than `spawn`, as it imports NumPy once.
multiprocessing.set_forkserver_preload(["surveying"])
METHODS = multiprocessing.get_all_start_methods()
FRESH = multiprocessing.get_context("forkserver" if "forkserver" in METHODS else "spawn")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


def test_workers_write_into_memory_that_is_shared() -> None:
    heights = np.random.default_rng(3).uniform(0, 100, 1_001)
    with surveying.shared(heights) as source, surveying.shared(np.zeros(1_000)) as target:
        names = (source.name, target.name)
        with ProcessPoolExecutor(2, mp_context=FRESH, initializer=surveying.attach, initargs=names) as pool:
            for future in [pool.submit(surveying.slopes_between, *part) for part in ((0, 400), (400, 1_000))]:
                future.result(timeout=60)
        angles = np.frombuffer(target.buf, count=1_000).copy()
    assert np.allclose(angles, np.arctan(np.diff(heights) / surveying.DISTANCE), rtol=1e-12)
    with pytest.raises(FileNotFoundError):
        SharedMemory(source.name)


def test_a_buffer_will_do_without_numpy() -> None:
    with surveying.shared(np.array([1.0, -5.0, -1.0])) as memory, ProcessPoolExecutor(1, mp_context=FRESH) as pool:
        assert pool.submit(surveying.lift_shared, memory.name, 0.0).result(timeout=60) == 2
        assert np.frombuffer(memory.buf, count=3).tolist() == [1.0, 0.0, 0.0]


def test_a_view_keeps_the_memory_open() -> None:
    memory = SharedMemory(create=True, size=80)
    try:
        view = np.frombuffer(memory.buf, count=10)
        with pytest.raises(BufferError, match="cannot close exported pointers exist"):
            memory.close()
        del view
    finally:
        memory.close()
        memory.unlink()


UNHELD = """
import numpy as np
from multiprocessing.shared_memory import SharedMemory
memory = SharedMemory(create=True, size=80_000)
memory.unlink()
heights = np.ndarray(10, buffer=memory.buf)
memory.close()
heights.sum()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="how a process ends differs by system")
def test_an_array_that_does_not_hold_the_memory_crashes() -> None:
    ended = subprocess.run([sys.executable, "-c", UNHELD], timeout=60, capture_output=True, check=False)
    assert ended.returncode == -signal.SIGSEGV


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes the memory with its last handle")
@pytest.mark.parametrize("track", [True, False])
def test_a_strange_process_removes_the_memory_unless_it_does_not_track(track: bool) -> None:
    if not track and sys.version_info < (3, 13):
        pytest.skip("`track` came with Python 3.13")
    memory = SharedMemory(create=True, size=8)
    option = "" if track else ", track=False"
    code = f"from multiprocessing.shared_memory import SharedMemory; SharedMemory({memory.name!r}{option}).close()"
    # Not a child of `multiprocessing`: it has a tracker of its own, which cleans up when the process ends.
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True)
    try:
        with pytest.raises(FileNotFoundError) if track else contextlib.nullcontext():
            wait_for_removal(memory.name, patience=60.0 if track else 0.5)
    finally:
        memory.close()
        with contextlib.suppress(FileNotFoundError):
            memory.unlink()


def wait_for_removal(name: str, patience: float) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        # This process made the memory, so its own tracker knows the name already.
        SharedMemory(name).close()
        time.sleep(0.05)


def test_a_file_is_mapped_by_each_worker(tmp_path: Path) -> None:
    tile = tmp_path / "tile.hgt"
    tile.write_bytes(np.arange(-30, 30, dtype=">i2").tobytes())
    with ProcessPoolExecutor(2, mp_context=FRESH) as pool:
        parts = [pool.submit(surveying.highest_in, tile, 10, first, first + 3) for first in (0, 3)]
        assert [part.result(timeout=60) for part in parts] == [-1, 29]
    assert surveying.highest_in(tile, 10, 2, 2) is None


def test_a_function_is_pickled_by_the_name_of_its_module() -> None:
    reason = r"(import of module|No module named) 'performance_snippets\._core\.processes'"
    with pytest.raises(pickle.PicklingError, match=reason):
        pickle.dumps(processes.slopes)
    assert pickle.loads(pickle.dumps(surveying.slopes_of)) is surveying.slopes_of  # noqa: S301  made here


def test_a_registered_module_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "performance_snippets._core.processes", processes)
    assert pickle.loads(pickle.dumps(processes.slopes)) is processes.slopes  # noqa: S301  made here


def test_a_panic_loses_its_message() -> None:
    with ProcessPoolExecutor(1, mp_context=FRESH) as pool:
        with pytest.raises(pickle.PicklingError, match=r"Can't pickle <class 'pyo3_runtime\.PanicException'>"):
            pool.submit(surveying.every, 0).result(timeout=60)
        # The worker lives on.
        assert pool.submit(surveying.every, 2).result(timeout=60) == [1.0, 3.0]


@pytest.mark.parametrize("call", [partial(surveying.every, 0), surveying.abort], ids=["panic", "crash"])
def test_a_pool_of_multiprocessing_waits_for_ever(call: Callable[[], object]) -> None:
    with FRESH.Pool(1) as pool:
        assert pool.apply_async(surveying.every, (2,)).get(timeout=60) == [1.0, 3.0]
        with pytest.raises(multiprocessing.TimeoutError):
            pool.apply_async(call).get(timeout=1)
        # It has a new worker, though.
        assert pool.apply_async(surveying.every, (2,)).get(timeout=60) == [1.0, 3.0]


@forks
def test_tasks_are_not_counted_after_a_fork() -> None:
    with pytest.raises(ValueError, match="max_tasks_per_child is incompatible with the 'fork'"):
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"), max_tasks_per_child=1)


def test_a_crash_ends_the_pool_and_not_the_caller() -> None:
    with ProcessPoolExecutor(1, mp_context=FRESH) as pool:
        with pytest.raises(BrokenProcessPool):
            pool.submit(surveying.abort).result(timeout=60)
        with pytest.raises(BrokenProcessPool):
            pool.submit(surveying.every, 1)


FORK = """
import os, sys, time, warnings
from performance_snippets._core import processes
if "started" in sys.argv:
    processes.total_in_pool([1.0, 2.0])
child = os.fork()
if child == 0:
    os._exit(0 if processes.total_in_pool([1.0, 2.0]) == 3.0 else 1)
end = time.monotonic() + float(sys.argv[1])
while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
    time.sleep(0.02)
if ended == (0, 0):
    os.kill(child, 9)
    os.waitpid(child, 0)
print("waits" if ended == (0, 0) else os.waitstatus_to_exitcode(ended[1]))
"""


def fork(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "always", "-c", FORK, *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=True, timeout=120)


@forks
def test_a_pool_that_was_started_hangs_in_the_child() -> None:
    ended = fork("2", "started")
    assert ended.stdout == "waits\n"
    if sys.version_info >= (3, 12) and sys.platform == "linux":
        # Python counts the threads of the system, so it sees those of Rust.
        assert "is multi-threaded, use of fork() may lead to deadlocks in the child" in ended.stderr


@forks
def test_one_that_was_not_started_works_in_the_child() -> None:
    ended = fork("60")
    assert (ended.stdout, ended.stderr) == ("0\n", "")


@pytest.mark.parametrize("method", METHODS)
def test_which_statics_a_child_has(method: str) -> None:
    processes.mark()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        # A fork has a copy of the parent's; the others import the extension anew.
        assert (pool.submit(surveying.marks).result(timeout=60) > 0) is (method == "fork")


def test_the_measuring_works(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(measure_processes, "SIZES", (100,))
    monkeypatch.setattr(measure_processes, "RULED", (100,))
    monkeypatch.setattr(measure_processes, "METHODS", (FRESH.get_start_method(),))
    monkeypatch.setattr(measure_processes, "START", FRESH.get_start_method())
    monkeypatch.setattr(measure_processes.processes, "DEBUG_BUILD", False)
    monkeypatch.setattr(sys, "argv", ["measure_processes.py", "1"])
    assert measure_processes.main() == 0
    assert "2 processes" in capsys.readouterr().out
