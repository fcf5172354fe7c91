"""The relay, and the hook that sees events on their way."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from event_relay._core import Core

LOGGER = logging.getLogger("event_relay")

Hook = Callable[[list[dict[str, Any]]], Coroutine[Any, Any, Iterable[dict[str, Any]]]]
"""Gets some events in their order, and returns those to deliver: fewer, others or more."""


class Relay:
    """Takes events from publishers over TCP, and gives them to the subscribers that want them."""

    def __init__(  # noqa: PLR0913
        self,
        hook: Hook | None = None,
        *,
        hook_limit: float = 5.0,
        batch: int = 256,
        max_line: int = 65_536,
        queue: int = 1024,
        connections: int = 1000,
        patience: float = 5.0,
    ) -> None:
        """Make a relay that does not listen yet.

        Args:
            hook: A coroutine function that sees events before the subscribers do.
            hook_limit: Seconds that it may take for a batch. The batch is lost if it is late, or raises.
            batch: How many events it gets at once.
            max_line: How many bytes an event may have.
            queue: How many events may wait for the hook, and for each subscriber, up to 65535.
            connections: Connections at a time, up to 65535.
            patience: Seconds for which a subscriber may take no event before it is cut, and publishers wait for it.

        Raises:
            ValueError: If a number is out of range.
        """
        if batch < 1:
            raise ValueError("`batch` must be 1 or more")
        self._core = Core(max_line, queue, connections, patience)
        self._hook, self._hook_limit, self._batch = hook, hook_limit, batch
        self._lost = 0
        self._pump: asyncio.Task[None] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen.

        Args:
            host: The address to listen at.
            port: The port; 0 for a free one.

        Returns:
            The port.

        Raises:
            OSError: If the address can't be had.
            RuntimeError: If the relay has been started before.
        """
        port = await self._core.start(host, port, self._hook is None)
        if self._hook is not None:
            self._pump = asyncio.create_task(self._run(self._hook))
        return port

    # region: pump
    async def _run(self, hook: Hook) -> None:
        # Here and not in Rust: the hook has this task's context, and what it waits for is all that the relay waits for.
        while lines := await self._core.take(self._batch):
            try:
                async with asyncio.timeout(self._hook_limit):
                    events = await hook([json.loads(line) for line in lines])
                await self._core.deliver([json.dumps(event).encode() for event in events])
            except (Exception, asyncio.CancelledError) as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                    raise  # By `stop`. Without that, what the hook waited for was cancelled by others.
                self._lost += len(lines)
                LOGGER.exception("the hook lost %d events", len(lines))

    # endregion: pump

    async def stop(self, grace: float = 10.0) -> bool:
        """Take nothing more, and deliver what there is.

        Args:
            grace: Seconds to wait for the hook and the subscribers.

        Returns:
            Whether all was delivered. If not, the rest is dropped.
        """
        delivered = await self._core.stop(grace)
        if self._pump is not None:
            if not delivered:
                self._pump.cancel()
            await asyncio.wait([self._pump])
        return delivered

    def metrics(self) -> dict[str, int]:
        """Count what was done (`…_total`), and who is there."""
        return self._core.metrics() | {"lost_total": self._lost}
