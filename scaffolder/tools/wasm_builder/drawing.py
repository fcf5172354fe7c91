"""Draw how large the parts of a module are, as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.drawing import escape_text, svg_head
from scaffolder.runtime.units import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.wasm.wheels import Module

WIDTH, LEFT, BAR, ROW, ROWS, LABEL = 860, 250, 470, 24, 12, 32
COLOURS = {"sections": "#0550ae", "crates": "#b7410e"}


def draw(module: Module) -> str:
    """Return bars for the sections of a module and, where names are left, for its crates."""
    groups = {"sections": module.binary.sizes, "crates": module.binary.crates}
    shown = {title: list(sizes.items())[:ROWS] for title, sizes in groups.items() if sizes}
    height = 44 + sum(34 + ROW * len(rows) for rows in shown.values()) + 10
    title = f"{module.path}: {bytes_of(module.size)}, {bytes_of(module.compressed)} in the wheel"
    parts = [
        svg_head(WIDTH, height, title),
        f'<text x="20" y="28" font-size="15" font-weight="bold">{escape_text(title)}</text>\n',
    ]
    top = 44
    for name, rows in shown.items():
        parts.append(f'<text x="20" y="{top + 20}" fill="#57606a">{name}</text>\n')
        parts += _bars(rows, module.size, top + 30, COLOURS[name])
        top += 34 + ROW * len(rows)
    return "".join([*parts, "</svg>\n"])


def _bars(rows: list[tuple[str, int]], whole: int, top: int, colour: str) -> Iterator[str]:
    for index, (name, size) in enumerate(rows):
        y, width = top + ROW * index, max(1, BAR * size / whole)
        label = name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"
        yield f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape_text(label)}</text>\n'
        yield f'<rect x="{LEFT}" y="{y + 2}" width="{width:.0f}" height="{ROW - 7}" fill="{colour}"/>\n'
        yield f'<text x="{LEFT + width + 6:.0f}" y="{y + 14}" fill="#57606a">{bytes_of(size)}</text>\n'
