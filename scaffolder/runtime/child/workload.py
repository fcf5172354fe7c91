"""How often threads make which calls."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

# Seconds that all calls of a round are to take, and how many a thread makes at most.
ROUND, MOST_CALLS = 0.08, 50


class Workload:
    """Calls to make.

    Attributes:
        makes: What makes the objects in them.
        calls: The calls.
        seconds: How long one takes.
        threads: How many threads make them.
        count: How many each makes.
        total: How many all make.
        codes: The calls, compiled.
    """

    def __init__(
        self, makes: list[list[str]], calls: list[str], seconds: float, threads: int, limit: float = ROUND,
        most: int = MOST_CALLS,
    ) -> None:  # fmt: skip
        self.makes, self.calls, self.seconds, self.threads = makes, calls, seconds, threads
        self.count = max(2, min(most, int(limit / (threads * max(seconds, 1e-7)))))
        self.total = self.count * threads
        self.codes = [compile(text, f"<{text}>", "eval") for text in calls]

    def code(self, number: int, place: int) -> CodeType:
        """Return the call of a thread; of two calls each thread makes one only."""
        return self.codes[(number + (place if len(self.codes) > 2 else 0)) % len(self.codes)]
