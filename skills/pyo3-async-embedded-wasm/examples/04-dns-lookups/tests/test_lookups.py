"""Lookups at a server on this machine: answers, faults, cancellation, thousands at once, and the end of the process."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dns_lookups import Client, ClosedError, DnsError, NameNotFoundError, NoReplyError, ServerError, running
from server import Server, address_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LIMIT = 60.0
# So long that no lookup of a test is sent again on a machine that is busy.
PATIENT = 20.0


def run(test: Callable[[Server], Awaitable[None]]) -> None:
    """Run a test with a server, and see that it leaves no client and no lookup."""

    async def main() -> None:
        await settle()
        async with Server() as server:
            await test(server)
        await settle()

    asyncio.run(asyncio.wait_for(main(), LIMIT))


async def settle() -> None:
    """Wait until nothing goes on; an exception may keep a client until garbage is collected."""
    gc.collect()
    await until(lambda: running() == 0)


async def until(is_true: Callable[[], bool]) -> None:
    """Wait for what other threads do."""
    while not is_true():
        await asyncio.sleep(0.001)


def test_a_host_has_addresses_of_both_versions() -> None:
    async def test(server: Server) -> None:
        client = Client(server.address, timeout=PATIENT)
        assert await client.lookup("Host.example.") == [address_of("host.example")]
        assert await client.lookup("host.example", version=6) == [address_of("host.example", 6)]

    run(test)


def test_an_answer_that_holds_is_there_at_once() -> None:
    async def test(server: Server) -> None:
        client = Client(server.address, timeout=PATIENT)
        for name in ("host.example", "brief.example"):
            await client.lookup(name)
            again = client.lookup(name)
            assert again.done() == (name == "host.example")
            await again
        assert server.asked == {"host.example": 1, "brief.example": 2}
        client = Client(server.address, timeout=PATIENT, cache=0)
        for _ in range(2):
            await client.lookup("host.example")
        assert server.asked["host.example"] == 3

    run(test)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("missing.example", NameNotFoundError, "there is no host `missing.example`"),
        ("failing.example", ServerError, "the server failed with code 2"),
        ("long.example", ServerError, "the reply is too long for UDP"),
        ("cut.example", ServerError, "the reply is malformed"),
    ],
)
def test_what_the_server_says_is_raised(name: str, error: type[DnsError], message: str) -> None:
    async def test(server: Server) -> None:
        with pytest.raises(error, match=re.escape(message)):
            await Client(server.address, timeout=PATIENT).lookup(name)

    run(test)


def test_replies_that_nobody_asked_for_are_ignored() -> None:
    async def test(server: Server) -> None:
        client = Client(server.address, timeout=PATIENT)
        assert await client.lookup("forged.example") == [address_of("forged.example")]

    run(test)


def test_a_lost_question_is_sent_again_and_then_given_up() -> None:
    async def test(server: Server) -> None:
        client = Client(server.address, timeout=0.2, retries=20)
        server.drop = 2
        assert await client.lookup("host.example") == [address_of("host.example")]
        assert server.asked["host.example"] >= 3
        client = Client(server.address, timeout=0.01, retries=2)
        server.drop = 1000
        with pytest.raises(NoReplyError, match="no reply to 3 questions"):
            await client.lookup("lost.example")
        assert issubclass(NoReplyError, TimeoutError)
        assert client.asked == 0

    run(test)


def test_an_error_about_one_datagram_ends_no_other_lookup() -> None:
    async def test(server: Server) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as nobody:
            nobody.bind(("127.0.0.1", 0))
            address = "{}:{}".format(*nobody.getsockname())
        client = Client(address, timeout=0.1, retries=9)
        lookups = [client.lookup(f"host{number}.example") for number in range(100)]
        errors = await asyncio.gather(*lookups, return_exceptions=True)
        assert {type(error) for error in errors} == {NoReplyError}

    run(test)


def test_what_is_wrong_is_refused_before_anything_is_sent() -> None:
    async def test(server: Server) -> None:
        client = Client(server.address)
        for name in ("", "a..b", "é.example", "a" * 64):
            with pytest.raises(ValueError, match="is not a host name"):
                client.lookup(name)
        with pytest.raises(ValueError, match="neither 4 nor 6"):
            client.lookup("host.example", version=5)
        for wrong in ({"timeout": 0.0}, {"timeout": float("nan")}, {"limit": 0}, {"limit": 40000}):
            with pytest.raises(ValueError, match=r"seconds|limit"):
                Client(server.address, **wrong)
        with pytest.raises(ValueError, match="socket address"):
            Client("localhost")
        assert not server.asked

    run(test)
    with pytest.raises(RuntimeError, match="no running event loop"):
        Client("127.0.0.1:53").lookup("host.example")


def test_a_client_belongs_to_one_event_loop() -> None:
    async def look_up(client: Client) -> None:
        await client.lookup("host.example")

    client = Client("127.0.0.1:9", timeout=0.01, retries=0)
    with pytest.raises((NoReplyError, OSError)):
        asyncio.run(look_up(client))
    with pytest.raises(RuntimeError, match="another event loop"):
        asyncio.run(look_up(client))


# region: cancel
@pytest.mark.parametrize("count", [1, 1000])
def test_cancelled_lookups_leave_nothing_behind(count: int) -> None:
    async def test(server: Server) -> None:
        server.is_paused = True
        client = Client(server.address, timeout=PATIENT, limit=100)
        lookups = [client.lookup(f"host{number}.example") for number in range(count)]
        await until(lambda: client.asked == min(count, 100))
        for lookup in lookups:
            lookup.cancel()
        # The client's own job is what is left.
        await until(lambda: client.asked == 0 and running() == 1)
        server.resume()
        assert await client.lookup("host.example") == [address_of("host.example")]

    run(test)


# endregion: cancel


def test_a_timeout_ends_a_lookup() -> None:
    async def test(server: Server) -> None:
        server.is_paused = True
        client = Client(server.address, timeout=PATIENT)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.lookup("host.example")
        await until(lambda: client.asked == 0)

    run(test)


def memory() -> int:
    """Return the bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


