"""What the chapters claim of a build without `abi3`, with `experimental-inspect` and jiff."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta, timezone, tzinfo
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SNIPPETS = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Build the crate that needs a build of its own, and import it."""
    folder = tmp_path_factory.mktemp("plain")
    project = folder / "project"
    shutil.copytree(SNIPPETS / "plain", project)
    shutil.copy(SNIPPETS.parent / "Cargo.lock", project)
    command = ["maturin", "build", "--profile", "dev", "--interpreter", sys.executable, "--out", str(folder)]
    environment = {"CARGO_TARGET_DIR": str(SNIPPETS.parent / "target"), **os.environ}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    sys.path.insert(0, str(folder))
    try:
        return import_module("conversion_plain")
    finally:
        sys.path.remove(str(folder))


def test_hints_for_stubs(plain: ModuleType) -> None:
    assert (
        plain.hints(None)
        == ["builtins.tuple[typing.SupportsIndex, typing.SupportsIndex] | builtins.str"] + ["_typeshed.Incomplete"] * 2
    )
    assert plain.area("A4") == plain.area((210, 297)) == plain.sheet_area(SimpleNamespace(paper="A4")) == 62_370
    with pytest.raises(ValueError, match="`A9` is no size of paper"):
        plain.area("A9")


@pytest.mark.parametrize(("text", "width"), [("Bern", 1), ("Łódź", 2), ("👍 good", 4)])
def test_how_text_is_stored(plain: ModuleType, text: str, width: int) -> None:
    assert plain.stored(text) == (width, text)


def test_text_of_one_byte_a_letter_is_taken_for_utf8(plain: ModuleType) -> None:
    with pytest.raises(UnicodeDecodeError):
        plain.stored("Zürich")


def test_reading_the_storage_makes_no_utf8(plain: ModuleType) -> None:
    text = "é " * 1000
    size = sys.getsizeof(text)
    assert plain.spaces(text) == 1000
    assert plain.spaces("\ud800 ") == 1
    assert sys.getsizeof(text) == size


ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    "zone", [ZURICH, timezone.utc, timezone(timedelta(hours=5, minutes=30)), ZoneInfo("America/St_Johns")]
)
def test_jiff_keeps_the_zone(plain: ModuleType, zone: tzinfo) -> None:
    time = datetime(2026, 7, 1, 12, 30, 0, 123456, tzinfo=zone)
    assert plain.zoned(time) == time
    assert plain.zoned(time).tzinfo == zone


def test_jiff_counts_days_of_the_calendar(plain: ModuleType) -> None:
    eve = datetime(2026, 10, 24, 12, 0, tzinfo=ZURICH)
    assert plain.next_day(eve) == eve + timedelta(days=1)
    assert plain.next_day(eve).timestamp() - eve.timestamp() == 25 * 3600


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("day", [datetime(2026, 10, 25, 2, 30), datetime(2026, 3, 29, 2, 30)])
def test_jiff_reads_fold_as_python_does(plain: ModuleType, day: datetime, fold: int) -> None:
    time = day.replace(tzinfo=ZURICH, fold=fold)
    assert plain.seconds(time) == time.timestamp()
    assert plain.timestamp(time).timestamp() == time.timestamp()


def test_pyo3_loses_the_fold_of_jiff_on_the_way_out(plain: ModuleType) -> None:
    second = datetime(2026, 10, 25, 2, 30, tzinfo=ZURICH, fold=1)
    assert plain.zoned(second).fold == 0
    assert second.timestamp() - plain.zoned(second).timestamp() == 3600


class Elsewhere(tzinfo):
    """A zone with rules and without a name."""

    def utcoffset(self, time: datetime | None) -> timedelta | None:
        return None if time is None else timedelta(hours=time.month)


def test_what_jiff_refuses(plain: ModuleType) -> None:
    with pytest.raises(TypeError, match="is not a fixed offset timezone"):
        plain.zoned(datetime(2026, 7, 1, tzinfo=Elsewhere()))
    with pytest.raises(TypeError, match="expected a datetime with non-None tzinfo"):
        plain.zoned(datetime(2026, 7, 1))


def test_errors_of_jiff(plain: ModuleType) -> None:
    with pytest.raises(ValueError, match="range"):
        plain.next_day(datetime.max.replace(tzinfo=timezone.utc))


def test_spans_of_jiff(plain: ModuleType) -> None:
    for value in (timedelta.min, timedelta.max, timedelta(microseconds=-1)):
        assert plain.duration(value) == value
