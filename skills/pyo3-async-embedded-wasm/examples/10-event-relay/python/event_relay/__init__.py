"""Relay events over TCP, with back-pressure, Python hooks and an orderly end."""

from event_relay._core import __version__, running
from event_relay.relay import Hook, Relay

__all__ = ["Hook", "Relay", "__version__", "running"]
