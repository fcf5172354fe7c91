"""Draw who held the GIL over time as SVG: a lane for each call, or for each place of a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.drawing import escape_text, svg_head
from scaffolder.runtime.holds import ASKED, BUSY
from scaffolder.runtime.places import code_of, name_of
from scaffolder.runtime.units import time_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffolder.runtime.holds import Beat, Hold, Profile, ScriptRun

WIDTH, LEFT, RIGHT, TOP, LANE, BAR = 900, 20, 20, 84, 62, 22
MOST_LANES = 20
# What a thread does that others wait for, with its colour and height, which tells them apart without colours.
KINDS = {
    "computes": ("#b7410e", 1.0, "holds the GIL, computes"),
    "waits": ("#8250df", 0.7, "holds the GIL, waits"),
    "asked": ("#54aeff", 0.4, "lets others in when asked"),
    "free": ("#dafbe1", 1.0, "others run"),
}


@dataclass(frozen=True)
class Lane:
    """A line of the drawing: what it is about, how long it is, and when others waited."""

    title: str
    note: str
    seconds: float
    beats: tuple[Beat, ...]


def draw_profile(profile: Profile, run: ScriptRun | None, title: str) -> str:
    """Return when others waited during the typical round of each call, or at each place of a script."""
    lanes = lanes_of(profile.holds, run)
    height = TOP + LANE * max(1, len(lanes)) + 10
    parts = [svg_head(WIDTH, height, title)]
    parts.append(f'<text x="{LEFT}" y="26" font-size="15" font-weight="bold">{escape_text(title)}</text>\n')
    what = "a second thread wants the GIL every 0.2 ms; bars are when it had to wait, in wall time"
    parts.append(f'<text x="{LEFT}" y="44" fill="#57606a">{what}</text>\n')
    parts += draw_legend()
    for number, lane in enumerate(lanes):
        parts += draw_lane(lane, TOP + LANE * number)
    return "".join([*parts, "</svg>\n"])


def lanes_of(holds: Sequence[Hold], run: ScriptRun | None) -> list[Lane]:
    """Return the lanes of calls, or of the places of a script."""
    if run:
        return [
            Lane(f"{name_of(spot.place)} {code_of(spot.place)}".strip() or "garbage collection",
                 f"up to {time_of(spot.longest)}, {time_of(spot.total)} in all", run.seconds, spot.beats)
            for spot in run.spots[:MOST_LANES]
        ]  # fmt: skip
    lanes = []
    for hold in holds:
        count = f"{hold.number:,} calls of {time_of(hold.seconds)}, " if hold.number > 1 else ""
        note = f"{count}{hold.verdict}" + (f" for {time_of(hold.hold)}" if hold.verdict == "holds" else "")
        lanes.append(Lane(hold.expression, note, hold.typical.seconds, hold.typical.beats))
    return lanes


def draw_legend() -> Iterator[str]:
    """Draw what bars mean."""
    x = float(LEFT)
    for colour, height, text in KINDS.values():
        yield f'<rect x="{x:.0f}" y="{66 - 10 * height:.1f}" width="16" height="{10 * height:.1f}" fill="{colour}"/>\n'
        yield f'<text x="{x + 22:.0f}" y="66" fill="#1f2328">{text}</text>\n'
        x += 46 + 7.3 * len(text)


def draw_lane(lane: Lane, y: float) -> Iterator[str]:
    """Draw a lane with its title, bars and times."""
    room = WIDTH - LEFT - RIGHT
    title = lane.title if len(lane.title) <= 70 else f"{lane.title[:67]}..."
    yield f'<text x="{LEFT}" y="{y + 14:.0f}" font-weight="bold">{escape_text(title)}</text>\n'
    place = f'x="{WIDTH - RIGHT}" y="{y + 14:.0f}" text-anchor="end"'
    yield f'<text {place} fill="#57606a">{escape_text(lane.note)}</text>\n'
    top = y + 20
    yield f'<rect x="{LEFT}" y="{top:.0f}" width="{room}" height="{BAR}" fill="{KINDS["free"][0]}"/>\n'
    for beat in lane.beats:
        wait = beat.wait(lane.seconds)
        if wait <= 0:
            continue
        start = max(beat.due, 0.0)
        colour, height, text = KINDS[kind_of(beat, lane.seconds)]
        x, width = LEFT + start / lane.seconds * room, max(0.5, wait / lane.seconds * room)
        note = f"{time_of(start) if start > 0 else '0'}: {text}, {time_of(wait)}"
        yield (
            f'<rect x="{x:.1f}" y="{top + BAR * (1 - height):.1f}" width="{width:.1f}" height="{BAR * height:.1f}" '
            f'fill="{colour}"><title>{escape_text(note)}</title></rect>\n'
        )
    yield f'<text x="{LEFT}" y="{top + BAR + 12:.0f}" font-size="10" fill="#57606a">0</text>\n'
    yield (
        f'<text x="{WIDTH - RIGHT}" y="{top + BAR + 12:.0f}" font-size="10" text-anchor="end" '
        f'fill="#57606a">{time_of(lane.seconds)}</text>\n'
    )


def kind_of(beat: Beat, seconds: float) -> str:
    """Return what the thread did that others waited for."""
    if beat.stops is not None and beat.stops <= ASKED:
        return "asked"
    return "computes" if beat.cpu < 0 or beat.cpu >= BUSY * beat.hold(seconds) else "waits"
