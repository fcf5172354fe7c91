"""A test that wants to be alone is: no other begins meanwhile, and two that want it take turns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Times = Callable[..., tuple[dict[int, tuple[float, float]], dict[str, int]]]

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

CONFTEST = """\
    from tests.conftest import pytest_configure, pytest_configure_node, pytest_runtest_protocol, pytest_runtest_setup
"""
TESTS = """\
    import time
    from pathlib import Path

    import pytest

    from tests import quiet

    NOTES = Path({folder!r})

    @pytest.mark.parametrize("number", range(40))
    def test_it(number):
        begin = time.monotonic()
        if number % 5 == 0:
            # What measures may measure again.
            with quiet.alone(), quiet.alone():
                begin = time.monotonic()
                time.sleep(0.05)
                end = time.monotonic()
        else:
            time.sleep(0.01)
            end = time.monotonic()
        (NOTES / str(number)).write_text(f"{{begin}} {{end}}", encoding="utf-8")
"""
FAILING = """\
    import time
    from pathlib import Path

    import pytest

    NOTES = Path({folder!r})

    @pytest.mark.parametrize("number", range(20))
    def test_it(number):
        note = NOTES / str(number)
        again = note.exists()
        begin = time.monotonic()
        time.sleep(0.05)
        note.write_text(f"{{begin}} {{time.monotonic()}}", encoding="utf-8")
        assert again or number not in (3, 4, 9)
        assert number != 9
"""


@pytest.fixture
def times(
    pytester: pytest.Pytester, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Times:
    """Run tests in two processes; return when each began and ended its last run, and how many passed, failed, reran."""

    def times(tests: str, *options: str) -> tuple[dict[int, tuple[float, float]], dict[str, int]]:
        for name in ("TMPDIR", "TEMP", "TMP"):
            monkeypatch.setenv(name, str(tmp_path_factory.mktemp("locks")))
        pytester.makeconftest(textwrap.dedent(CONFTEST))
        pytester.makepyfile(textwrap.dedent(tests).format(folder=str(tmp_path)))
        run = pytester.runpytest_subprocess("-n2", "-p", "no:cacheprovider", *options)
        notes = {int(path.name): path.read_text("utf-8").split() for path in tmp_path.iterdir()}
        return {number: (float(begin), float(end)) for number, (begin, end) in notes.items()}, run.parseoutcomes()

    return times


def assert_alone(number: int, times: dict[int, tuple[float, float]]) -> None:
    """Fail if another test ran while this one did."""
    begin, end = times[number]
    assert [other for other, time in times.items() if time[0] < end and begin < time[1]] == [number]


def test_who_wants_to_be_alone_is(times: Times) -> None:
    notes, outcomes = times(TESTS)
    assert (len(notes), outcomes) == (40, {"passed": 40})
    for number in range(0, 40, 5):
        assert_alone(number, notes)


def test_what_fails_runs_once_more_alone(times: Times) -> None:
    notes, outcomes = times(FAILING, "--reruns=1")
    assert outcomes == {"passed": 19, "failed": 1, "rerun": 3}
    for number in (3, 4, 9):
        assert_alone(number, notes)
