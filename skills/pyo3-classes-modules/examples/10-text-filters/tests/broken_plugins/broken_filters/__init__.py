"""Filters that break the contract, one way each."""


class HasNoVersion:
    """Which contract it keeps can't be told."""

    def apply(self, text: str) -> str:
        """Return the text."""
        return text


class IsTooOld(HasNoVersion):
    """Made for a version that is gone."""

    api_version = 0


class IsTooNew(HasNoVersion):
    """Made for a version that is to come."""

    api_version = 1000


class HasNoMethod:
    """Has nothing to apply."""

    api_version = 1


class FailsWhenCalled:
    """Can't be created without a file that isn't there."""

    api_version = 1

    def __init__(self) -> None:
        """Fail."""
        raise FileNotFoundError("no dictionary")

    def apply(self, text: str) -> str:
        """Return the text."""
        return text


class FailsWhenApplied:
    """Raises."""

    api_version = 1

    def apply(self, text: str) -> str:
        """Fail."""
        raise ZeroDivisionError(text)


class ReturnsNone:
    """Forgets to return what it made."""

    api_version = 1

    def apply(self, text: str) -> None:
        """Return nothing."""
        text.strip()