# region: many
@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory from /proc")
def test_ten_thousand_lookups_at_once_take_flat_memory() -> None:
    count, sizes = 10_000, []

    async def test(server: Server) -> None:
        client = Client(server.address, timeout=PATIENT, cache=0)
        for number in range(6):
            server.is_paused = True
            lookups = [client.lookup(f"host{place}.example") for place in range(count)]
            # One more is the client's own.
            await until(lambda: client.asked == 128 and running() == count + 1)
            assert not any(lookup.done() for lookup in lookups)
            sizes.append(memory())
            server.resume()
            replies = await asyncio.gather(*lookups)
            assert replies[number] == [address_of(f"host{number}.example")]
            await until(lambda: running() == 1)

    run(test)
    grown = max(sizes[3:]) - max(sizes[:3])
    assert grown < 2_000_000, sizes


# endregion: many


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_gets_an_error() -> None:
    code = (
        "import os, warnings; warnings.simplefilter('ignore', DeprecationWarning)\n"
        "client = Client('127.0.0.1:9')\n"
        "async def look_up(): await client.lookup('host.example')\n"
        "child = os.fork()\n"
        "if child: os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
        "try: asyncio.run(look_up())\n"
        "except ClosedError as error: print(error)\n"
    )
    assert "forked" in python(code).stdout
    assert issubclass(ClosedError, RuntimeError)


def test_a_process_ends_while_lookups_are_in_flight() -> None:
    code = (
        "import socket\n"
        "silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "silent.bind(('127.0.0.1', 0))\n"
        "async def main():\n"
        "    client = Client('{}:{}'.format(*silent.getsockname()), timeout=3600)\n"
        "    return [client.lookup(f'host{number}.example') for number in range(1000)]\n"
        "lookups = asyncio.run(main())\n"
    )
    process = python(code)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


def python(code: str) -> subprocess.CompletedProcess[str]:
    prelude = "import asyncio\nfrom dns_lookups import *\n"
    command = [sys.executable, "-c", prelude + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


def test_the_example_in_the_readme_runs() -> None:
    page = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)

    async def test(server: Server) -> None:
        names: dict[str, Any] = {"SERVER": server.address}
        exec(compile(example, "README.md", "exec"), names)  # noqa: S102
        assert await names["main"]() == [[address_of("host.example")], []]

    run(test)
