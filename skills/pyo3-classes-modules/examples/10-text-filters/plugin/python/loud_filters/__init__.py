"""Filters in Python. The type checker compares them with the contract; nothing is inherited."""

from typing import TYPE_CHECKING


class Shout:
    """Upper case, and an exclamation mark."""

    # A number, not the host's `API_VERSION`: that one would claim to fit any host.
    api_version = 1

    def apply(self, text: str) -> str:
        """Return the text, louder."""
        return text.upper() + "!"


class Replace:
    """One character in the place of another."""

    api_version = 1

    def __init__(self, old: str, new: str) -> None:
        """Say what to replace."""
        self.old = old
        self.new = new

    def apply(self, text: str) -> str:
        """Return the text with the one replaced by the other."""
        return text.replace(self.old, self.new)


# An entry point may name an instance: it comes with its arguments.
stars = Replace("e", "*")

if TYPE_CHECKING:
    from text_filters import Filter

    contract: list[Filter] = [Shout(), stars]
