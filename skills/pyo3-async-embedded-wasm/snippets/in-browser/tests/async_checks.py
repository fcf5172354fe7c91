"""What needs an event loop: the page's own runs it, because pytest can't wait for a coroutine under node."""

from __future__ import annotations

import asyncio
from typing import Any

import js
import pytest
from browser_snippets._core import javascript
from pyodide.code import run_js
from pyodide.ffi import JsException, can_run_sync, create_proxy, to_js


async def check_promises() -> None:
    # region: promise
    later = run_js("(value, time) => new Promise((done) => setTimeout(done, time, value))")
    assert await later("loud", 1) == "loud"
    # A promise is an asyncio future: it has its place in `gather`, `timeout` and the rest.
    assert await asyncio.gather(later(1, 2), asyncio.sleep(0.001, 2)) == [1, 2]
    # endregion: promise
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await later("late", 10_000)
    with pytest.raises(JsException) as info:
        await run_js("Promise.reject(new RangeError('too loud'))")
    assert (info.value.name, info.value.message) == ("RangeError", "too loud")


async def check_waiting() -> None:
    # Where the engine can switch stacks (JSPI), Rust's caller is suspended too.
    if can_run_sync():
        assert javascript.wait_for(asyncio.sleep(0.001, 5)) == 5
        assert javascript.wait_for(run_js("Promise.resolve(7)")) == 7
        assert asyncio.run(asyncio.sleep(0, 3)) == 3
        return
    coroutine = asyncio.sleep(0.001, 5)
    with pytest.raises(RuntimeError, match="stack switching not supported"):
        javascript.wait_for(coroutine)
    coroutine.close()


async def check_threads() -> None:
    assert type(asyncio.get_running_loop()).__name__ == "WebLoop"
    # Not a thread: the function runs at once, here.
    order: list[str] = []
    waiting = asyncio.get_running_loop().run_in_executor(None, order.append, "work")
    order.append("after")
    await waiting
    assert order == ["work", "after"], order
    with pytest.raises(NotImplementedError):
        await asyncio.open_connection("127.0.0.1", 9)


async def check_callbacks() -> None:
    # region: proxy
    rang = asyncio.Event()
    report = create_proxy(rang.set)
    js.setTimeout(report, 1)
    await rang.wait()
    report.destroy()
    # endregion: proxy
    keep = run_js("(report) => { globalThis.kept = report; }")
    keep(lambda: None)
    with pytest.raises(JsException, match="borrowed proxy was automatically destroyed"):
        run_js("kept()")
    js_type = run_js("(value) => value.constructor.name")
    assert js_type(b"abc") == "PyProxy"
    assert js_type(to_js(b"abc")) == "Uint8Array"
    assert js_type(to_js([1])) == "Array"
    assert js_type(to_js({"a": 1})) == "Object"
    # Rust calls a promise-returning function and gets a future that nobody awaits.
    results: list[Any] = []
    javascript.scan([1.0], 1, lambda *_: results.append(run_js("Promise.resolve(1)")))
    assert await results[0] == 1


async def run() -> int:
    """Run all and return how many there are."""
    checks = [check for name, check in globals().items() if name.startswith("check_")]
    for check in checks:
        await check()
    return len(checks)
