"""The configuration of an HTTP router: TOML, dicts or dataclasses, checked and matched."""

from router_config._core import Router
from router_config.errors import ConfigError
from router_config.files import read_router
from router_config.model import (
    Config,
    Decision,
    Redirect,
    RedirectTo,
    Respond,
    RespondWith,
    Route,
    ToUpstream,
    Upstream,
)

__all__ = [
    "Config",
    "ConfigError",
    "Decision",
    "Redirect",
    "RedirectTo",
    "Respond",
    "RespondWith",
    "Route",
    "Router",
    "ToUpstream",
    "Upstream",
    "read_router",
]
