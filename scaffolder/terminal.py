"""What every command has in common at the terminal: signals, and a sign that something goes on."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from scaffolder.errors import InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from types import FrameType


@contextmanager
def stoppable(state: str = "nothing was made") -> Iterator[None]:
    """Let the signals that end a program end it tidily: everything half-made is removed on the way out.

    Args:
        state: What the user is told then.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
    usual = {signal.SIG_DFL, signal.default_int_handler}

    def stop(number: int, _: FrameType | None) -> None:
        for other in signals:
            signal.signal(other, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    # What is ignored already, as under nohup, stays so.
    before = {number: signal.signal(number, stop) for number in signals if signal.getsignal(number) in usual}
    try:
        yield
    except KeyboardInterrupt as interruption:
        raise InterruptedRunError(*interruption.args[:1], state=state) from interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def progress(text: str, *, visible: bool) -> AbstractContextManager[object]:
    """Show on a terminal that something is going on."""
    if not visible or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(text)
