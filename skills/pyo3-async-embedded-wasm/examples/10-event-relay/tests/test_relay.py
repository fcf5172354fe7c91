"""A relay on loopback: who gets what, who waits for whom, and how it ends."""

import asyncio
import gc
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from conftest import LIMIT, connect, until
from event_relay import Relay, running

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(main, LIMIT))


@pytest.fixture(autouse=True)
def _nothing_goes_on() -> Iterator[None]:
    """No test leaves work behind in Rust."""
    yield
    gc.collect()
    deadline = time.monotonic() + LIMIT
    while running():
        assert time.monotonic() < deadline, f"{running()} jobs go on"
        time.sleep(0.001)


@asynccontextmanager
async def serve(relay: Relay) -> AsyncIterator[int]:
    port = await relay.start()
    try:
        yield port
    finally:
        await relay.stop(LIMIT)


def event(topic: str, **values: Any) -> dict[str, Any]:
    return {"topic": topic, **values}


def test_subscribers_get_what_they_asked_for_in_order() -> None:
    async def main() -> None:
        relay = Relay()
        events = [event("orders.new", n=1), event("stock", n=2), event("orders.paid", n=3, text="ü\n")]
        async with serve(relay) as port, AsyncExitStack() as stack:
            prefixes = ["", "orders.", "orders.paid", "none"]
            clients = [await stack.enter_async_context(connect(port, f"SUB {prefix}")) for prefix in prefixes]
            await until(lambda: relay.metrics()["subscribers"] == 4)
            async with connect(port, "PUB") as publisher:
                await publisher.write(*events)
                assert await publisher.finish() == [{"accepted": 3, "rejected": 0}]
            await relay.stop(LIMIT)
            seen = [[item["n"] for item in await client.rest()] for client in clients]
        assert seen == [[1, 2, 3], [1, 3], [3], []]
        assert relay.metrics() == {
            "accepted_total": 3, "rejected_total": 0, "delivered_total": 6, "cut_total": 0, "lost_total": 0,
            "publishers": 0, "subscribers": 0,
        }  # fmt: skip

    run(main())


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "not valid JSON"),
        ("", "not valid JSON"),
        ("[" * 5000, "not valid JSON"),
        ("[]", "not an object with a `topic`"),
        ('{"topic": "a b"}', "a topic has 1 to 200 letters, digits, dots, dashes and underscores"),
        ('{"topic": "a", "text": "' + "x" * 10_000 + '"}', "too long"),
    ],
)
def test_a_line_that_is_no_event_is_answered_and_the_next_is_taken(line: str, error: str) -> None:
    async def main() -> None:
        async with serve(Relay(max_line=10_000)) as port, connect(port, "PUB") as publisher:
            await publisher.write(event("a"), line)
            assert await publisher.read() == {"error": error, "line": 2}
            await publisher.write(event("a"))
            assert await publisher.finish() == [{"accepted": 2, "rejected": 1}]

    run(main())


@pytest.mark.parametrize("line", ["", "GET / HTTP/1.1", "PUB all", "SUB a*"])
def test_who_is_neither_is_told_what_to_say(line: str) -> None:
    async def main() -> None:
        async with serve(Relay()) as port, connect(port, line) as client:
            assert await client.rest() == [{"error": "expected `PUB` or `SUB` and a topic"}]

    run(main())


def test_who_says_nothing_is_let_go() -> None:
    async def main() -> None:
        async with serve(Relay(patience=0.1)) as port, connect(port) as client:
            assert await client.read() is None

    run(main())


# region: pressure
def test_publishers_wait_for_a_slow_subscriber_and_nothing_is_lost() -> None:
    count, text = 3000, "x" * 10_000

    async def main() -> None:
        relay = Relay(queue=4, patience=LIMIT)
        async with serve(relay) as port, connect(port, "SUB") as slow, connect(port, "PUB") as publisher:
            await until(lambda: relay.metrics()["subscribers"] == 1)

            async def publish() -> list[Any]:
                await publisher.write(*[event("a", n=number, text=text) for number in range(count)])
                return await publisher.finish()

            publishing = asyncio.create_task(publish())
            await until(lambda: relay.metrics()["accepted_total"] > 0)
            before = -1
            while (now := relay.metrics()["accepted_total"]) > before:
                before = now
                await asyncio.sleep(0.2)
            assert 0 < now < count, "the relay takes events that nobody reads"
            for number in range(count):
                assert (await slow.read())["n"] == number
            assert await publishing == [{"accepted": count, "rejected": 0}]

    run(main())


