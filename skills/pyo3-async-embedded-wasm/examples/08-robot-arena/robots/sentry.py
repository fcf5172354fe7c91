"""Stays, and fires round about."""

from arena import Action, Direction, View

DIRECTIONS = [Direction.North, Direction.East, Direction.South, Direction.West]


def turn(view: View) -> Action:
    """Return what to do."""
    shots = view.memory.setdefault("shots", 0)
    view.memory["shots"] += 1
    return Action.Fire(DIRECTIONS[shots % 4])
