"""Draw the speed-up over threads as SVG, with what Amdahl's law says and what can't be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.drawing import escape_text, svg_head
from scaffolder.runtime.speedups import speed_up
from scaffolder.tools.parallel_bench.tables import FLAWS, law_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.scaling import Scaling, Stage

WIDTH, LEFT, RIGHT, TOP, PLOT, LINE = 860, 60, 30, 66, 380, 20
COLOURS = ("#b7410e", "#0550ae", "#116329", "#8250df", "#57606a")
DASHES = ("", "6 3", "2 3", "9 3 2 3", "1 4")


class Plane:
    """Where threads and speed-ups are, from 0 to the largest of either."""

    def __init__(self, scaling: Scaling) -> None:
        self.last = max(scaling.setup.counts)
        ratios = [ratio for stage in scaling.stages for _, ratio in speed_ups(scaling, stage)]
        self.top = max([float(scaling.peak), *(value for value, _, _ in ratios)]) * 1.1

    def across(self, count: float) -> float:
        """Return where a number of threads is."""
        return LEFT + count / self.last * (WIDTH - RIGHT - LEFT)

    def upwards(self, ratio: float) -> float:
        """Return where a speed-up is."""
        return TOP + PLOT - ratio / self.top * PLOT


def speed_ups(scaling: Scaling, stage: Stage) -> Iterator[tuple[int, tuple[float, float, float]]]:
    """Yield the speed-ups of a size that can be told, by the number of threads, each with its interval."""
    curve = stage.curve(scaling.setup.kind)
    for count, track in curve.items() if 1 in curve else ():
        ratio = speed_up(curve[1], track)
        if not ratio.doubt:
            yield count, (ratio.value, ratio.low, ratio.high)


def draw(scaling: Scaling, title: str) -> str:
    """Return a line for each size; a thin one is Amdahl's law, a hollow circle more threads than processors."""
    plane = Plane(scaling)
    height = TOP + PLOT + 50 + LINE * len(scaling.stages) + 16
    before = scaling.before
    note = f"speed-up over threads; {before.usable} of {before.online} processors usable"
    note += f", load {before.load:.1f}" if before.load is not None else ""
    heading = f'<text x="{LEFT}" y="26" font-size="15" font-weight="bold">{escape_text(title)}</text>\n'
    heading += f'<text x="{LEFT}" y="44" fill="#57606a">{note}</text>\n'
    parts = [svg_head(WIDTH, height, title), heading, *draw_grid(scaling, plane)]
    for place, stage in enumerate(scaling.stages):
        parts += draw_stage(scaling, stage, place, plane)
    return "".join([*parts, "</svg>\n"])


def draw_grid(scaling: Scaling, plane: Plane) -> Iterator[str]:
    """Draw a line for each number of threads and whole speed-up, the ideal, and where processors end."""
    line = 'stroke="#d8dee4" fill="none"'
    for count in scaling.setup.counts:
        x = plane.across(count)
        yield f'<path d="M{x:.1f} {TOP}v{PLOT}" {line}/>\n'
        yield f'<text x="{x:.1f}" y="{TOP + PLOT + 18}" text-anchor="middle">{count}</text>\n'
    step = max(1, round(plane.top / 8))
    for ratio in range(0, int(plane.top) + 1, step):
        y = plane.upwards(ratio)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" {line}/>\n'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{ratio}x</text>\n'
    x, y = plane.across(scaling.peak), plane.upwards(scaling.peak)
    yield f'<path d="M{plane.across(1):.1f} {plane.upwards(1):.1f}L{x:.1f} {y:.1f}" stroke="#57606a" fill="none"/>\n'
    yield f'<text x="{x - 6:.1f}" y="{y - 6:.1f}" fill="#57606a" text-anchor="end">ideal</text>\n'
    if plane.last > scaling.before.usable:
        x = plane.across(scaling.before.usable)
        width = WIDTH - RIGHT - x
        yield f'<rect x="{x:.1f}" y="{TOP}" width="{width:.1f}" height="{PLOT}" fill="#57606a" opacity="0.12"/>\n'
        yield f'<text x="{x + 6:.1f}" y="{TOP + 14}" fill="#57606a">no processor for each thread</text>\n'


def draw_stage(scaling: Scaling, stage: Stage, place: int, plane: Plane) -> Iterator[str]:
    """Draw the speed-ups of a size, their intervals and the law, and write what they are."""
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
    points = dict(speed_ups(scaling, stage))
    ends = [f"{plane.across(count):.1f} {plane.upwards(value):.1f}" for count, (value, _, _) in points.items()]
    style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash or "none"}"'
    if len(ends) > 1:
        yield f'<path d="M{" L".join(ends)}" {style}/>\n'
    for count, (value, low, high) in points.items():
        x = plane.across(count)
        fill = colour if count <= scaling.before.usable else "white"
        text = f"n = {stage.n:,}, {count} threads: {value:.2f}x ({low:.2f} to {high:.2f})"
        yield f'<path d="M{x:.1f} {plane.upwards(low):.1f}V{plane.upwards(high):.1f}" stroke="{colour}"/>\n'
        yield f'<circle cx="{x:.1f}" cy="{plane.upwards(value):.1f}" r="4" fill="{fill}" stroke="{colour}">'
        yield f"<title>{text}</title></circle>\n"
    law = law_of(scaling, stage)
    if not law.flaw:
        counts = [1 + (scaling.peak - 1) * part / 40 for part in range(41)]
        curve = [f"{plane.across(c):.1f} {plane.upwards(1 / (law.serial + (1 - law.serial) / c)):.1f}" for c in counts]
        yield f'<path d="M{" L".join(curve)}" fill="none" stroke="{colour}" stroke-width="0.8" opacity="0.6"/>\n'
    y = TOP + PLOT + 48 + LINE * place
    words = f"serial part {law.low:.0%} to {law.high:.0%}" if not law.flaw else f"no law: {FLAWS[law.flaw]}"
    yield f'<path d="M{LEFT} {y - 4}h40" {style}/>\n<text x="{LEFT + 50}" y="{y}">n = {stage.n:,}, {words}</text>\n'
