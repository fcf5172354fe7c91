"""How async code is tested."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from async_snippets._core import blocking, testing_async
from gauge import FAULTS, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOON, LATE = timedelta(milliseconds=200), timedelta(seconds=30)


# region: leaks
def held() -> dict[str, int]:
    """Count what work that ended must have given back."""
    gc.collect()
    return {
        "tasks of asyncio": len(asyncio.all_tasks()),
        "tasks of Rust": testing_async.running_tasks(),
        "descriptors": sum(1 for _ in Path("/dev/fd").iterdir()),
    }


@asynccontextmanager
async def nothing_left(limit: float = 10) -> AsyncIterator[None]:
    """Fail unless what the block began ends, and gives back what it took. What went on before may end meanwhile."""
    before = Counter(held())
    yield
    deadline = time.monotonic() + limit
    while (left := Counter(held()) - before) and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    assert not left


# endregion: leaks


ERRORS: dict[str, tuple[type[Exception], str]] = {
    "silence": (TimeoutError, "timed out"),
    "half a line": (TimeoutError, "timed out"),
    "noise": (OSError, "invalid utf-8"),
    "no number": (OSError, "not a number"),
    "too much": (OSError, "unexpected end of file"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_an_error_and_leaves_nothing(fault: str) -> None:
    error, message = ERRORS[fault]

    async def main() -> None:
        async with nothing_left(), serve(FAULTS[fault]) as gauge:
            with pytest.raises(error, match=message):
                await testing_async.read_level(gauge.address, SOON if error is TimeoutError else LATE)

    asyncio.run(main())


def test_a_level_is_read() -> None:
    async def main() -> float:
        async with nothing_left(), serve(b"3.25\n") as gauge:
            return await testing_async.read_level(gauge.address, LATE)

    assert asyncio.run(main()) == 3.25


def test_a_connection_may_be_reset_or_refused() -> None:
    async def main() -> None:
        async with nothing_left(), serve(None) as gauge:
            with pytest.raises(ConnectionResetError):
                await testing_async.read_level(gauge.address, LATE)
        with pytest.raises(ConnectionRefusedError):
            await testing_async.read_level(gauge.address, LATE)

    asyncio.run(main())


def test_it_asks_again() -> None:
    async def main() -> float:
        async with nothing_left(), serve(None, b"3.5\n") as gauge:
            return await testing_async.read_level_persistently(gauge.address, LATE)

    assert asyncio.run(main()) == 3.5


# region: order
def test_cancelling_closes_the_connection() -> None:
    async def main() -> None:
        async with asyncio.timeout(30), nothing_left(), serve(b"") as gauge:
            reading = asyncio.ensure_future(testing_async.read_level(gauge.address, LATE))
            await gauge.asked.wait()
            reading.cancel()
            # The server sees the end of the connection: the future of Rust has been dropped.
            await gauge.left.wait()

    asyncio.run(main())


# endregion: order


@pytest.mark.parametrize("what", ["task of asyncio", "task of Rust", "descriptor"])
def test_what_is_left_is_found(what: str) -> None:
    async def leak(address: str) -> object:
        match what:
            case "task of asyncio":
                return asyncio.ensure_future(asyncio.sleep(30))
            case "task of Rust":
                return testing_async.read_level(address, LATE)
            case _:
                return os.open(os.devnull, os.O_RDONLY)

    async def main() -> None:
        async with nothing_left(), serve(b"") as gauge:
            with pytest.raises(AssertionError):
                async with nothing_left(0.2):
                    kept = await leak(gauge.address)
            if isinstance(kept, int):
                os.close(kept)
            else:
                kept.cancel()  # type: ignore[attr-defined]

    asyncio.run(main())


def test_debug_mode_finds_calls_from_the_wrong_thread() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(loop.call_soon, int)

    asyncio.run(main())
    with pytest.raises(RuntimeError, match="Non-thread-safe operation"):
        asyncio.run(main(), debug=True)


def run_pytest(code: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(f"import asyncio\nfrom datetime import timedelta\n\n{code}")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, folder / "test_it.py"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)


FORGOTTEN = """
async def work():
    raise KeyError("Elbe")

async def main():
    asyncio.ensure_future(work())
    await asyncio.sleep(0)

def test():
    asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("code", "message"),
    [("async def work(): pass\ndef test(): work()", "coroutine 'work' was never awaited"), (FORGOTTEN, "1 passed")],
)
def test_only_some_forgotten_work_fails_a_test(code: str, message: str, tmp_path: Path) -> None:
    assert message in run_pytest(code, tmp_path, "-W", "error").stdout


@asynccontextmanager
async def nothing_forgotten() -> AsyncIterator[list[dict[str, Any]]]:
    """Give the errors that arrive where nobody waits for them, and fail if there are any."""
    errors: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: errors.append(context))
    yield errors
    gc.collect()
    await asyncio.sleep(0)
    assert not errors


def test_an_error_that_nobody_waits_for_is_found() -> None:
    async def main() -> None:
        async with nothing_forgotten() as errors:
            reading = asyncio.ensure_future(testing_async.read_level("127.0.0.1", LATE))
            while not reading.done():
                await asyncio.sleep(0.01)
            del reading
            # The runtime's thread lets go of it a little later, and PyO3 releases it when Rust is called next.
            end = time.monotonic() + 30
            while not errors and time.monotonic() < end:
                testing_async.running_tasks()
                gc.collect()
                await asyncio.sleep(0.01)

    with pytest.raises(AssertionError, match="never retrieved"):
        asyncio.run(main())


def test_an_async_test_needs_a_plugin(tmp_path: Path) -> None:
    done = run_pytest("async def test(): pass", tmp_path, "-p", "no:anyio")
    assert done.returncode == 1
    assert "async def functions are not natively supported" in done.stdout


def test_a_timeout_of_asyncio_is_no_help_against_a_loop_that_stands_still() -> None:
    async def main() -> None:
        async with asyncio.timeout(0.1):
            blocking.stand_still(timedelta(seconds=1), True)
            await asyncio.sleep(30)

    start = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert time.monotonic() - start > 0.9


HANG = """
from async_snippets._core import blocking
def test():
    blocking.stand_still(timedelta(seconds=60), True)
"""


def test_faulthandler_shows_where_a_test_hangs(tmp_path: Path) -> None:
    options = "-o", "faulthandler_timeout=2", "-o", "faulthandler_exit_on_timeout=true"
    done = run_pytest(HANG, tmp_path, *options)
    assert done.returncode == 1
    assert "Timeout (0:00:02)!" in done.stderr
    assert 'test_it.py", line 7 in test' in done.stderr


@pytest.fixture(params=[{"debug": True}, pytest.param({"use_uvloop": True}, marks=pytest.mark.skipif(
    sys.platform == "win32", reason="there is no uvloop for Windows"
))], ids=["asyncio", "uvloop"])  # fmt: skip
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Run each test of this kind by both."""
    return "asyncio", request.param


@pytest.mark.anyio
async def test_a_level_is_read_by_every_loop() -> None:
    async with serve(b"0.5\n") as gauge:
        assert await testing_async.read_level(gauge.address, LATE) == 0.5
