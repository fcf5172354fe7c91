"""The server, as Python sees it."""

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from hook_server._core import Core, Event, Slot

LOGGER = logging.getLogger("hook_server")

Handler = TypeVar("Handler", bound=Callable[[Event], object])


def run(function: Callable[[Event], object], event: Event) -> bool:
    """Call a function on one of Rust's threads, and log what it raises."""
    try:
        result = function(event)
        if inspect.iscoroutine(result):
            # Nobody awaits it: `functools.wraps`, for one, makes no coroutine function of one that blocks.
            result.close()
            raise TypeError("a handler that is not a coroutine function returned a coroutine")
    # `SystemExit`, too: here it ends nothing.
    except BaseException:
        LOGGER.exception("the handler of `%s` failed", event.id)
        return False
    return True


# region: slot
async def run_async(function: Callable[[Event], Coroutine[Any, Any, object]], event: Event, slot: Slot) -> bool:
    """Await a coroutine on the event loop; its slot is taken until it has ended, also when it is cancelled."""
    try:
        await function(event)
    except (Exception, asyncio.CancelledError) as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise  # Its time is over. Without that, what it waited for was cancelled by others.
        LOGGER.exception("the handler of `%s` failed", event.id)
        return False
    finally:
        slot.release()
    return True


# endregion: slot


class Server:
    """A server for webhooks that are signed as the Standard Webhooks specification says."""

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        max_body: int = 2**20,
        patience: float = 10.0,
        tolerance: int = 300,
        connections: int = 1000,
    ) -> None:
        """Make a server that does not listen yet.

        Args:
            secrets: Secrets such as `whsec_…`; a request needs a signature by one of them.
            max_body: How long the body of a request may be.
            patience: Seconds that a sender has for the head of a request, and again for its body.
            tolerance: Seconds that a request may be old, or early.
            connections: Connections at a time, up to 65535.

        Raises:
            ValueError: If a secret or an option is none.
        """
        self._core = Core(list(secrets), max_body, patience, tolerance, connections)

    def on(self, path: str, *, limit: float = 10.0, at_once: int = 4) -> Callable[[Handler], Handler]:
        """Make a function the handler of a path: one that blocks, or a coroutine function.

        Senders repeat what was not handled, so a handler may see an event twice: `Event.id` is the same.

        Args:
            path: The path of the requests.
            limit: Seconds that a call may take. A coroutine is cancelled then. A function goes on, for nobody.
            at_once: Calls at a time; further ones wait, within the limit.

        Raises:
            ValueError: If the path has a handler, or an option is none.
            RuntimeError: If the server has been started.
        """

        def register(function: Handler) -> Handler:
            call_method = getattr(function, "__call__", None)  # noqa: B004
            is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call_method)
            call: Callable[..., Any] = run_async if is_async else run
            self._core.handle(path, partial(call, function), is_async, limit, at_once)
            return function

        return register

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen. Coroutines run on the event loop that runs now.

        Args:
            host: The address to listen at.
            port: The port; 0 for a free one.

        Returns:
            The port.

        Raises:
            OSError: If the address can't be had.
            RuntimeError: If the server has been started before.
        """
        return await self._core.start(host, port)

    async def stop(self, grace: float = 10.0) -> bool:
        """Take no further requests, and wait for those that have begun.

        Args:
            grace: Seconds to wait.

        Returns:
            Whether all requests and handlers have ended. Connections are closed if not.
        """
        return await self._core.stop(grace)
