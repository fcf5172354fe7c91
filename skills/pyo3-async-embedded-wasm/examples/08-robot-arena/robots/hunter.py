"""Goes to the column of the nearest robot, then fires."""

from arena import Action, Direction, View


def turn(view: View) -> Action | None:
    """Return what to do, or None to wait."""
    if not view.others:
        return None
    me = view.me
    target = min(view.others, key=lambda other: abs(other.x - me.x) + abs(other.y - me.y))
    if target.x == me.x:
        return Action.Fire(Direction.North if target.y < me.y else Direction.South)
    return Action.Move(Direction.West if target.x < me.x else Direction.East)
