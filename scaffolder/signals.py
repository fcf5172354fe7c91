"""Defer or ignore the signals that ask a program to stop."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
STOPPING = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))


@contextmanager
def defer_signals() -> Iterator[None]:
    """Defer signals until a critical section ends."""
    received: list[int] = []
    before: dict[signal.Signals, Any] = {}
    try:
        _handle(lambda number, _: received.append(number), before)
        yield
    finally:
        _restore(before)
        if received:
            signal.raise_signal(received[0])


@contextmanager
def stop_at_interrupt() -> Iterator[threading.Event]:
    """Let the first Ctrl-C set an event, and a second one do what it always does."""
    stop, before = threading.Event(), signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def ignore_signals(*, from_now_on: bool = False) -> Iterator[None]:
    """Ignore signals, here and in child processes, for a short critical section.

    Args:
        from_now_on: Keep ignoring them after a success, when only the report is left.
    """
    before: dict[signal.Signals, Any] = {}
    succeeded = False
    try:
        _handle(signal.SIG_IGN, before)
        yield
        succeeded = True
    finally:
        if not (succeeded and from_now_on):
            _restore(before)


def _handle(handler: Any, before: dict[signal.Signals, Any]) -> None:
    """Set a handler for the signals, and save the previous ones in `before`."""
    for number in STOPPING:
        # What is ignored stays so, and what is not Python's could not be put back.
        if signal.getsignal(number) not in {signal.SIG_IGN, None}:
            with suppress(ValueError):  # only the main thread may
                before[number] = signal.signal(number, handler)


def _restore(before: dict[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)
