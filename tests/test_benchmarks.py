"""The times that are shown are those that were measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import show
from benchmarks.cases import OURS, Case, Result, alternate

REPOSITORY = Path(__file__).resolve().parent.parent


def test_the_section_of_the_readme_is_what_the_times_say() -> None:
    machine, results = show.load()
    page = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert page.count(show.HEADING) == 1
    assert show.insert(page, show.section(machine, results)) == page
    assert show.PAGE.read_text(encoding="utf-8") == show.page(machine, results)


def test_the_readme_has_a_row_for_each_thing_that_people_wait_for() -> None:
    rows = [line for line in show.section(*show.load()).splitlines() if line.startswith("| ") and " s" in line]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(show.ROWS.values())


def test_builds_of_different_profiles_are_told_apart() -> None:
    _, results = show.load()
    picture = show.PICTURE.read_text(encoding="utf-8")
    for work in ("empty folder to green tests, nothing built before", "edited line of Rust to green tests"):
        by = show.works(results)[work]
        assert "(debug)" in show.cell(work, by[OURS], by[OURS])
        assert "x, release)" in show.cell(work, by["uv"], by[OURS])
    assert ">uv (release)</text>" in picture


def test_the_picture_shows_the_times() -> None:
    picture = show.PICTURE.read_text(encoding="utf-8")
    _, results = show.load()
    drawn = [result for result in results if result.work.startswith(show.DRAWN)]
    assert len({result.work for result in drawn}) == 7
    for result in drawn:
        assert f">{show.duration(result.median)}</text>" in picture, result


def test_what_grows_is_drawn_from_few_to_many() -> None:
    times = {"new, 0 features": 1.0, "new, 1 feature": 2.0, "new, all 5 features": 3.0, "update, new project": 9.0}
    results = [Result("group", work, OURS, [seconds]) for work, seconds in times.items()]
    results += [Result("group", f"update, project with {number:,} files", OURS, [4.0]) for number in (100, 5000)]
    assert show.curves(results) == {
        "new, by features": {OURS: [(0, 1.0), (1, 2.0), (5, 3.0)]},
        "update, by files in the project": {OURS: [(100, 4.0), (5000, 4.0)]},
    }


def test_the_times_say_where_they_come_from() -> None:
    machine, results = show.load()
    assert machine.keys() == {
        "date", "system", "processors", "processor", "memory", "python", "versions", "load before", "load after",
        "minutes",
    }  # fmt: skip
    assert {"pyo3-new", "copier", "cookiecutter", "uv", "maturin", "cargo"} <= machine["versions"].keys()
    for work, by in show.works(results).items():
        assert OURS in by, work
        assert len(by) > 1, f"{work} is compared with nothing"
        assert len({len(result.seconds) for result in by.values()}) == 1, f"{work} was not measured side by side"


def test_a_section_goes_to_its_place_once() -> None:
    section = f"{show.HEADING}\nNew\n"
    page = "# Page\n\n## Use\n\nText\n\n## More\n\nEnd\n"
    once = show.insert(page, section)
    assert once == f"# Page\n\n## Use\n\nText\n\n{section}\n## More\n\nEnd\n"
    assert show.insert(once, section) == once


@pytest.mark.parametrize(("seconds", "text"), [(0.0064, "6 ms"), (0.1, "0.10 s"), (9.994, "9.99 s"), (41.37, "41.4 s")])
def test_a_time_is_written_with_few_digits(seconds: float, text: str) -> None:
    assert show.duration(seconds) == text


def test_cases_take_turns_and_the_first_round_does_not_count(tmp_path: Path) -> None:
    done: list[str] = []
    cases = [
        Case("group", "work", who, lambda who=who: done.append(who), product=tmp_path)  # type: ignore[misc]
        for who in (OURS, "other")
    ]
    (tmp_path / "file").touch()
    results = alternate(cases, 2)
    assert done == [OURS, "other"] * 3
    assert [(result.who, len(result.seconds), result.files) for result in results] == [(OURS, 2, 1), ("other", 2, 1)]
    assert Result(**json.loads(json.dumps(results[0].data()))) == results[0]
