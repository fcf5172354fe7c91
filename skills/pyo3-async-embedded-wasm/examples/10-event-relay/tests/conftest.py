"""Publishers and subscribers, as others write them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

# Reached by code that hangs, and by no other.
LIMIT = 60.0


class Client:
    """A connection to a relay."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def write(self, *lines: str | dict[str, Any]) -> None:
        """Send lines, and wait if the relay reads none."""
        for line in lines:
            text = line if isinstance(line, str) else json.dumps(line)
            self.writer.write(text.encode() + b"\n")
            await self.writer.drain()

    async def read(self) -> Any:
        """Return the next line, or None at the end."""
        line = await self.reader.readline()
        return json.loads(line) if line else None

    async def rest(self) -> list[Any]:
        """Return all lines up to the end."""
        return [json.loads(line) for line in (await self.reader.read()).splitlines()]

    async def finish(self) -> list[Any]:
        """End what is sent, and return what is answered."""
        self.writer.write_eof()
        return await self.rest()


@asynccontextmanager
async def connect(port: int, *lines: str) -> AsyncIterator[Client]:
    """Open a connection that begins with some lines."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = Client(reader, writer)
    try:
        await client.write(*lines)
        yield client
    finally:
        writer.close()


async def until(reached: Callable[[], bool]) -> None:
    """Wait for others; a test's limit ends a wait in vain."""
    while not reached():
        await asyncio.sleep(0.001)
