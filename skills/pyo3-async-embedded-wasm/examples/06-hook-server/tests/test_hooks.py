"""Webhooks on loopback: who is believed, who handles them, and who waits for whom."""

import asyncio
import base64
import gc
import hmac
import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hook_server import Event, Server, running

T = TypeVar("T")

# Reached by code that hangs, and by no other.
LIMIT = 30.0
SECRET, OLD_SECRET = ("whsec_" + base64.b64encode(letter * 24).decode() for letter in (b"a", b"b"))


def run(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(main, LIMIT))


async def until(reached: Callable[[], bool]) -> None:
    """Wait for others; `run` ends a wait in vain."""
    while not reached():
        await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """No test leaves work behind in Rust."""
    yield
    deadline = time.monotonic() + LIMIT
    while running():
        assert time.monotonic() < deadline, f"{running()} jobs go on"
        time.sleep(0.001)


@asynccontextmanager
async def serve(server: Server, grace: float = LIMIT) -> AsyncIterator[int]:
    port = await server.start()
    try:
        yield port
    finally:
        assert await server.stop(grace)


def sign(body: bytes, *, secret: str = SECRET, name: str = "msg_1", age: float = 0) -> dict[str, str]:
    """Sign a body as senders do; without the code that checks it."""
    when = str(int(time.time() - age))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"{name}.{when}.".encode() + body, "sha256")).decode()
    return {"webhook-id": name, "webhook-timestamp": when, "webhook-signature": f"v1,{signature}"}


