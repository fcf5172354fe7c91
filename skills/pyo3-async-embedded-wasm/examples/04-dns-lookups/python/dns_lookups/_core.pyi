from asyncio import Future
from ipaddress import IPv4Address, IPv6Address
from typing import final

__all__ = ["Client", "running"]

@final
class Client:
    def __new__(
        cls, server: str, *, timeout: float = 1.0, retries: int = 2, limit: int = ..., cache: int = 10_000
    ) -> Client: ...
    @property
    def asked(self) -> int: ...
    def lookup(self, name: str, *, version: int = 4) -> Future[list[IPv4Address | IPv6Address]]: ...

def running() -> int: ...
