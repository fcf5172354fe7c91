"""A site on loopback that has every fault, and can stop for ever at any stage of an answer."""

import asyncio
import socket
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[1]

HTML = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def page(*links: str) -> str:
    """Return an answer with links."""
    body = "".join(f'<a href="{link}">x</a>' for link in links)
    return f"{HTML}Content-Length: {len(body)}\r\n\r\n{body}"


class Site:
    """Answers, by path. What begins with `!` is a fault."""

    def __init__(self, answers: dict[str, str], *, stop_at: int = -1) -> None:
        """Remember what to answer; at the `stop_at`-th stage, hang."""
        self.answers, self.stop_at = answers, stop_at
        self.requests: Counter[str] = Counter()
        self.stages = self.open = self.peak = 0
        self.stopped, self.url = asyncio.Event(), ""

    async def stage(self) -> None:
        """Go on, or never."""
        self.stages += 1
        if self.stages == self.stop_at:
            self.stopped.set()
        if self.stages >= self.stop_at > 0:
            await asyncio.Event().wait()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        self.open += 1
        self.peak = max(self.peak, self.open)
        try:
            await self.answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a request, in pieces."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        self.requests[path] += 1
        answer = self.answers.get(path, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        sending = asyncio.ensure_future(self.send(writer, answer, self.requests[path]))
        # The client may go while the answer hangs.
        gone = asyncio.ensure_future(reader.read())
        await asyncio.wait([gone, sending], return_when=asyncio.FIRST_COMPLETED)
        for task in (gone, sending):
            task.cancel()
        await asyncio.gather(gone, sending, return_exceptions=True)

    async def send(self, writer: asyncio.StreamWriter, answer: str, times: int) -> None:
        """Send an answer, or what is wrong with it."""
        fault, _, rest = answer.partition(" ")
        if fault == "!hang":
            await asyncio.Event().wait()
        elif fault == "!reset":
            # Without waiting for what is not sent, so that the other side sees a reset.
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif fault == "!then":
            first, second = rest.split(" | ")
            await self.pieces(writer, first if times == 1 else second)
        elif fault in ("!drip", "!flood"):
            await self.pieces(writer, HTML + "\r\n")
            while True:
                writer.write(b"<" if fault == "!drip" else b"<" * 65536)
                await writer.drain()
                await asyncio.sleep(0.01 if fault == "!drip" else 0)
        else:
            await self.pieces(writer, rest if fault == "!raw" else answer)

    async def pieces(self, writer: asyncio.StreamWriter, answer: str) -> None:
        """Send the half of a line at a time. Where it stops, something is left to be sent."""
        for line in answer.splitlines(keepends=True):
            for piece in (line[: len(line) // 2], line[len(line) // 2 :]):
                await self.stage()
                writer.write(piece.encode())
                await writer.drain()


@asynccontextmanager
async def serve(site: Site, certificate: Path | None = None) -> AsyncIterator[Site]:
    """Serve a site on a free port."""
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    server = await asyncio.start_server(site.handle, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    site.url = f"http{'s' if certificate else ''}://127.0.0.1:{port}"
    try:
        yield site
    finally:
        server.close()
        # A connection that was accepted just now is handled a few turns of the loop later.
        for _ in range(5):
            await asyncio.sleep(0)
        while site.open:
            await asyncio.sleep(0.001)
