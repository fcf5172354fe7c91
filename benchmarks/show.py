"""Show the times that are kept: six rows in README.md, all of them in docs/benchmarks.md, and a picture.

python -m benchmarks.show
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cases import OURS, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results.json"
PICTURE = FOLDER / "results.svg"
README = FOLDER.parent / "README.md"
PAGE = FOLDER.parent / "docs/benchmarks.md"
HEADING = "## Benchmarks\n"
WHO = (OURS, "copier", "cookiecutter", "uv", "maturin")
# What grows from left to right, by the work with the number in it.
CURVES = {
    "new, by features": re.compile(r"new, (?:all )?(\d+) features?"),
    "new, by extra files in the template": re.compile(r"new, template with ([\d,]+) extra files"),
    "update, by files in the project": re.compile(r"update, project with ([\d,]+) files"),
}
COLOURS = {OURS: "#ce422b"}
GREY = "#9aa5b1"
DRAWN = ("print the help", "new, all", "add a feature, new", "update, new", "empty folder", "edited")
# What the README shows, in its order, and what it is called there.
ROWS = {
    "empty folder to green tests, nothing built before": "first green tests",
    "edited line of Rust to green tests": "edit to green tests",
    "new, all": "new project, every feature",
    "add a feature, new project": "add a feature",
    "update, new project": "update",
    "print the help": "print the help",
}
# How each builds unless told otherwise, in the work that builds.
PROFILES = {OURS: "debug", "uv": "release", "maturin": "debug"}
BUILDING = ("empty folder", "edited")


def load(path: Path = RESULTS) -> tuple[dict[str, Any], list[Result]]:
    """Read what was measured: the facts and the times."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return data["machine"], [Result(**result) for result in data["results"]]


def works(results: list[Result]) -> dict[str, dict[str, Result]]:
    """Bring together what is compared: by the work, then by who does it."""
    table: dict[str, dict[str, Result]] = {}
    for result in results:
        table.setdefault(result.work, {})[result.who] = result
    return table


def duration(seconds: float) -> str:
    """Write a time with no more digits than it is worth."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def lines(results: list[Result]) -> str:
    """Write median, least and ratio of everything, for a terminal."""
    rows = []
    for work, by in works(results).items():
        for who, result in by.items():
            ratio = f"{result.median / by[OURS].median:6.2f} x pyo3-new"
            least = f"least {min(result.seconds):8.3f} s"
            rows.append(f"{work:<52} {who:<12} median {result.median:8.3f} s   {least}   {ratio}")
    return "\n".join(rows)


def profile(work: str, who: str) -> str | None:
    """Return the profile that a tool builds with in this work, if it builds."""
    return PROFILES.get(who) if work.startswith(BUILDING) else None


def cell(work: str, result: Result | None, ours: Result) -> str:
    """Write one time, how it compares with ours, how it was built, and how many files it is for."""
    if result is None:
        return ""
    ratio = None if result is ours else f"{result.median / ours.median:.2g}x"
    notes = ", ".join(note for note in (ratio, profile(work, result.who)) if note)
    files = f", {result.files} files" if result.files else ""
    return f"{duration(result.median)}{f' ({notes})' if notes else ''}{files}"


def table(rows: list[tuple[str, str, dict[str, Result]]]) -> str:
    """Write a Markdown table with a column for each tool.

    Args:
        rows: What the work is called in the table and in the results, and its results by tool.
    """
    lines = [f"| | {' | '.join(WHO)} |", f"| --- |{' ---: |' * len(WHO)}"]
    for title, work, by in rows:
        lines.append(f"| {title} | " + " | ".join(cell(work, by.get(who), by[OURS]) for who in WHO) + " |")
    return "\n".join(lines)


def section(machine: dict[str, Any], results: list[Result]) -> str:
    """Write the section of README.md."""
    rows = [
        (title, work, by)
        for start, title in ROWS.items()
        for work, by in works(results).items()
        if work.startswith(start)
    ]
    return f"""{HEADING}
{table(rows)}

Medians of whole processes, in one run on {machine["date"]}; in brackets how many times ours that is, and the build
profile: uv makes a release build unless told otherwise. [All times](docs/{PAGE.name}).
"""


def page(machine: dict[str, Any], results: list[Result]) -> str:
    """Write the page with every time and how it was measured."""
    rows = [(work, work, by) for work, by in works(results).items()]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    fewest, most = (pick(len(result.seconds) for result in results) for pick in (min, max))
    counts = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    before, after = machine["load before"][0], machine["load after"][0]
    # At the end it is our own load as well.
    busy = before > machine["processors"] / 2 or after > machine["processors"]
    shared = ":\n  other programs ran, so the ratios say more than the times" if busy else ""
    return f"""# Benchmarks

![The medians of the table below: bars, and curves by features and files](../benchmarks/{PICTURE.name})

Medians of {counts} runs each, of whole processes in one session, the tools taking turns. In brackets: how many times
ours that is, and the build profile. The marks in the picture are the fastest runs.

{table(rows)}

