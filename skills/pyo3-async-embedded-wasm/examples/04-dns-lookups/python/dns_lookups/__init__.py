"""Host names looked up by Rust and awaited from asyncio."""

from dns_lookups._core import Client, running
from dns_lookups.errors import ClosedError, DnsError, NameNotFoundError, NoReplyError, ServerError

__all__ = [
    "Client",
    "ClosedError",
    "DnsError",
    "NameNotFoundError",
    "NoReplyError",
    "ServerError",
    "running",
]
