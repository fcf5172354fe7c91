"""Draw times over sizes as SVG, with both axes in powers of ten."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scaffolder.drawing import escape_text, svg_head
from scaffolder.runtime.units import time_of
from scaffolder.tools.conversion_profiler.fitting import fit_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.timing import Profile

WIDTH, LEFT, RIGHT, TOP, PLOT, LINE = 860, 80, 30, 56, 400, 20
COLOURS = ("#b7410e", "#0550ae", "#116329", "#8250df", "#57606a")
DASHES = ("", "6 3", "2 3", "9 3 2 3", "1 4")


class Axis:
    """Powers of ten on a line of pixels."""

    def __init__(self, values: list[float], start: float, end: float) -> None:
        self.first = math.floor(math.log10(min(values)) + 1e-9)
        self.last = max(self.first + 1, math.ceil(math.log10(max(values)) - 1e-9))
        self.start, self.end = start, end

    def __call__(self, value: float) -> float:
        """Return where a value is."""
        return self.start + (math.log10(value) - self.first) / (self.last - self.first) * (self.end - self.start)

    @property
    def powers(self) -> Iterator[float]:
        """The powers of ten from one end to the other."""
        yield from (10.0**power for power in range(self.first, self.last + 1))


def draw(profile: Profile, title: str) -> str:
    """Return the times of all calls over the sizes; a thin line is the fixed cost and that per element."""
    times = [run.best for step in profile.steps for run in step.runs if run]
    if not times:
        times = [1e-9]
    across = Axis([float(step.n) for step in profile.steps] or [1.0], LEFT, WIDTH - RIGHT)
    upwards = Axis(times, TOP + PLOT, TOP)
    height = TOP + PLOT + 50 + LINE * len(profile.plan.expressions) + 16
    parts = [svg_head(WIDTH, height, title)]
    parts.append(f'<text x="{LEFT}" y="26" font-size="15" font-weight="bold">{escape_text(title)}</text>\n')
    parts.append(f'<text x="{LEFT}" y="44" fill="#57606a">time of a call over n; lower is faster</text>\n')
    parts += draw_grid(across, upwards)
    for index, text in enumerate(profile.plan.expressions):
        parts += draw_call(profile, index, across, upwards)
        y = TOP + PLOT + 58 + LINE * index
        parts.append(f'<path d="M{LEFT} {y - 4}h40" {stroke(index)}/>\n')
        parts.append(f'<text x="{LEFT + 50}" y="{y}">{escape_text(text)}</text>\n')
    return "".join([*parts, "</svg>\n"])


def stroke(index: int, width: float = 2) -> str:
    """Return the colour and dashes of a call, which can be told apart without colours."""
    kind = index % len(COLOURS)
    return f'fill="none" stroke="{COLOURS[kind]}" stroke-width="{width}" stroke-dasharray="{DASHES[kind] or "none"}"'


def draw_grid(across: Axis, upwards: Axis) -> Iterator[str]:
    """Draw a line for each power of ten, and write it."""
    line = 'stroke="#d8dee4" fill="none"'
    for n in across.powers:
        x = across(n)
        yield f'<path d="M{x:.1f} {TOP}v{PLOT}" {line}/>\n'
        yield f'<text x="{x:.1f}" y="{TOP + PLOT + 18}" text-anchor="middle">{n:,.0f}</text>\n'
    for seconds in upwards.powers:
        y = upwards(seconds)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" {line}/>\n'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{time_of(seconds)}</text>\n'


def draw_call(profile: Profile, index: int, across: Axis, upwards: Axis) -> Iterator[str]:
    """Draw the times of a call, and the line through them where it describes them."""
    points = [(step.n, run) for step in profile.steps if (run := step.runs[index])]
    places = [f"{across(n):.1f} {upwards(run.best):.1f}" for n, run in points]
    if len(places) > 1:
        yield f'<path d="M{" L".join(places)}" {stroke(index)}/>\n'
    colour = COLOURS[index % len(COLOURS)]
    for n, run in points:
        x, y = across(n), upwards(run.best)
        note = f"n = {n:,}: {time_of(run.best)}, usually {run.noise:+.0%}"
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"><title>{note}</title></circle>\n'
    fit = fit_call(profile, index)
    if fit and fit.is_good:
        steps = [points[0][0] * (points[-1][0] / points[0][0]) ** (part / 40) for part in range(41)]
        curve = [f"{across(n):.1f} {upwards(fit.fixed + fit.slope * n):.1f}" for n in steps]
        yield f'<path d="M{" L".join(curve)}" fill="none" stroke="{colour}" stroke-width="0.8" opacity="0.6"/>\n'
