"""Draw how late an event loop was over time, and what many tasks get done, as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.drawing import escape_text, svg_head
from scaffolder.runtime.places import code_of
from scaffolder.runtime.units import time_of
from scaffolder.tools.async_profiler.tables import rate_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffolder.runtime.awaiting import Awaited, Lag, LoopRun, ProgramRun

WIDTH, LEFT, RIGHT, TOP, LANE, HIGH = 900, 20, 20, 88, 130, 70
LAGS, LOADS = 560, 220
MOST_LANES = 12
# Lags are drawn from the first to the second, by their logarithm.
LEAST, MOST = 1e-4, 10.0
COLOURS = {
    "computes": "#b7410e", "waits": "#8250df", "another thread": "#0550ae", "garbage collection": "#116329",
    "many steps": "#953800", "unknown": "#57606a",
}  # fmt: skip


@dataclass(frozen=True)
class Lane:
    """A part of the drawing.

    Attributes:
        title: What it is about.
        note: What it comes to.
        seconds: How long it is.
        lags: Lags with when they begin.
        rates: The calls a second, by the number of tasks.
    """

    title: str
    note: str
    seconds: float
    lags: tuple[tuple[float, Lag], ...]
    rates: tuple[tuple[int, float], ...] = ()


def draw_lags(runs: Sequence[LoopRun], program: ProgramRun | None, title: str, limit: float) -> str:
    """Return how late the loop was over time: a lane for each call and loop, or one for a program."""
    lanes = [lane_of(call) for run in runs for call in run.calls if call.lag]
    if program:
        largest = max((lag.largest for _, lag in program.lags), default=0.0)
        lanes = [Lane(title, f"at most {time_of(largest)} late", program.seconds, program.lags)]
    lanes = lanes[:MOST_LANES]
    parts = [svg_head(WIDTH, TOP + LANE * max(1, len(lanes)), title)]
    parts.append(f'<text x="{LEFT}" y="26" font-size="15" font-weight="bold">{escape_text(title)}</text>\n')
    what = f"how late the loop was over time, from 0.1 ms to 10 s; the line is at {time_of(limit)}, bars say why"
    parts.append(f'<text x="{LEFT}" y="44" fill="#57606a">{escape_text(what)}</text>\n')
    parts += draw_legend()
    for number, lane in enumerate(lanes):
        parts += draw_lane(lane, TOP + LANE * number, limit)
    return "".join([*parts, "</svg>\n"])


def lane_of(call: Awaited) -> Lane:
    """Return the lane of a call."""
    assert call.lag is not None  # noqa: S101
    points = call.lag.points
    seconds = max([1e-3, *(start + lag for start, lag in points)])
    rates = tuple((count, rate_of(load)) for count, load in call.loads.items() if load["count"])
    note = f"takes {time_of(call.seconds)}, at most {time_of(call.lag.largest)} late"
    return Lane(f"{call.expression} on {call.loop}", note, seconds, ((0.0, call.lag),), rates)


def draw_legend() -> Iterator[str]:
    """Draw what bars mean."""
    x = float(LEFT)
    for text, colour in COLOURS.items():
        yield f'<rect x="{x:.0f}" y="56" width="14" height="10" fill="{colour}"/>\n'
        yield f'<text x="{x + 18:.0f}" y="66" fill="#1f2328">{text}</text>\n'
        x += 36 + 7.3 * len(text)


def height_of(lag: float) -> float:
    """Return how high a lag is drawn."""
    part = math.log10(max(lag, LEAST) / LEAST) / math.log10(MOST / LEAST)
    return HIGH * min(1.0, part)


def draw_lane(lane: Lane, y: float, limit: float) -> Iterator[str]:
    """Draw a lane with its title, lags and calls a second."""
    title = lane.title if len(lane.title) <= 60 else f"{lane.title[:57]}..."
    bottom = y + 22 + HIGH
    yield f'<text x="{LEFT}" y="{y + 14:.0f}" font-weight="bold">{escape_text(title)}</text>\n'
    end = f'x="{WIDTH - RIGHT}" y="{y + 14:.0f}" text-anchor="end"'
    yield f'<text {end} fill="#57606a">{escape_text(lane.note)}</text>\n'
    room = LAGS if lane.rates else WIDTH - LEFT - RIGHT
    yield f'<rect x="{LEFT}" y="{y + 22:.0f}" width="{room}" height="{HIGH}" fill="#f6f8fa"/>\n'
    for begin, lag in lane.lags:
        yield from draw_points(begin, lag, lane.seconds, room, bottom)
    line = bottom - height_of(limit)
    yield f'<path d="M{LEFT} {line:.1f}H{LEFT + room}" stroke="#cf222e" stroke-dasharray="4 3"/>\n'
    yield f'<text x="{LEFT}" y="{bottom + 12:.0f}" font-size="10" fill="#57606a">0</text>\n'
    place = f'x="{LEFT + room}" y="{bottom + 12:.0f}" font-size="10" text-anchor="end"'
    yield f'<text {place} fill="#57606a">{time_of(lane.seconds)}</text>\n'
    if lane.rates:
        yield from draw_rates(lane.rates, bottom)


def draw_points(begin: float, lag: Lag, seconds: float, room: float, bottom: float) -> Iterator[str]:
    """Draw the lags of a loop, and above them those that were too long, with why."""
    scale = room / seconds
    for start, late in lag.points:
        x, high = LEFT + (begin + start) * scale, height_of(late)
        yield f'<path d="M{x:.1f} {bottom:.1f}v{-high:.1f}" stroke="#54aeff"/>\n'
    for window in lag.windows:
        x, width = LEFT + (begin + window.start) * scale, max(1.5, window.lag * scale)
        high = height_of(window.lag)
        note = f"{time_of(window.lag)}: {window.cause} {code_of(window.place)}".rstrip()
        yield (
            f'<rect x="{x:.1f}" y="{bottom - high:.1f}" width="{width:.1f}" height="{high:.1f}" '
            f'fill="{COLOURS[window.cause]}"><title>{escape_text(note)}</title></rect>\n'
        )


def draw_rates(rates: Sequence[tuple[int, float]], bottom: float) -> Iterator[str]:
    """Draw the calls a second of each number of tasks as bars."""
    x, step = float(WIDTH - RIGHT - LOADS), LOADS / len(rates)
    most = max(rate for _, rate in rates) or 1.0
    for count, rate in rates:
        high = max(1.0, (HIGH - 14) * rate / most)
        middle = f'x="{x + step / 2:.1f}" font-size="10" text-anchor="middle"'
        size = f'y="{bottom - high:.1f}" width="{step - 8:.1f}" height="{high:.1f}"'
        yield f'<rect x="{x + 4:.1f}" {size} fill="#0969da"/>\n'
        yield f'<text {middle} y="{bottom - high - 3:.1f}" fill="#1f2328">{rate:,.0f}/s</text>\n'
        yield f'<text {middle} y="{bottom + 12:.1f}" fill="#57606a">{count:,} tasks</text>\n'
        x += step
