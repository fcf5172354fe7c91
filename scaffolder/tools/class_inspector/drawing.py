"""Draw a hierarchy of classes as SVG: each class below the base whose memory it extends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.drawing import escape_text, svg_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.facts import Inspection

Box = tuple[int, int, float]
LETTER, ROW, BOX, STEP, MARGIN = 7.3, 34, 24, 40, 16
STYLE = """<style>.own { fill: #fff3e6; stroke: #b7410e } .base { fill: #f2f2f2; stroke: #777 } \
path { fill: none; stroke: #777 } path.further { stroke-dasharray: 4 3 }</style>
"""


def draw(inspection: Inspection) -> str:
    """Return the hierarchy as SVG; the module's own classes have a colour, and further bases a dashed line."""
    names = {facts.path: inspection.short(facts.path) for facts in inspection.classes}
    parents = dict(parents_of(inspection))
    boxes = {name: box(names.get(name, name), *place) for name, place in places(parents).items()}
    width = max(left + width for left, _, width in boxes.values()) + 2 * MARGIN
    height = 2 * MARGIN + (len(boxes) - 1) * ROW + BOX
    lines = [svg_head(width, height, f"Classes of {inspection.module}"), STYLE]
    for name, (first, *others) in parents.items():
        lines += [edge(boxes[first], boxes[name])] if first else []
        lines += [dashed_edge(boxes[other], boxes[name]) for other in others if other]
    for name, (left, top, width) in boxes.items():
        kind = "own" if name in names else "base"
        lines.append(f'<rect class="{kind}" x="{left}" y="{top}" width="{width:.0f}" height="{BOX}" rx="4"/>\n')
        lines.append(f'<text x="{left + 8}" y="{top + 16}">{escape_text(names.get(name, name))}</text>\n')
    return "".join([*lines, "</svg>\n"])


def box(text: str, column: int, row: int) -> Box:
    """Return where a box with a text is, and its width."""
    return MARGIN + column * STEP, MARGIN + row * ROW, len(text) * LETTER + 16


def parents_of(inspection: Inspection) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    """Yield all classes that are drawn: the base whose memory each extends, and its further bases."""
    # Several classes may have one name; where they are is theirs alone.
    paths = {facts.name: facts.path for facts in reversed(inspection.classes)}
    for name in dict.fromkeys(name for facts in inspection.classes for name in facts.lookup):
        if name not in paths:
            # Of the bases of a base only the one whose memory it extends is known.
            yield name, (paths.get(base := inspection.bases[name] or "", base or None),)
    for facts in inspection.classes:
        bases = [paths.get(name, name) for name in facts.bases]
        layout = paths.get(facts.layout_base or "", facts.layout_base)
        yield facts.path, (layout, *(base for base in bases if base != layout))


def places(parents: dict[str, tuple[str | None, ...]]) -> dict[str, tuple[int, int]]:
    """Return the column and the row of each class: depth first, in the order of the module."""
    children: dict[str | None, list[str]] = {}
    for name, (base, *_) in parents.items():
        children.setdefault(base, []).append(name)
    result: dict[str, tuple[int, int]] = {}
    waiting = [(name, 0) for name in reversed(children.get(None, []))]
    while waiting:
        name, depth = waiting.pop()
        result[name] = depth, len(result)
        waiting += [(child, depth + 1) for child in reversed(children.get(name, []))]
    return result


def edge(parent: Box, child: Box) -> str:
    """Return the line from a class to one that extends its memory."""
    return f'<path d="M{parent[0] + 12} {parent[1] + BOX} V{child[1] + BOX // 2} H{child[0]}"/>\n'


def dashed_edge(parent: Box, child: Box) -> str:
    """Return the line from a class to one that inherits from it, too."""
    start, end = parent[0] + parent[2], child[0] + child[2]
    bend, middle = max(start, end) + MARGIN, BOX // 2
    points = f"M{start:.0f} {parent[1] + middle} H{bend:.0f} V{child[1] + middle} H{end:.0f}"
    return f'<path class="further" d="{points}"/>\n'
