"""The signals that ask a program to stop, and how to hold them off for a moment."""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
STOPPING = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))


@contextmanager
def postponed() -> Iterator[None]:
    """Let what must not be left half-done come to its end; a signal that came meanwhile is obeyed then."""
    came: list[int] = []
    before: dict[signal.Signals, Any] = {}
    try:
        _handle(lambda number, _: came.append(number), before)
        yield
    finally:
        _restore(before)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def undisturbed(*, from_now_on: bool = False) -> Iterator[None]:
    """Ignore signals, in the programs that are started, too, while something is done that takes but a moment.

    Args:
        from_now_on: If it succeeds, nothing is left to be stopped but to say so.
    """
    before: dict[signal.Signals, Any] = {}
    done = False
    try:
        _handle(signal.SIG_IGN, before)
        yield
        done = True
    finally:
        if not (done and from_now_on):
            _restore(before)


def _handle(handler: Any, before: dict[signal.Signals, Any]) -> None:
    """Set a handler for the signals, and keep what was there in `before`."""
    for number in STOPPING:
        # What is ignored stays so, and what is not Python's could not be put back.
        if signal.getsignal(number) not in {signal.SIG_IGN, None}:
            with suppress(ValueError):  # only the main thread may
                before[number] = signal.signal(number, handler)


def _restore(before: dict[signal.Signals, Any]) -> None:
    """Put back the handlers that were there."""
    for number, handler in before.items():
        signal.signal(number, handler)
