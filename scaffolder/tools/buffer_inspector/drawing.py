"""Draw memory as SVG: which ranges objects share, and how the elements of each are laid out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.drawing import escape_text, svg_head
from scaffolder.runtime.areas import area, merge, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffolder.runtime.areas import Area, Run
    from scaffolder.runtime.memory import Layout, Memory, Subject

WIDTH, MARGIN, NAMES, ROW, LETTER = 960, 20, 300, 26, 7.3
BAR = WIDTH - NAMES - 2 * MARGIN
# Beyond these a picture shows less, not more.
MOST_REGIONS, MOST_PIECES, MOST_ROWS, MOST_COLUMNS, MOST_PLANES = 16, 300, 6, 10, 3
CELL, STRIP = 54, 8
STYLE = """<style>.own { fill: #9ec5fe; stroke: #0550ae } .shared { fill: #ffc680; stroke: #b7410e } \
.gap { fill: #f2f2f2; stroke: #bbb } .head { font-size: 15px; font-weight: bold } .small { font-size: 10px } \
.faint { fill: #57606a }</style>"""


@dataclass(frozen=True)
class Piece:
    """A part of the memory that an object exports.

    Attributes:
        name: The object.
        labels: The protocols that export it, with the parts.
        area: Its bytes.
    """

    name: str
    labels: tuple[str, ...]
    area: Area


class Canvas:
    """Shapes and texts, from the top down."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = MARGIN

    def text(self, x: float, text: str, kind: str = "", anchor: str = "start") -> None:
        """Write a text at the current height."""
        clean = escape_text(text)
        self.parts.append(f'<text class="{kind}" x="{x:.1f}" y="{self.y + 13}" text-anchor="{anchor}">{clean}</text>')

    def box(self, x: float, width: float, kind: str, height: float = 18) -> None:
        """Draw a rectangle at the current height."""
        size = f'width="{max(width, 1):.1f}" height="{height}"'
        self.parts.append(f'<rect class="{kind}" x="{x:.1f}" y="{self.y}" {size}/>')

    def line(self, text: str, kind: str = "", room: int = ROW) -> None:
        """Write a line of text, and go on below."""
        self.text(MARGIN, text, kind)
        self.y += room


def draw_memory(memory: Memory) -> str:
    """Return a picture of memory: the ranges that objects share, then the elements of each."""
    canvas = Canvas()
    canvas.line(f"Memory exported by objects of {memory.module}", "head")
    draw_legend(canvas)
    draw_regions(canvas, memory)
    for subject in memory.subjects:
        if (layout := subject.layout) and len(layout.shape) <= 3 and area(layout).runs:
            draw_layout(canvas, subject, layout)
    title = f"Memory of {', '.join(subject.name for subject in memory.subjects)}"
    return svg_head(WIDTH, canvas.y + MARGIN, title) + "\n".join([STYLE, *canvas.parts, "</svg>", ""])


def draw_legend(canvas: Canvas) -> None:
    """Say what the colours mean."""
    texts = (("own", "one object"), ("shared", "shared by objects"), ("gap", "between elements"))
    for number, (kind, text) in enumerate(texts):
        canvas.box(MARGIN + 190 * number, 18, kind)
        canvas.text(MARGIN + 190 * number + 26, text)
    canvas.y += 2 * ROW


def pieces_of(memory: Memory) -> list[Piece]:
    """Return all memory, once where several protocols of an object export the same."""
    areas: dict[tuple[str, tuple[Run, ...]], list[str]] = {}
    exact: dict[tuple[str, tuple[Run, ...]], Area] = {}
    for subject in memory.subjects:
        for export in subject.exports.values():
            for layout in export.layouts if not export.facts.get("indirect") else ():
                reached = area(layout)
                if reached.runs:
                    key = subject.name, reached.runs
                    areas.setdefault(key, []).append(f"{export.protocol} {layout.label}".strip())
                    exact[key] = reached
    return [Piece(name, tuple(labels), exact[name, runs]) for (name, runs), labels in areas.items()]


def regions_of(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return pieces by the stretch of memory that they are in; those that more objects share are first."""
    whole = merge((piece.area.runs[0][0], piece.area.runs[-1][1]) for piece in pieces)
    regions = [
        [piece for piece in pieces if start <= piece.area.runs[0][0] < end] for start, end in whole
    ]  # fmt: skip
    return sorted(regions, key=lambda region: -len({piece.name for piece in region}))


def draw_regions(canvas: Canvas, memory: Memory) -> None:
    """Draw each stretch of memory with those who export it."""
    regions = regions_of(pieces_of(memory))
    for region in regions[:MOST_REGIONS]:
        start = min(piece.area.runs[0][0] for piece in region)
        end = max(piece.area.runs[-1][1] for piece in region)
        draw_scale(canvas, start, end)
        for piece in region:
            others = merge(run for other in region if other.name != piece.name for run in other.area.runs)
            draw_piece(canvas, piece, others, (start, end))
        canvas.y += ROW
    if len(regions) > MOST_REGIONS:
        canvas.line(f"… and {len(regions) - MOST_REGIONS} stretches of memory more", "faint")


def draw_scale(canvas: Canvas, start: int, end: int) -> None:
    """Write where a stretch begins, and offsets in bytes above it."""
    canvas.text(MARGIN, f"{start:#x}, {size_of(end - start)}")
    for quarter in range(0, 5, 1 if end - start >= 4 else 4):
        anchor = {0: "start", 4: "end"}.get(quarter, "middle")
        canvas.text(NAMES + BAR * quarter / 4, f"+{(end - start) * quarter // 4:,}", "small faint", anchor)
    canvas.y += 20


def draw_piece(canvas: Canvas, piece: Piece, others: Sequence[Run], whole: Run) -> None:
    """Draw the bytes of an object in a stretch of memory."""
    label = f"{piece.name}: {', '.join(piece.labels)}"
    room = int((NAMES - MARGIN - 8) / LETTER)
    canvas.text(MARGIN, label if len(label) <= room else f"{label[: room - 1]}…")
    runs, scale = piece.area.runs, BAR / (whole[1] - whole[0])
    canvas.box(NAMES + (runs[0][0] - whole[0]) * scale, (runs[-1][1] - runs[0][0]) * scale, "gap")
    shared = common(runs, others)
    for kind, parts in (("own", runs), ("shared", shared)):
        for begin, end in coarse(parts):
            canvas.box(NAMES + (begin - whole[0]) * scale, (end - begin) * scale, kind)
    text = size_of(piece.area.size) if piece.area.is_exact else "only the ends are known"
    pieces = max(len(runs), len(shared))
    text += f", {pieces:,} pieces that are drawn as one" if pieces > MOST_PIECES else ""
    left, right = ((edge - whole[0]) * scale for edge in (runs[0][0], runs[-1][1]))
    if right - left > len(text) * LETTER or right > BAR * 3 / 4:
        canvas.text(NAMES + (left + right) / 2, text, "small", "middle")
    else:
        canvas.text(NAMES + right + 6, text, "small")
    canvas.y += ROW


def size_of(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count:,} byte{'s' if count != 1 else ''}"


def coarse(runs: Sequence[Run]) -> Sequence[Run]:
    """Return ranges, those that are too many to tell apart as one."""
    return runs if len(runs) <= MOST_PIECES else [(runs[0][0], runs[-1][1])]


def common(runs: Sequence[Run], others: Sequence[Run]) -> list[Run]:
    """Return the ranges that are in both, which are in order."""
    result, i, j = [], 0, 0
    while i < len(runs) and j < len(others):
        (start, end), (begin, stop) = runs[i], others[j]
        if max(start, begin) < min(end, stop):
            result.append((max(start, begin), min(end, stop)))
        i, j = (i + 1, j) if end <= stop else (i, j + 1)
    return result


def draw_layout(canvas: Canvas, subject: Subject, layout: Layout) -> None:
    """Draw the elements of an object by index, and by address."""
    canvas.y += ROW // 2
    canvas.line(f"{subject.name}: {subject.type}", "head")
    canvas.line(f"elements `{layout.kind}` of {size_of(layout.itemsize)}, from {layout.address:#x}", room=20)
    for number, (size, stride) in enumerate(zip(layout.shape, layout.strides, strict=True)):
        canvas.line(f"dimension {number}: {size:,} long, {stride:+,} bytes from one element to the next", room=20)
    canvas.line("offset of each element in bytes:", "faint", 20)
    planes = layout.shape[0] if len(layout.shape) == 3 else 1
    for plane in range(min(planes, MOST_PLANES)):
        draw_plane(canvas, layout, (plane,) if len(layout.shape) == 3 else ())
    if planes > MOST_PLANES:
        canvas.line(f"… and {planes - MOST_PLANES} more", "faint")
    draw_strip(canvas, layout)


def offset_of(layout: Layout, index: Sequence[int]) -> int:
    """Return how many bytes an element is from the first."""
    return sum(number * stride for number, stride in zip(index, layout.strides, strict=True))


def draw_plane(canvas: Canvas, layout: Layout, prefix: tuple[int, ...]) -> None:
    """Draw the last two dimensions as a grid of offsets."""
    rows, columns = ([1, 1, *layout.shape])[-2:]
    for row in range(min(rows, MOST_ROWS)):
        label = ", ".join(map(str, (*prefix, *((row,) if len(layout.shape) > 1 else ()))))
        canvas.text(MARGIN, f"[{label}]" if label else "", "faint")
        for column in range(min(columns, MOST_COLUMNS)):
            index = (*prefix, row, column)[-len(layout.shape) :] if layout.shape else ()
            x = MARGIN + 70 + column * (CELL + 22)
            canvas.box(x, CELL + 20, "own", 22)
            canvas.text(x + CELL / 2 + 10, f"{offset_of(layout, index):+,}", anchor="middle")
        if columns > MOST_COLUMNS:
            canvas.text(MARGIN + 74 + MOST_COLUMNS * (CELL + 22), f"… {columns - MOST_COLUMNS:,} more", "faint")
        canvas.y += 24
    if rows > MOST_ROWS:
        canvas.line(f"… {rows - MOST_ROWS:,} rows more", "faint", 20)
    canvas.y += 8


def draw_strip(canvas: Canvas, layout: Layout) -> None:
    """Draw the first bytes of memory, with the index of the element in each place."""
    start, end = span(layout)
    digits = max(len(label(index)) for index in first_indices(layout))
    byte = max(STRIP, (digits * LETTER + 6) / layout.itemsize)
    room = int((WIDTH - 2 * MARGIN) / byte)
    shown = min(end - start, room)
    canvas.line(f"the first {shown:,} of {end - start:,} bytes in memory, from {start:#x}:", "faint", 20)
    canvas.box(MARGIN, shown * byte, "gap", 22)
    for index in first_indices(layout):
        place = layout.address - start + offset_of(layout, index)
        if 0 <= place < shown:
            canvas.box(MARGIN + place * byte, min(layout.itemsize, shown - place) * byte, "own", 22)
        if 0 <= place <= shown - layout.itemsize:
            canvas.text(MARGIN + (place + layout.itemsize / 2) * byte, label(index), anchor="middle")
    canvas.y += 24
    step = layout.itemsize * max(1, -(-shown // (12 * layout.itemsize)))
    for place in range(0, shown + 1, step):
        canvas.text(MARGIN + place * byte, f"+{place}", "small faint")
    canvas.y += ROW


def label(index: Sequence[int]) -> str:
    """Return the index of an element."""
    return f"[{','.join(map(str, index))}]"


def first_indices(layout: Layout) -> Iterator[tuple[int, ...]]:
    """Yield the indices of elements that may be among the first bytes: a few at each end of a dimension."""
    ends = []
    for size, stride in zip(layout.shape, layout.strides, strict=True):
        few = min(size, 120 if len(layout.shape) < 3 else 40)
        ends.append(range(size - few, size) if stride < 0 else range(few))
    yield from itertools.product(*ends)
