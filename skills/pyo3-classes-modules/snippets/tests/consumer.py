"""What users of `lengths` may write, and what type checkers have to refuse. It is read, and never run."""

from classes_snippets.lengths import Leg, Length, Stack, Unit
from typing_extensions import assert_never, assert_type

# region: consumer
walk = Length(1500)
assert_type(walk + Length.ZERO, Length)
assert_type(walk / 2, Length)
assert_type(walk / walk, float)
assert_type(Stack[Length]().pop(), Length)
_ = walk + 3  # type: ignore[operator]
_ = walk < 3  # type: ignore[operator]
walk.metres = 3  # type: ignore[misc]
Stack[str]().push(3)  # type: ignore[arg-type]
# endregion: consumer


class Steep(Leg):
    """A subclass in Python."""


class Far(Length):  # type: ignore[misc]
    """Not possible: the class is final."""


class Both(Leg, int):  # type: ignore[misc]
    """Not possible: each of the two has fields of its own."""


assert_type(Steep("ridge").started(), Steep)
assert_type(walk < Length.ZERO, bool)


def kilometres(length: Length) -> float:
    match length:
        case Length(metres):
            return assert_type(metres, float) / 1000


def sign(unit: Unit) -> str:
    match unit:
        case Unit.Metre:
            return "m"
        case Unit.Mile:
            return "mi"
        case _:
            # Not seen to be complete: it is no `enum.Enum`.
            assert_never(unit)  # type: ignore[arg-type]
