"""What an operator may rely on."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from conftest import LIMIT, connect
from event_relay import __version__

T = TypeVar("T")

COMMAND = [sys.executable, "-c", "import sys; from event_relay.cli import main; sys.exit(main())"]
HOOK = """
import asyncio

async def mark(events):
    return [event | {"marked": True} for event in events]

async def hang(events):
    await asyncio.sleep(3600)

number = 1
"""


def run(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(main, LIMIT))


@asynccontextmanager
async def start(*arguments: str, folder: Path, **environment: str) -> AsyncIterator[tuple[Process, dict[str, int]]]:
    """Start the command; yield it and its ports."""
    (folder / "hooks.py").write_text(HOOK, encoding="utf-8")
    options = ["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", *arguments]
    python_path = os.pathsep.join(str(Path(place).resolve()) for place in sys.path if place)
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *options, stderr=PIPE, cwd=folder, env=os.environ | environment | {"PYTHONPATH": python_path}
    )
    assert process.stderr
    try:
        ports = {}
        for _ in range(2):
            what, _, address = (await process.stderr.readline()).decode().split()
            ports[what] = int(address.rpartition(":")[2])
        yield process, ports
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def metrics(port: int) -> dict[str, str]:
    """Ask for the metrics."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n")
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    assert head.startswith("HTTP/1.1 200 OK")
    return dict(line.removeprefix("event_relay_").split() for line in body.splitlines())


async def until_metric(port: int, name: str, value: str) -> None:
    """Wait until a metric has a value."""
    while (await metrics(port))[name] != value:
        await asyncio.sleep(0.01)


# region: signal
@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number: signal.Signals, tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            start("--hook", "hooks:mark", folder=tmp_path) as (process, ports),
            connect(ports["listening"], "SUB") as subscriber,
            connect(ports["listening"], "PUB") as publisher,
        ):
            await until_metric(ports["metrics"], "subscribers", "1")
            await publisher.write(*[{"topic": "a", "n": n} for n in range(500)])
            await until_metric(ports["metrics"], "accepted_total", "500")
            process.send_signal(number)
            assert await publisher.rest() == [{"accepted": 500, "rejected": 0}]
            assert await subscriber.rest() == [{"topic": "a", "n": n, "marked": True} for n in range(500)]
            assert await process.wait() == 0

    run(main())


# endregion: signal


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
def test_what_could_not_be_delivered_is_a_warning(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            start("--hook", "hooks:hang", "--grace", "0.2", folder=tmp_path) as (process, ports),
            connect(ports["listening"], "SUB"),
            connect(ports["listening"], "PUB") as publisher,
        ):
            await until_metric(ports["metrics"], "subscribers", "1")
            await publisher.write({"topic": "a"})
            await until_metric(ports["metrics"], "accepted_total", "1")
            process.terminate()
            assert await process.wait() == 1
            assert process.stderr
            assert await process.stderr.read() == b"warning: some events were not delivered\n"

    run(main())


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is not there")
def test_systemd_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            path = tmp_path / "notify"
            channel.bind(str(path))
            channel.settimeout(LIMIT)
            async with start(folder=tmp_path, NOTIFY_SOCKET=str(path)) as (process, _):
                assert await asyncio.to_thread(channel.recv, 99) == b"READY=1"
                process.terminate()
                assert await asyncio.to_thread(channel.recv, 99) == b"STOPPING=1"
                assert await process.wait() == 0

    run(main())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--hook", "nowhere:hook"], 1, "error: can't load the hook `nowhere:hook`: "),
        (["--hook", "json:nothing"], 1, "error: can't load the hook `json:nothing`: "),
        (["--hook", "sys:path"], 1, "error: the hook `sys:path` is not a function"),
        (["--queue", "0"], 1, "error: `queue` must be 1 to 65535"),
        (["--patience", "-1"], 1, "error: `patience` must be "),
        (["--listen", "256.0.0.1:0"], 1, "error: "),
        (["--listen", "7000"], 2, "`7000` is not HOST:PORT"),
    ],
)
def test_wrong_arguments_are_one_line(arguments: list[str], code: int, message: str) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_the_version_is_the_packages() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n")
