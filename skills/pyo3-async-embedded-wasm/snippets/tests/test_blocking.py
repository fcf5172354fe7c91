"""Work that blocks: files, names, computing."""

import asyncio
import os
import re
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from async_snippets._core import blocking
from blocking_lag import loop_lag

SECOND = timedelta(seconds=1)
HALF = SECOND / 2


def run(code: str) -> subprocess.CompletedProcess[str]:
    code = f"import asyncio, os\nfrom datetime import timedelta\nfrom async_snippets._core import blocking\n{code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_a_file_is_read_on_a_thread_that_may_block(tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_bytes(bytes(range(256)) * 1000)

    async def main() -> list[int]:
        return await asyncio.gather(*(blocking.checksum(path) for _ in range(20)))

    assert asyncio.run(main()) == [sum(range(256)) * 1000] * 20
    with pytest.raises(FileNotFoundError):
        asyncio.run(awaited_checksum(tmp_path / "none"))


async def awaited_checksum(path: Path) -> int:
    return await blocking.checksum(path)


@pytest.mark.skipif(sys.platform != "linux", reason="reads a device that never ends")
def test_work_that_blocks_stops_when_its_caller_is_cancelled() -> None:
    code = """
async def main():
    endless = asyncio.ensure_future(blocking.checksum("/dev/zero"))
    while not reading():
        await asyncio.sleep(0.01)
    endless.cancel()
    while reading():
        await asyncio.sleep(0.01)

def reading():
    return "/dev/zero" in map(target, os.listdir("/proc/self/fd"))

def target(number):
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except FileNotFoundError:
        return "closed meanwhile"

asyncio.run(main())
"""
    done = run(code)
    assert (done.returncode, done.stderr) == (0, "")


# pyo3-async-runtimes 0.30 looks for the message in the wrong place.
@pytest.mark.parametrize(("on_worker", "message"), [(False, "the disk is on fire"), (True, "unknown error")])
def test_a_panic_is_raised(on_worker: bool, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        await blocking.panic_elsewhere(on_worker)

    with pytest.raises(Exception, match=message):
        asyncio.run(main())
    assert "the disk is on fire" in capfd.readouterr().err


def test_names_are_looked_up() -> None:
    async def look_up(host: str) -> list[str]:
        return [str(address) for address in await blocking.addresses(host, SECOND * 30)]

    assert {"127.0.0.1", "::1"} & set(asyncio.run(look_up("localhost")))
    with pytest.raises(OSError, match="failed to lookup address information"):
        asyncio.run(look_up("no-such-host.invalid"))


def test_a_tile_is_computed() -> None:
    async def main() -> list[bytes]:
        return await asyncio.gather(*(blocking.tile(-2.0, 1.5, 3.0, 16) for _ in range(20)))

    tiles = asyncio.run(main())
    assert set(map(len, tiles)) == {256}
    assert type(tiles[0]) is bytes
    assert max(tiles[0]) == 255


def test_computing_stops_when_its_caller_is_cancelled() -> None:
    code = """
async def main():
    tiles = [asyncio.ensure_future(blocking.tile(-2.0, 1.5, 3.0, 100_000)) for _ in range(20)]
    await asyncio.sleep(0.2)
    for tile in tiles:
        tile.cancel()
    await asyncio.wait(tiles)
    # A core is free for others as soon as a row is done.
    return len(await asyncio.wait_for(blocking.tile(-2.0, 1.5, 3.0, 10), 30))

print(asyncio.run(main()))
"""
    assert run(code).stdout == "100\n"


@pytest.mark.parametrize(("way", "late"), [("here", True), ("in place", False), ("elsewhere", False)])
def test_only_what_blocks_workers_delays_timers(way: str, late: bool) -> None:
    async def main() -> timedelta:
        lag = asyncio.ensure_future(blocking.worker_lag(SECOND))
        await blocking.ready()
        blocking.occupy(way, SECOND)
        return await lag

    assert (asyncio.run(main()) > SECOND * 0.7) is late


def test_to_attach_on_a_worker_waits_with_all_timers() -> None:
    assert blocking.lag_while_attached(SECOND, True) > SECOND * 0.7
    assert blocking.lag_while_attached(SECOND, False) < SECOND * 0.7


FULL = """
blocking.limit_threads(1)

async def main():
    blocking.occupy("elsewhere", timedelta(seconds=2))
    try:
        await asyncio.wait_for(blocking.ready(), 0.5)
    except TimeoutError:
        print("late")
    try:
        await asyncio.wait_for(blocking.addresses("localhost", timedelta(seconds=0.5)), 20)
    except TimeoutError as error:
        print(error)

asyncio.run(main())
"""


def test_a_full_pool_delays_names_and_even_results_that_are_there() -> None:
    done = run(FULL)
    assert done.stdout.splitlines()[0] == "late", done.stderr
    assert "no answer about `localhost`" in done.stdout


@pytest.mark.parametrize("way", ["blocking", "tokio"])
def test_lines_are_counted(way: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a line\n" * 321)

    async def main() -> tuple[int, int]:
        return await blocking.count_lines(path, way), await asyncio.to_thread(blocking.count_lines_here, path)

    assert asyncio.run(main()) == (321, 321)


@pytest.mark.parametrize(("detached", "late"), [(False, True), (True, False)])
def test_a_thread_of_python_delays_the_loop_unless_it_detaches(detached: bool, late: bool) -> None:
    async def main() -> float:
        lag = asyncio.ensure_future(loop_lag(1.0))
        await asyncio.sleep(0)
        await asyncio.to_thread(blocking.stand_still, SECOND, detached)
        return await lag

    assert (asyncio.run(main()) > 0.7) is late


def test_debug_mode_names_what_blocks_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    async def late() -> None:
        blocking.stand_still(HALF, True)

    asyncio.run(late(), debug=True)
    assert "Executing <Task finished name=" in caplog.text
    assert "coro=<test_debug_mode_names_what_blocks_the_loop.<locals>.late() done" in caplog.text
    took = re.search(r" took ([0-9.]+) seconds", caplog.text)
    assert took
    assert float(took[1]) >= 0.5


def test_to_thread_has_few_threads_and_shares_them_with_names() -> None:
    async def main() -> int:
        loop, release, started = asyncio.get_running_loop(), threading.Event(), threading.Semaphore(0)

        def wait() -> None:
            started.release()
            release.wait(30)

        waiting = [asyncio.ensure_future(asyncio.to_thread(wait)) for _ in range(100)]
        await asyncio.sleep(0)
        name = asyncio.ensure_future(loop.getaddrinfo("localhost", 80))
        done, _ = await asyncio.wait([name], timeout=0.3)
        assert not done
        count = sum(thread.name.startswith("asyncio_") for thread in threading.enumerate())
        release.set()
        await asyncio.gather(*waiting, name)
        return count

    assert asyncio.run(main()) == min(32, (os.cpu_count() or 1) + 4)


def test_to_cancel_to_thread_stops_nothing_and_the_end_waits_for_it() -> None:
    async def main() -> None:
        begun = threading.Event()

        def work() -> None:
            begun.set()
            blocking.stand_still(SECOND, True)

        task = asyncio.ensure_future(asyncio.to_thread(work))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    start = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - start > 0.9
