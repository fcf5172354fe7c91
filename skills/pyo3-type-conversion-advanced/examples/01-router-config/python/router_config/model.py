"""The configuration as dataclasses, for who writes it in Python; and what a router decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True)
class Upstream:
    """Servers that answer alike."""

    servers: list[str]
    retries: int = 1


@dataclass(frozen=True)
class Redirect:
    """Where a client is sent."""

    to: str
    status: int = 308


@dataclass(frozen=True)
class Respond:
    """An answer that is always the same."""

    status: int
    body: str = ""


@dataclass(frozen=True)
class ToUpstream:
    """Let an upstream answer."""

    upstream: str


@dataclass(frozen=True)
class RedirectTo:
    """Send the client elsewhere."""

    redirect: Redirect


@dataclass(frozen=True)
class RespondWith:
    """Answer at once."""

    respond: Respond


@dataclass(frozen=True)
class Route:
    """What is done with requests to a path, and to all below it."""

    path: str
    action: ToUpstream | RedirectTo | RespondWith
    host: str | None = None
    methods: Sequence[str] = ()


@dataclass(frozen=True)
class Timeouts:
    """How long to wait for others, in seconds if it is a number."""

    request: float | timedelta
    connect: float | timedelta = 5.0


@dataclass(frozen=True)
class Config:
    """A router's configuration."""

    listen: int | str
    routes: list[Route]
    upstreams: Mapping[str, Upstream] = field(default_factory=dict)
    timeouts: Timeouts = Timeouts(60)


@dataclass(frozen=True)
class Decision:
    """What to do with a request.

    `target` is the name of the upstream, the place to redirect to, or the body of the response.
    """

    route: int
    kind: Literal["upstream", "redirect", "respond"]
    target: str
    status: int | None
