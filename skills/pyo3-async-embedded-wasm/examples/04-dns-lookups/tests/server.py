"""A DNS server on this machine that misbehaves on demand."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from typing import Self

FLAGS, TYPES = {"ok": 0x8180, "missing": 0x8183, "failing": 0x8182, "long": 0x8380}, {1: 4, 28: 6}


class Server(asyncio.DatagramProtocol):
    """Answers with addresses that follow from names.

    Attributes:
        asked: How often it was asked for each name.
        held: The replies that wait while it is paused.
        drop: How many of the next questions get no reply.
    """

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.held: list[tuple[bytes, tuple[str, int]]] = []
        self.drop = 0
        self.is_paused = False
        self.changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.address = "{}:{}".format(*self.transport.get_extra_info("sockname"))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.transport.close()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        name, end = read_name(data)
        self.asked[name] += 1
        self.changed.set()
        if self.drop:
            self.drop -= 1
            return
        for reply in replies(name, data, end):
            if self.is_paused:
                self.held.append((reply, address))
            else:
                self.transport.sendto(reply, address)

    def resume(self) -> None:
        """Send all replies that wait, and the next ones at once."""
        self.is_paused = False
        for reply, address in self.held:
            self.transport.sendto(reply, address)
        self.held.clear()


def read_name(data: bytes) -> tuple[str, int]:
    """Return the name in a question, and where the question ends."""
    labels, place = [], 12
    while length := data[place]:
        labels.append(data[place + 1 : place + 1 + length].decode())
        place += 1 + length
    return ".".join(labels), place + 5


def replies(name: str, data: bytes, end: int) -> list[bytes]:
    """Return what is sent for a question; the first label says how."""
    how, kind = name.partition(".")[0], data[end - 3]
    question = data[12:end]
    if how in {"missing", "failing", "long"}:
        return [data[:2] + FLAGS[how].to_bytes(2, "big") + data[4:12] + question]
    address = address_of(name, TYPES[kind]).packed
    lifetime = 0 if how == "brief" else 60
    answer = b"\xc0\x0c" + question[-4:] + lifetime.to_bytes(4, "big") + len(address).to_bytes(2, "big") + address
    reply = data[:2] + b"\x81\x80\0\x01\0\x01\0\0\0\0" + question + answer
    if how == "cut":
        return [reply[:-2]]
    if how == "forged":
        # What others might send: a number and a name that nobody asked for, and no DNS at all.
        stranger = bytes([data[0] ^ 1, data[1]]) + reply[2:]
        return [b"", b"x", stranger, reply.replace(b"forged", b"hacked"), reply]
    return [reply]


def address_of(name: str, version: int = 4) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the address of a name."""
    number = sum(name.encode()) % 250 + 1
    return ipaddress.ip_address(f"192.0.2.{number}" if version == 4 else f"2001:db8::{number:x}")
