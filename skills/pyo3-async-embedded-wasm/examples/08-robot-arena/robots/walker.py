"""Walks along the walls."""

from arena import Action, Direction, View


def turn(view: View) -> Action:
    """Return what to do."""
    me, last = view.me, view.size - 1
    if me.y == 0 and me.x < last:
        return Action.Move(Direction.East)
    if me.x == last and me.y < last:
        return Action.Move(Direction.South)
    return Action.Move(Direction.West if me.x > 0 and me.y == last else Direction.North)
