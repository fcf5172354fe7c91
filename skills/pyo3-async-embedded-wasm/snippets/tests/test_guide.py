"""What the guide shows."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from async_snippets._core import guide

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.conftest import Host

SOON = timedelta(seconds=30)


@asynccontextmanager
async def server(seconds: float = 0) -> AsyncIterator[tuple[str, list[str]]]:
    """Answer lines, after a while; say who asked, and who hung up before."""
    events: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = (await reader.readline()).decode()
        events.append("asked")
        try:
            await asyncio.wait_for(reader.read(1), seconds or 0.001)
            events.append("hung up")
        except TimeoutError:
            writer.write(f"{question.strip()}!\n".encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listener:
        host, port = listener.sockets[0].getsockname()
        yield f"{host}:{port}", events


def test_an_answer() -> None:
    async def main() -> str:
        async with server() as (address, _):
            return await guide.ask(address, "rain", SOON)

    assert asyncio.run(main()) == "rain!"


def test_errors_are_those_of_python() -> None:
    async def main() -> None:
        async with server(30) as (address, _):
            with pytest.raises(TimeoutError):
                await guide.ask(address, "rain", timedelta(seconds=0.05))
        with pytest.raises(ConnectionRefusedError):
            await guide.ask(address, "rain", SOON)
        with pytest.raises(ValueError, match="negative"):
            guide.ask(address, "rain", -SOON)

    asyncio.run(main())
    with pytest.raises(RuntimeError, match="no running event loop"):
        guide.ask("127.0.0.1:9", "rain", SOON)


def test_a_peer_that_hangs_up_is_an_error() -> None:
    async def main() -> None:
        listener = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        host, port = listener.sockets[0].getsockname()
        with pytest.raises(OSError):  # noqa: PT011 - reset or ended: either may come first
            await guide.ask(f"{host}:{port}", "rain", SOON)
        listener.close()

    asyncio.run(main())


def test_cancelling_hangs_up() -> None:
    async def main() -> list[str]:
        async with server(30) as (address, events):
            asking = asyncio.ensure_future(guide.ask(address, "rain", SOON))
            while not events:
                await asyncio.sleep(0.001)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            start = time.monotonic()
            while len(events) < 2 and time.monotonic() < start + 20:
                await asyncio.sleep(0.01)
            return events

    assert asyncio.run(main()) == ["asked", "hung up"]


CHILD = """
import asyncio, os, socket, sys
from datetime import timedelta
from async_snippets._core import guide

listener = socket.create_server(("127.0.0.1", 0))
address = "127.0.0.1:%d" % listener.getsockname()[1]

async def ask(seconds):
    try:
        return await guide.ask(address, "rain", timedelta(seconds=seconds))
    except TimeoutError:
        return "late"
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CHILD + textwrap.dedent(code)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_forked_process_has_an_engine_of_its_own() -> None:
    done = run("""
        print(asyncio.run(ask(0.01)), flush=True)
        child = os.fork()
        if child == 0:
            os._exit(7 if asyncio.run(ask(0.01)) == "late" else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)
    assert done.stdout == "late\n7\n", done.stderr


def test_python_ends_while_answers_are_on_their_way() -> None:
    code = """
        async def main():
            limits = [timedelta(milliseconds=2 * place) for place in range(50)]
            asking = [asyncio.ensure_future(guide.ask(address, "rain", limit)) for limit in limits]
            await asyncio.sleep(0.05)

        try:
            asyncio.run(main())
        finally:
            print("ended")
    """
    for _ in range(5):
        done = run(code)
        assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr


RULES = "import shop\n\ndef price(goods, count):\n    return count * 0.25 if shop.stock(goods) >= count else None\n"


def test_a_script_is_asked(host: Host, tmp_path: Path) -> None:
    script = tmp_path / "rules.py"
    script.write_text("import atexit\natexit.register(print, 'ended')\nprint('rules')\n" + RULES, encoding="utf-8")
    done = host("guide", script)
    assert (done.returncode, sorted(done.stdout.splitlines())) == (0, ["0.75", "ended", "rules"]), done.stderr


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ("def price(goods, count):\n    return 1 / 0\n", ['rules.py", line 2, in price', "ZeroDivisionError"]),
        ("def price(goods, count)\n", ['rules.py", line 1', "SyntaxError"]),
        ("raise SystemExit(3)\n", ["SystemExit: 3"]),
        ("", ["has no attribute 'price'"]),
    ],
)
def test_errors_show_the_lines_of_the_script(host: Host, tmp_path: Path, rules: str, lines: list[str]) -> None:
    script = tmp_path / "rules.py"
    script.write_text(rules, encoding="utf-8")
    done = host("guide", script)
    assert done.returncode == 1
    assert all(line in done.stderr for line in lines), done.stderr
    assert "FileNotFoundError" in host("guide").stderr
