"""Receive webhooks in Rust, and have Python handle them."""

from hook_server._core import Event, running
from hook_server.server import Server

__all__ = ["Event", "Server", "running"]