def send(port: int, path: str, body: bytes = b"{}", headers: dict[str, str] | None = None, verb: str = "POST") -> int:
    """Send a webhook, and return the status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        connection.request(verb, path, body, sign(body) if headers is None else headers)
        return connection.getresponse().status
    finally:
        connection.close()


async def post(*arguments: Any, **options: Any) -> int:
    """Send a webhook from another thread."""
    return await asyncio.to_thread(send, *arguments, **options)


def test_handlers_get_what_was_sent() -> None:
    events: list[Event] = []

    async def main() -> None:
        server = Server([SECRET])
        server.on("/plain")(events.append)

        @server.on("/async")
        async def handle(event: Event) -> None:
            await asyncio.sleep(0)
            events.append(event)

        async with serve(server) as port:
            for path in ("/plain", "/async"):
                assert await post(port, path, json.dumps({"to": path}).encode()) == 204

    run(main())
    assert [event.json() for event in events] == [{"to": "/plain"}, {"to": "/async"}]
    assert {event.id for event in events} == {"msg_1"}
    assert all(abs(event.time - time.time()) < LIMIT for event in events)


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in sign(b"{}").items() if key != name}


# region: doubt
@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (204, sign(b"{}", secret=OLD_SECRET)),
        (401, sign(b"{}", secret="whsec_" + base64.b64encode(b"c" * 24).decode())),
        (401, sign(b"{ }")),
        (401, sign(b"{}") | {"webhook-id": "msg_2"}),
        (401, sign(b"{}") | {"webhook-signature": "v1,"}),
        (400, sign(b"{}", age=400)),
        (400, sign(b"{}", age=-4000)),
        (400, without("webhook-id")),
        (400, without("webhook-timestamp")),
        (400, without("webhook-signature")),
    ],
)
def test_only_who_has_a_secret_is_believed(status: int, headers: dict[str, str]) -> None:
    async def main() -> None:
        events: list[Event] = []
        server = Server([SECRET, OLD_SECRET])
        server.on("/")(events.append)
        async with serve(server) as port:
            assert await post(port, "/", headers=headers) == status
        assert len(events) == (status == 204)

    run(main())


# endregion: doubt


def test_other_requests_have_their_status() -> None:
    async def main() -> None:
        server = Server([SECRET], max_body=1000)
        server.on("/")(lambda event: None)
        async with serve(server) as port:
            assert await post(port, "/none") == 404
            assert await post(port, "/", verb="GET") == 405
            assert await post(port, "/", bytes(1001)) == 413
            assert await post(port, "/", bytes(1000)) == 204

    run(main())


@pytest.mark.parametrize("is_async", [True, False])
def test_what_a_handler_raises_is_logged(is_async: bool, caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: Event) -> None:
        raise LookupError(event.id)

    async def fail_async(event: Event) -> None:
        fail(event)

    async def main() -> None:
        server = Server([SECRET])
        server.on("/")(fail_async if is_async else fail)
        async with serve(server) as port:
            assert await post(port, "/") == 500

    run(main())
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("hook_server", logging.ERROR)
    assert "LookupError: msg_1" in caplog.text


class AsyncHandler:
    def __init__(self) -> None:
        self.events: list[str] = []

    async def __call__(self, event: Event) -> None:
        await asyncio.sleep(0)
        self.events.append(event.id)


def returns_a_coroutine(event: Event) -> object:
    return AsyncHandler()(event)


def exits(event: Event) -> None:
    raise SystemExit(event.id)


async def is_cancelled(event: Event) -> None:
    raise asyncio.CancelledError(event.id)


def test_an_object_with_a_coroutine_method_is_awaited() -> None:
    async def main() -> None:
        handler, server = AsyncHandler(), Server([SECRET])
        server.on("/")(handler)
        async with serve(server) as port:
            assert await post(port, "/") == 204
        assert handler.events == ["msg_1"]

    run(main())


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (returns_a_coroutine, "TypeError: a handler that is not a coroutine function"),
        (exits, "SystemExit: msg_1"),
        (is_cancelled, "CancelledError: msg_1"),
    ],
)
def test_what_is_not_handled_is_never_said_to_be(
    handler: Callable[[Event], object], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        server = Server([SECRET])
        server.on("/")(handler)
        async with serve(server) as port:
            assert await post(port, "/") == 500

    run(main())
    assert reason in caplog.text


# region: slow
def test_a_handler_that_hangs_has_its_places_and_no_others() -> None:
    begun, release = threading.Semaphore(0), threading.Event()

    async def main() -> None:
        server = Server([SECRET])

        @server.on("/hangs", limit=0.3, at_once=2)
        def hang(event: Event) -> None:
            begun.release()
            release.wait(LIMIT)

        server.on("/quick", limit=LIMIT)(lambda event: None)
        async with serve(server) as port:
            hanging = [asyncio.ensure_future(post(port, "/hangs")) for _ in range(5)]
            for _ in range(2):
                await asyncio.to_thread(begun.acquire)
            for _ in range(20):
                assert await post(port, "/quick") == 204
            assert sorted(await asyncio.gather(*hanging)) == [503, 503, 503, 504, 504]
            # Their time is over, but nothing ends a function that blocks.
            assert await post(port, "/hangs") == 503
            release.set()
            await until(lambda: send_in_vain(port) == 204)

    def send_in_vain(port: int) -> int:
        return send(port, "/hangs")

    run(main())


def test_a_coroutine_is_cancelled_when_its_time_is_over() -> None:
    async def main() -> None:
        begun, cleaned, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()
        server = Server([SECRET])

        @server.on("/", limit=0.5, at_once=1)
        async def hang(event: Event) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cleaned.set()
                await may_end.wait()

        async with serve(server) as port:
            # On a busy machine the time may be over before it has begun.
            while not begun.is_set():
                assert await post(port, "/") == 504
            await cleaned.wait()
            # It has its place until it has cleaned up.
            assert await post(port, "/") == 503
            may_end.set()
            assert await post(port, "/") == 504

    run(main())


def test_a_coroutine_that_blocks_stops_coroutines_only() -> None:
    blocked, release = threading.Event(), threading.Event()
    statuses: list[int] = []

    async def main() -> None:
        server = Server([SECRET])

        @server.on("/blocks", limit=LIMIT)
        async def block(event: Event) -> None:
            blocked.set()
            release.wait(LIMIT)

        server.on("/plain")(lambda event: None)
        async with serve(server) as port:

            def use() -> None:
                thread = threading.Thread(target=lambda: statuses.append(send(port, "/blocks")))
                thread.start()
                blocked.wait(LIMIT)
                statuses.extend([send(port, "/plain"), send(port, "/none")])
                release.set()
                thread.join(LIMIT)

            await asyncio.to_thread(use)

    run(main())
    assert statuses == [204, 404, 204]


# endregion: slow


def test_a_sender_that_hangs_up_does_not_stop_the_handler() -> None:
    async def main() -> None:
        begun, release, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        server = Server([SECRET])

        @server.on("/")
        async def handle(event: Event) -> None:
            begun.set()
            await release.wait()
            done.set()

        async with serve(server) as port:
            head = "".join(f"{key}: {value}\r\n" for key, value in sign(b"").items())
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n{head}\r\n".encode())
            await begun.wait()
            writer.close()
            await until(lambda: running() == 2)
            release.set()
            await done.wait()

    run(main())


@pytest.mark.parametrize(
    ("request_", "answer", "patience"),
    [
        (b"POST / HTT", b"", 0.5),
        (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nshort", b"HTTP/1.1 408 ", 2.0),
        (b"?\r\n\r\n", b"HTTP/1.1 400 ", LIMIT),
    ],
)
def test_senders_that_are_slow_or_odd_are_let_go(request_: bytes, answer: bytes, patience: float) -> None:
    async def main() -> None:
        server = Server([SECRET], patience=patience)
        server.on("/")(lambda event: None)
        async with serve(server) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request_)
            head = await reader.read()
            assert head.startswith(answer)
            assert bool(head) is bool(answer)
            writer.close()

    run(main())


def test_a_sender_that_reads_no_answers_is_let_go() -> None:
    async def main() -> None:
        server = Server([SECRET])
        async with serve(server) as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(ConnectionError):
                while True:  # Until it is let go, or `run` has waited for long enough.
                    writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n" * 1000)
                    await writer.drain()
            writer.close()

    run(main())


def test_connections_have_a_limit() -> None:
    async def main() -> None:
        server = Server([SECRET], connections=1, patience=1.0)
        server.on("/")(lambda event: None)
        async with serve(server) as port:
            started = time.monotonic()
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            # The silent one is let go first.
            assert await post(port, "/") == 204
            assert time.monotonic() - started > 0.9
            writer.close()

    run(main())


def test_stop_waits_for_what_has_begun() -> None:
    async def main() -> None:
        begun, release = asyncio.Event(), asyncio.Event()
        server = Server([SECRET])

        @server.on("/")
        async def handle(event: Event) -> None:
            begun.set()
            await release.wait()

        port = await server.start()
        idle = socket.create_connection(("127.0.0.1", port))
        sent = asyncio.ensure_future(post(port, "/"))
        await begun.wait()
        stopping = asyncio.ensure_future(server.stop(LIMIT))
        with idle:
            assert await asyncio.to_thread(idle.recv, 1) == b"", "who asks for nothing is not waited for"
        with pytest.raises(ConnectionError):
            await post(port, "/")
        assert not stopping.done()
        release.set()
        assert (await stopping, await sent) == (True, 204)

    run(main())


def test_stop_does_not_wait_for_ever() -> None:
    release = threading.Event()

    async def main() -> None:
        begun = threading.Event()
        server = Server([SECRET])

        @server.on("/")
        def hang(event: Event) -> None:
            begun.set()
            release.wait(LIMIT)

        port = await server.start()
        sent = asyncio.ensure_future(post(port, "/"))
        await asyncio.to_thread(begun.wait)
        assert not await server.stop(0.1)
        with pytest.raises(ConnectionError):
            await sent
        release.set()

    run(main())


def test_options_are_checked() -> None:
    for secrets in ([], ["whsec_"], ["a" * 40], ["whsec_AAAA"]):
        with pytest.raises(ValueError, match="secret"):
            Server(secrets)
    with pytest.raises(ValueError, match="`patience` must be"):
        Server([SECRET], patience=-1.0)
    with pytest.raises(ValueError, match="`connections` must be"):
        Server([SECRET], connections=0)
    server = Server([SECRET])
    for options in ({"limit": float("nan")}, {"at_once": 0}, {"at_once": 1 << 16}):
        with pytest.raises(ValueError, match=f"`{next(iter(options))}` must be"):
            server.on("/", **options)(print)
    server.on("/")(print)
    for path in ("/", "hooks"):
        with pytest.raises(ValueError, match="can have one handler"):
            server.on(path)(print)


def test_a_server_is_started_once_where_there_is_room() -> None:
    async def main() -> None:
        server = Server([SECRET])
        assert await server.stop()
        async with serve(server) as port:
            with pytest.raises(RuntimeError, match="started once"):
                await server.start()
            with pytest.raises(RuntimeError, match="takes its handlers before"):
                server.on("/late")(print)
            with pytest.raises(OSError, match=r"(?i)address"):
                await Server([SECRET]).start(port=port)

    run(main())


def test_a_server_that_its_handler_knows_is_collected() -> None:
    async def main() -> "weakref.ref[Server]":
        server = Server([SECRET])
        server.on("/")(lambda event, server=server: None)
        async with serve(server):
            pass
        await until(lambda: running() == 0)
        return weakref.ref(server)

    server = run(main())
    gc.collect()
    assert server() is None


def python(code: str) -> subprocess.CompletedProcess[str]:
    prelude = "import asyncio, os, threading, time\nfrom hook_server import *\n"
    command = [sys.executable, "-c", prelude + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


def test_the_example_in_the_readme_runs() -> None:
    page = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    process = python(example)
    assert (process.returncode, process.stdout, process.stderr) == (0, "paid: 7\n204\n", "")


def test_a_process_ends_while_it_serves() -> None:
    code = f"""
server = Server([{SECRET!r}])
server.on("/")(print)
asyncio.run(server.start())
print(running() > 0)
"""
    process = python(code)
    assert (process.returncode, process.stdout, process.stderr) == (0, "True\n", "")


def test_a_process_ends_while_a_function_computes() -> None:
    code = f"""
from http.client import HTTPConnection
begun = threading.Event()
server = Server([{SECRET!r}])
@server.on("/")
def compute(event):
    begun.set()
    end = time.monotonic() + 2
    while time.monotonic() < end:
        pass
    print("done", flush=True)
port = asyncio.run(server.start())
connection = HTTPConnection("127.0.0.1", port)
connection.request("POST", "/", b"", {sign(b"")!r})
begun.wait()
"""
    process = python(code)
    assert (process.returncode, process.stdout, process.stderr) == (0, "done\n", "")
