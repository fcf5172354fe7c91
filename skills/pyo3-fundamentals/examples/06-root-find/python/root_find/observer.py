"""What the search calls while it runs."""

from typing import Protocol


class Observer(Protocol):
    """An object that wants to know how a search proceeds; any with such a method is one."""

    def on_step(self, low: float, high: float, /) -> object:
        """Take note of the interval that is left after a step."""
