"""A test that wants to be alone is: no other begins meanwhile, and two that want it take turns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

CONFTEST = """\
    import pytest

    from tests import quiet

    def pytest_configure(config):
        if hasattr(config, "workerinput"):
            quiet.join(config.workerinput)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item):
        with quiet.beside_others():
            return (yield)
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


def test_who_wants_to_be_alone_is(
    pytester: pytest.Pytester, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(tmp_path_factory.mktemp("locks")))
    pytester.makeconftest(textwrap.dedent(CONFTEST))
    pytester.makepyfile(textwrap.dedent(TESTS).format(folder=str(tmp_path)))
    assert pytester.runpytest_subprocess("-n2", "-p", "no:cacheprovider").ret == 0
    times = {int(path.name): tuple(map(float, path.read_text("utf-8").split())) for path in tmp_path.iterdir()}
    assert len(times) == 40
    for number in range(0, 40, 5):
        begin, end = times.pop(number)
        assert not [other for other in times.values() if other[0] < end and begin < other[1]]
