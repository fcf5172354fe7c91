"""What the package does with complete sequences, in Python."""

import re
from collections.abc import Iterator
from typing import Any

from terminal_events import Area, Control, Direction, Event, Part

SEQUENCE = re.compile(
    rb"""
    (?P<text>(?:(?!\xc2[\x80-\x9f])[^\x00-\x1f\x7f])+)
    | \x1b \[ (?P<marker>[<=>?]*) (?P<parameters>[0-9:;]*) (?P<intermediates>[ -/]*) (?P<last>[@-~])
    | \x1b \] (?P<osc>[^\x07\x18\x1a\x1b]*) (?:\x07|\x1b\\)
    | \x1b (?P<escape>[ -/]*[0-Z\\`-~])
    | (?P<c1>\xc2[\x80-\x9f])
    | (?P<c0>[\x00-\x1a\x1c-\x1f\x7f])
    """,
    re.VERBOSE | re.DOTALL,
)
CONTROLS = {
    7: Control.BELL,
    8: Control.BACKSPACE,
    9: Control.TAB,
    10: Control.LINE_FEED,
    11: Control.VERTICAL_TAB,
    12: Control.FORM_FEED,
    13: Control.CARRIAGE_RETURN,
}
DIRECTIONS = {"A": Direction.UP, "B": Direction.DOWN, "C": Direction.RIGHT, "D": Direction.LEFT}
PARTS = [Part.TO_END, Part.TO_START, Part.ALL, Part.SAVED]


def decode(data: bytes) -> list[Event]:
    """Decode what has no incomplete and no broken sequences."""
    return [event for match in SEQUENCE.finditer(data) for event in events(match)]


def events(match: "re.Match[bytes]") -> Iterator[Event]:
    """Return the events of a match."""
    groups = {name: (value or b"").decode(errors="replace") for name, value in match.groupdict().items()}
    match match.lastgroup:
        case "text":
            yield Event.Text(groups["text"])
        case "last":
            yield from control_sequence(
                **{name: groups[name] for name in ("marker", "parameters", "intermediates", "last")}
            )
        case "osc":
            yield operating_command(groups["osc"])
        case "escape":
            yield Event.Other(named("ESC", groups["escape"]))
        case "c1":
            yield Event.Other(f"C1 {ord(groups['c1']):02X}")
        case _:
            code = ord(groups["c0"])
            yield Event.Control(CONTROLS[code]) if code in CONTROLS else Event.Other(f"C0 {code:02X}")


def named(introducer: str, *parts: str) -> str:
    """Write a sequence as manuals do."""
    *whole, rest = parts
    characters = ["SP" if character == " " else character for character in rest]
    return " ".join([introducer, *filter(None, whole), *characters])


def control_sequence(marker: str, parameters: str, intermediates: str, last: str) -> Iterator[Event]:
    """Return the events of a control sequence."""
    codes = [[min(int(code or 0), 65535) for code in part.split(":")] for part in parameters.split(";")]
    numbers: list[Any] = [code[0] for code in codes] + [0]
    match marker, intermediates, last:
        case "", "", "A" | "B" | "C" | "D":
            yield Event.Move(DIRECTIONS[last], numbers[0] or 1)
        case "", "", "H" | "f":
            yield Event.MoveTo(numbers[0] or 1, numbers[1] or 1)
        case "", "", "J" if numbers[0] < 4:
            yield Event.Erase(Area.SCREEN, PARTS[numbers[0]])
        case "", "", "K" if numbers[0] < 3:
            yield Event.Erase(Area.LINE, PARTS[numbers[0]])
        case "", "", "m":
            yield Event.Style(codes)
        case "?", "", "h" | "l":
            yield from (Event.Mode(code[0], last == "h") for code in codes)
        case _:
            yield Event.Other(named("CSI", marker, parameters, intermediates + last))


def operating_command(content: str) -> Event:
    """Return the event of an operating system command."""
    number, semicolon, rest = content.partition(";")
    printable = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", rest)
    if semicolon and number in {"0", "2"}:
        return Event.Title(printable)
    if number == "8" and ";" in rest:
        return Event.Link(printable.partition(";")[2])
    return Event.Other(f"OSC {number}" if re.fullmatch("[0-9]+", number) else "OSC")
