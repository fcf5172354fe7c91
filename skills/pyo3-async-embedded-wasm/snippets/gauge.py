"""A river gauge on loopback that answers, or fails in a chosen way."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

FAULTS = {
    "silence": b"",
    "half a line": b"3.",
    "noise": b"\x00\xff\n",
    "no number": b"high\n",
    "too much": b"9" * 100_000,
}


class Gauge:
    """Answers each request with the next of its answers; `None` resets the connection."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.address = ""

    # region: answer
    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, until the other side closes it."""
        await reader.readline()
        self.asked.set()
        answer = self.answers.pop(0)
        if answer is None:
            no_lingering = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
        else:
            writer.write(answer)
            await asyncio.gather(writer.drain(), reader.read(), return_exceptions=True)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        self.left.set()

    # endregion: answer


@asynccontextmanager
async def serve(*answers: bytes | None) -> AsyncIterator[Gauge]:
    """Run a gauge on a free port."""
    gauge = Gauge(*answers)
    server = await asyncio.start_server(gauge.answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    gauge.address = f"{host}:{port}"
    async with server:
        yield gauge