def test_a_subscriber_that_reads_nothing_is_cut_and_the_others_get_all() -> None:
    count, text = 2000, "x" * 10_000

    async def main() -> None:
        relay = Relay(queue=4, patience=1.5)
        async with serve(relay) as port, connect(port, "SUB") as dead, connect(port, "SUB") as quick:
            await until(lambda: relay.metrics()["subscribers"] == 2)

            async def publish() -> None:
                async with connect(port, "PUB") as publisher:
                    await publisher.write(*[event("a", n=number, text=text) for number in range(count)])
                    await publisher.finish()

            publishing = asyncio.create_task(publish())
            assert [(await quick.read())["n"] for _ in range(count)] == list(range(count))
            await publishing
            assert (relay.metrics()["cut_total"], relay.metrics()["subscribers"]) == (1, 1)
            # What it had, then the end: a reset, or in the midst of a line.
            with suppress(ConnectionError, ValueError):
                while await dead.read():
                    pass

    run(main())


# endregion: pressure


def test_many_publish_to_many() -> None:
    async def main() -> None:
        relay = Relay()
        async with serve(relay) as port, AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(connect(port, "SUB")) for _ in range(20)]
            await until(lambda: relay.metrics()["subscribers"] == 20)

            async def publish(source: int) -> None:
                async with connect(port, "PUB") as publisher:
                    await publisher.write(*[event("a", source=source, n=number) for number in range(50)])
                    assert await publisher.finish() == [{"accepted": 50, "rejected": 0}]

            await asyncio.gather(*[publish(source) for source in range(20)])
            stopping = asyncio.create_task(relay.stop(LIMIT))
            for events in await asyncio.gather(*[client.rest() for client in clients]):
                for source in range(20):
                    assert [item["n"] for item in events if item["source"] == source] == list(range(50))
            assert await stopping

    run(main())


def test_who_leaves_is_forgotten() -> None:
    async def main() -> None:
        relay = Relay()
        async with serve(relay) as port:
            async with connect(port, "SUB"), connect(port, "PUB"):
                await until(lambda: (relay.metrics()["subscribers"], relay.metrics()["publishers"]) == (1, 1))
            await until(lambda: (relay.metrics()["subscribers"], relay.metrics()["publishers"]) == (0, 0))

    run(main())