- uv makes a release build unless told otherwise; maturin and pyo3-new make a debug build.
- uv and maturin start a project with a few files and no test; the first test that they are timed to is a single
  assertion that we wrote. Ours is the project's whole suite.
- Download time is not measured: packages and crates were fetched before, and cargo and uv were then kept offline.
- Cookiecutter and Copier render the same template from this disk. The large project has 5,000 extra files and a
  history of 100 MB.
- Half of the extra files in the template are rendered, the others copied as they are; those in the project are its
  owner's.
- {machine["date"]}, {machine["system"]}, {machine["processors"]} processors ({machine["processor"]}),
  {machine["memory"]}, Python {machine["python"]}.
  The load average was {before} at the start and {after} at the end, for {machine["minutes"]} minutes{shared}.
- {versions}.

`make bench` measures again ([times](../benchmarks/{RESULTS.name})), `python -m benchmarks.show` writes this page and
the section of the README.
"""


def insert(text: str, section: str) -> str:
    """Put the section in its place in a page, or before the last one if the page has none."""
    before, heading, rest = text.partition(HEADING)
    if not heading:
        before, mark, rest = text.rpartition("\n## ")
        return f"{before}\n{section}{mark}{rest}"
    _, mark, after = rest.partition("\n## ")
    return f"{before}{section}{mark}{after}"


def curves(results: list[Result]) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Bring together what grows: by what it is, then by who does it, the numbers with their medians."""
    found: dict[str, dict[str, list[tuple[int, float]]]] = {title: {} for title in CURVES}
    for title, pattern in CURVES.items():
        for result in results:
            if number := pattern.fullmatch(result.work):
                point = (int(number[1].replace(",", "")), result.median)
                found[title].setdefault(result.who, []).append(point)
    return {title: {who: points for who, points in by.items() if len(points) > 1} for title, by in found.items() if by}


def draw(results: list[Result]) -> None:
    """Draw the medians: bars, a panel for each work, and below them curves for what grows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Text stays text, and equal numbers give an equal file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "pyo3-new", "font.size": 9})
    panels = {work: by for work, by in works(results).items() if work.startswith(DRAWN)}
    ratios = [len(by) + 0.6 for by in panels.values()]
    heights = [0.32 * sum(len(by) + 1.6 for by in panels.values()), 2.2]
    figure = Figure(figsize=(8, sum(heights)), layout="constrained")
    (above,), (below,) = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)
    axes = above.subplots(len(panels), 1, gridspec_kw={"height_ratios": ratios})
    for axis, (work, by) in zip(axes, panels.items(), strict=True):
        draw_bars(axis, work, by)
    growing = curves(results)
    for axis, (title, lines) in zip(below.subplots(1, len(growing), squeeze=False)[0], growing.items(), strict=True):
        draw_curves(axis, title, lines)
    below.axes[0].legend(frameon=False)
    figure.patch.set_facecolor("white")
    figure.savefig(PICTURE, metadata={"Date": None})


def draw_bars(axis: Axes, work: str, by: dict[str, Result]) -> None:
    """Draw the medians of one work, with a mark at the least times."""
    medians = [result.median for result in by.values()]
    names = [f"{who} ({kind})" if (kind := profile(work, who)) else who for who in by]
    bars = axis.barh(names, medians, color=[COLOURS.get(who, GREY) for who in by])
    axis.bar_label(bars, [duration(value) for value in medians], padding=3)
    axis.plot([min(result.seconds) for result in by.values()], names, "|", color="black")
    axis.set_title(work, loc="left")
    axis.set_xlim(0, max(medians) * 1.12)
    axis.invert_yaxis()
    axis.xaxis.set_visible(False)
    axis.spines[["top", "right", "bottom"]].set_visible(False)


def draw_curves(axis: Axes, title: str, lines: dict[str, list[tuple[int, float]]]) -> None:
    """Draw how the medians grow, each line with its last time at its end."""
    for who, points in lines.items():
        numbers, medians = zip(*points, strict=True)
        axis.plot(numbers, medians, "o-", color=COLOURS.get(who, GREY), markersize=3, label=who)
        end = (numbers[-1], medians[-1])
        axis.annotate(duration(medians[-1]), end, (5, 0), textcoords="offset points", va="center")
    axis.set_title(title, loc="left", fontsize=9)
    axis.set_xticks([number for number, _ in lines[OURS]])
    axis.tick_params(axis="x", labelsize=7)
    axis.set_ylim(0, max(value for points in lines.values() for _, value in points) * 1.2)
    axis.set_ylabel("seconds")
    axis.spines[["top", "right"]].set_visible(False)


def main() -> None:
    """Write the section and the page, and draw the picture."""
    machine, results = load()
    README.write_text(insert(README.read_text(encoding="utf-8"), section(machine, results)), encoding="utf-8")
    PAGE.write_text(page(machine, results), encoding="utf-8")
    draw(results)
    text = PICTURE.read_text(encoding="utf-8")
    PICTURE.write_text("".join(f"{line.rstrip()}\n" for line in text.splitlines()), encoding="utf-8")


if __name__ == "__main__":
    main()
