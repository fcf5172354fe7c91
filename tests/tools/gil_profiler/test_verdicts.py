"""What functions of a built extension do to others, told on a machine that may be busy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tools.gil_profiler.conftest import judge, names, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.gil_profiler.conftest import Profile

pytestmark = [pytest.mark.slow, pytest.mark.exclusive("skill-pyo3-performance-gil-parallel")]


@pytest.fixture(autouse=True)
def at_hand(attached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(attached))


def test_long_calls_are_told_by_whether_they_detach(profile: Profile, millisecond: int) -> None:
    rounds = 20 * millisecond
    expected = {f"f({rounds})": ("holds", "should-detach"), f"detaches({rounds})": ("detaches", "detaches")}
    table = judge(profile, "attached:holds", expected=expected)
    held, detached = table.values()
    assert held["meanwhile it"] == "computes"
    assert seconds(held["longest hold"]) > 0.8 * seconds(held["takes"])
    # A processor may be slower when it is shared; waiting for it is not counted.
    assert 0.01 < seconds(held["longest hold"]) < 0.1
    assert detached["longest hold"] == "none"


def test_a_call_that_detaches_in_part_holds_for_the_rest(profile: Profile, millisecond: int) -> None:
    call = f"f({8 * millisecond})"
    expected = {call: ("holds", "should-detach")}
    row = judge(profile, "attached:detaches_in_part", expected=expected)[call]
    # A third of it is attached.
    assert 0.05 < int(row["held"].removesuffix("%")) / 100 < 0.8
    assert seconds(row["longest hold"]) < 0.8 * seconds(row["takes"])


def test_what_lets_others_in_often_does_not_hold(profile: Profile, millisecond: int) -> None:
    expected = {
        f"f(40, {millisecond // 4})": ("lets others in", "lets-in"),
        f"calls_back(g, 60, {millisecond // 4})": ("lets others in", "lets-in"),
    }
    judge(profile, "attached:pauses", "--make", "g=lambda: None", expected=expected)


def test_waiting_while_attached_is_told_from_computing(profile: Profile, millisecond: int) -> None:
    expected = {
        "f(20)": ("holds", "waits-attached"),
        "waits_detached(20)": ("detaches", "detaches"),
        f"waits_for_thread({20 * millisecond})": ("holds", "waits-for-own-threads"),
    }
    table = judge(profile, "attached:waits", expected=expected)
    assert 0.015 < seconds(table["f(20)"]["longest hold"]) < 0.06


def test_work_with_objects_can_not_be_detached(profile: Profile) -> None:
    arguments = ("--make", "s=[i * 0.5 for i in range(n)]", "--size", "2e5")
    expected = {
        "f(100_000)": ("holds", "works-with-objects"),
        "reads_objects(s)": ("holds", "works-with-objects"),
    }
    judge(profile, "attached:makes_objects", *arguments, expected=expected)


def test_short_calls_are_repeated(profile: Profile, millisecond: int) -> None:
    rounds = millisecond // 20
    expected = {f"f({rounds})": ("short", "short"), f"detaches({rounds})": ("detaches", "detaches")}
    table = judge(profile, "attached:holds", expected=expected)
    for row in table.values():
        assert int(row["rounds"].split()[2].replace(",", "")) > 20
        assert 2e-5 < seconds(row["takes"]) < 5e-4
    assert seconds(table[f"f({rounds})"]["longest hold"]) == seconds(table[f"f({rounds})"]["takes"])


def test_a_limit_makes_a_call_short(profile: Profile, millisecond: int) -> None:
    call = f"f({3 * millisecond})"
    judge(profile, "attached:holds", expected={call: ("holds", "should-detach")})
    expected = {call: ("short", "short"), f"f({millisecond}) and detaches({millisecond})": ("short", "short")}
    judge(profile, "attached:holds", "--limit", "200", expected=expected)


def test_a_debug_build_is_said(profile: Profile) -> None:
    result = profile("attached:holds", "--call", "f(100)")
    (warning,) = [item["message"] for item in result["findings"] if item["id"] == "debug-build"]
    assert warning == "`attached.attached` is a debug build, many times slower than what users get"
    assert names(result) == {"short"}