# region: hook
def test_a_hook_changes_drops_and_adds_events() -> None:
    async def hook(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        await asyncio.sleep(0)
        return [item | {"seen": True} for item in events if item["n"] % 2 for _ in range(item["n"])]

    async def main() -> None:
        relay = Relay(hook, batch=2)
        async with serve(relay) as port, connect(port, "SUB") as client, connect(port, "PUB") as publisher:
            await until(lambda: relay.metrics()["subscribers"] == 1)
            await publisher.write(*[event("a", n=number) for number in range(4)])
            await publisher.finish()
            assert await relay.stop(LIMIT)
            assert await client.rest() == [event("a", n=number, seen=True) for number in (1, 3, 3, 3)]

    run(main())


# endregion: hook


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("raises", "LookupError: a"),
        ("is cancelled", "CancelledError"),
        ("hangs", "TimeoutError"),
        ("odd", "ValueError: event 0 of the hook: not an obj"),
    ],
)
def test_a_hook_that_fails_loses_its_batch_and_no_other(
    fault: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def hook(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if events[0]["topic"] == "fine":
            return events
        if fault == "raises":
            raise LookupError(events[0]["topic"])
        if fault == "is cancelled":
            raise asyncio.CancelledError
        if fault == "hangs":
            await asyncio.Event().wait()
        return [{"no": "topic"}]

    async def main() -> None:
        relay = Relay(hook, batch=1, hook_limit=1.0 if fault == "hangs" else LIMIT)
        async with serve(relay) as port, connect(port, "SUB") as client, connect(port, "PUB") as publisher:
            await until(lambda: relay.metrics()["subscribers"] == 1)
            await publisher.write(event("a"), event("fine"))
            assert await client.read() == event("fine")
            assert relay.metrics()["lost_total"] == 1

    run(main())
    assert reason in caplog.text


async def connect_for_ever(port: int) -> None:
    """Connect until it is refused: who listens may hear of the end later than who serves a publisher."""
    while True:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()


def test_stop_delivers_what_was_sent_and_tells_publishers() -> None:
    begun, may_go = asyncio.Event(), asyncio.Event()

    async def hook(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        begun.set()
        await may_go.wait()
        return events

    async def main() -> None:
        relay = Relay(hook, batch=1)
        async with serve(relay) as port, connect(port, "SUB") as client, connect(port, "PUB") as publisher:
            await until(lambda: relay.metrics()["subscribers"] == 1)
            await publisher.write(*[event("a", n=number) for number in range(100)])
            await until(lambda: relay.metrics()["accepted_total"] == 100)
            await begun.wait()
            stopping = asyncio.create_task(relay.stop(LIMIT))
            assert await publisher.rest() == [{"accepted": 100, "rejected": 0}]
            with pytest.raises(ConnectionError):
                await connect_for_ever(port)
            assert not stopping.done()
            may_go.set()
            assert [item["n"] for item in await client.rest()] == list(range(100))
            assert await stopping

    run(main())


def test_stop_does_not_wait_for_a_publisher_that_reads_no_answers() -> None:
    async def main() -> None:
        relay = Relay(patience=0.2)
        async with serve(relay) as port, connect(port, "PUB") as publisher:
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(20):
                    while True:
                        await publisher.write("no event\n" * 1000)
            assert await relay.stop(LIMIT)

    begun = time.monotonic()
    run(main())
    assert time.monotonic() - begun < LIMIT / 2


@pytest.mark.parametrize("who", ["hook", "subscriber"])
def test_stop_does_not_wait_for_ever(who: str) -> None:
    async def hook(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        await asyncio.Event().wait()
        return []

    async def main() -> None:
        relay = Relay(hook if who == "hook" else None, hook_limit=LIMIT, patience=LIMIT)
        async with serve(relay) as port, connect(port, "SUB") as client, connect(port, "PUB") as publisher:
            await until(lambda: relay.metrics()["subscribers"] == 1)
            await publisher.write(*[event("a", text="x" * 50_000) for _ in range(500)])
            assert not await relay.stop(0.2)
            client.writer.close()

    run(main())


def test_a_relay_that_is_dropped_leaves_nothing() -> None:
    async def main() -> None:
        relays = [Relay()]
        port = await relays[0].start()
        async with connect(port, "SUB") as client:
            await until(lambda: relays[0].metrics()["subscribers"] == 1)
            relays.clear()
            assert await client.read() is None

    run(main())


def test_options_are_checked_and_a_relay_is_started_once() -> None:
    async def main() -> None:
        for options in ({"queue": 0}, {"connections": 1 << 16}, {"patience": -1.0}, {"batch": 0}):
            with pytest.raises(ValueError, match=f"`{next(iter(options))}` must be "):
                Relay(**options)
        relay = Relay()
        async with serve(relay) as port:
            with pytest.raises(RuntimeError, match="started once"):
                await relay.start()
            with pytest.raises(OSError, match=r"(?i)address"):
                await Relay().start(port=port)

    run(main())


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)


def test_the_example_in_the_readme_runs() -> None:
    page = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    process = python(example)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout == '{"topic": "orders.paid", "total": 12, "checked": true}\n'


def test_a_process_ends_while_it_relays() -> None:
    code = "import asyncio\nfrom event_relay import Relay\nrelay = Relay()\nasyncio.run(relay.start())\nprint(1)\n"
    process = python(code)
    assert (process.returncode, process.stdout, process.stderr) == (0, "1\n", "")
