"""Choose the dishes of a week."""

import json
import random
from pathlib import Path


def choose(file: Path, week: int) -> list[str]:
    """Return seven dishes of a file, the same ones for the same week."""
    dishes = json.loads(Path(file).read_text(encoding="utf-8"))
    return random.Random(week).sample(dishes, 7)  # noqa: S311
