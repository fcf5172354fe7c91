"""What the package does, in Python, on rows."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Group:
    """What is known of the trips with one key."""

    trips: int = 0
    values: list[float] = field(default_factory=list)

    @property
    def missing(self) -> int:
        """How many have no value."""
        return self.trips - len(self.values)

    def quantile(self, part: float) -> float:
        """Return a value that this part of all doesn't exceed."""
        return sorted(self.values)[max(math.ceil(part * len(self.values)), 1) - 1]


def group(rows: Iterable[tuple[str | None, float | None]]) -> dict[str | None, Group]:
    """Group rows by their first column."""
    groups = defaultdict[str | None, Group](Group)
    for key, value in rows:
        groups[key].trips += 1
        if value is not None and math.isfinite(value):
            groups[key].values.append(value)
    return groups
