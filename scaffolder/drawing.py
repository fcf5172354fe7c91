"""A tree of names as text and as an SVG image, and text for any SVG."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COLOURS = {
    "module": "#0550ae", "class": "#953800", "function": "#116329", "exception": "#a40e26", "value": "#57606a",
}  # fmt: skip
LINE, LETTER, MARGIN, STEP = 22, 8.2, 20, 24


@dataclass(frozen=True)
class Row:
    """A line of the drawing.

    Attributes:
        name: The Python name.
        kind: What it is.
        remark: What else there is to say.
        place: Where it is defined.
        branches: For each level, whether another line of it follows; the last is the row's own.
    """

    name: str
    kind: str
    remark: str
    place: str
    branches: tuple[bool, ...]


def as_text(rows: list[Row]) -> str:
    """Draw the tree as text."""
    names = [_prefix(row) + row.name for row in rows]
    width = min(max(map(len, names)), 50)
    lines = []
    for name, row in zip(names, rows, strict=True):
        remark = f", {row.remark}" if row.remark else ""
        lines.append(f"{name:<{width}}  {row.kind:<9}  {row.place}{remark}".rstrip())
    return "\n".join(lines) + "\n"


def _prefix(row: Row) -> str:
    if not row.branches:
        return ""
    above = "".join("│   " if follows else "    " for follows in row.branches[:-1])
    return f"{above}{'├── ' if row.branches[-1] else '└── '}"


def as_svg(rows: list[Row], title: str) -> str:
    """Draw the tree as an SVG image, on white and with the system's letters."""
    names = [f"{row.name}" for row in rows]
    column = max(MARGIN + STEP * len(row.branches) + LETTER * len(name) for row, name in zip(rows, names, strict=True))
    column += 2 * STEP
    labels = [" · ".join(filter(None, [row.kind, row.remark, row.place])) for row in rows]
    width, height = column + LETTER * max(map(len, labels)) + MARGIN, 2 * MARGIN + LINE * len(rows)
    parts: list[str] = []
    for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
        y = MARGIN + LINE * number + LINE / 2
        parts += _lines(row, y)
        x = MARGIN + STEP * len(row.branches)
        weight = ' font-weight="bold"' if row.kind == "module" else ""
        parts.append(f'<circle cx="{x}" cy="{y:g}" r="4" fill="{COLOURS[row.kind]}"/>')
        parts.append(f'<text x="{x + 10}" y="{y + 4:g}"{weight} fill="#1f2328">{escape_text(row.name)}</text>')
        parts.append(f'<text x="{column:.0f}" y="{y + 4:g}" fill="#57606a">{escape_text(label)}</text>')
    return svg_head(width, height, title, letters=13) + "\n".join([*parts, "</svg>", ""])


def svg_head(width: float, height: float, title: str, letters: int = 12) -> str:
    """Return the first lines of an SVG image: on white, with the system's letters.

    Args:
        width: How wide it is, in pixels.
        height: How high it is, in pixels.
        title: What it shows.
        letters: The height of letters, in pixels.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family="monospace" font-size="{letters}">\n'
        f"<title>{escape_text(title)}</title>\n"
        '<rect width="100%" height="100%" fill="white"/>\n'
    )


def _lines(row: Row, y: float) -> Iterator[str]:
    """Draw the branches on the left of a row."""
    for level, follows in enumerate(row.branches):
        x = MARGIN + STEP * level
        is_own = level == len(row.branches) - 1
        end = y + LINE / 2 if follows else y
        path = f"M{x} {y - LINE / 2:g}V{end:g}" if is_own or follows else ""
        path += f"M{x} {y:g}H{x + STEP - 6}" if is_own else ""
        if path:
            yield f'<path d="{path}" stroke="#8c959f" fill="none"/>'


def escape_text(text: str) -> str:
    """Escape a text; XML has no control characters."""
    return escape("".join(character if character.isprintable() else "�" for character in text))
