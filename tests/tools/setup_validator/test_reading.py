"""How often a run of the tool reads what it reads, and where it looks for a project."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from scaffolder.anatomy.manifests import read_manifests
from scaffolder.anatomy.places import locate_project
from scaffolder.errors import UsageError
from scaffolder.tools.setup_validator import inspection as inspection_module
from scaffolder.tools.setup_validator.app import setup_validator
from scaffolder.tools.setup_validator.inspection import inspect
from tests.tools.setup_validator.projects import FILES, INTERPRETER, MACHINE, added, changed, inspected, removed, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORDED: list[Counter[str]] = []


def record(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and RECORDED and isinstance(arguments[0], str | bytes | os.PathLike):
        RECORDED[-1][os.path.basename(os.fsdecode(arguments[0]))] += 1  # noqa: PTH119
    if event == "subprocess.Popen" and RECORDED:
        name, *rest = map(str, arguments[1])  # type: ignore[call-overload]
        RECORDED[-1][" ".join([os.path.basename(name), *rest[:1]])] += 1  # noqa: PTH119


sys.addaudithook(record)


@pytest.fixture
def counts() -> Iterator[Counter[str]]:
    RECORDED.append(Counter())
    yield RECORDED[-1]
    RECORDED.pop()


def test_all_is_read_once_and_again_only_what_changed(counts: Counter[str], tmp_path: Path) -> None:
    project = write(tmp_path, changed(removed("python/fares/py.typed"), added("setup.py")))
    counts.clear()
    manifests = locate_project(project)
    assert manifests
    inspection = inspect(project, os.environ, manifests=manifests, whole=False)
    assert list(inspection.repairs) == ["typed-marker"]
    assert inspection.findings
    assert [counts[name] for name in ("pyproject.toml", "setup.py", "rustc -vV")] == [1, 1, 1]
    inspection.repair().write()
    after = inspection.reread()
    assert "typed-marker" not in after.wrong
    # What a repair changes is the project; the machine is as it was.
    assert after.machine is inspection.machine
    assert [counts[name] for name in ("pyproject.toml", "setup.py", "rustc -vV")] == [2, 2, 1]


def test_where_all_is_well_a_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write(tmp_path / "a-folder-with-a-long-name" / "and-another-one-inside" / "fares", FILES)
    path = project.parent / "python" / "bin" / "python3.11"
    machine = dataclasses.replace(
        MACHINE,
        interpreters={path: dataclasses.replace(INTERPRETER, path=path)},
        choices=tuple(dataclasses.replace(choice, python=path) for choice in MACHINE.choices),
    )
    inspection = inspected(project, machine)
    monkeypatch.setattr(inspection_module, "inspect", lambda *_, **__: inspection)
    setup_validator(project)
    assert capsys.readouterr().out == f"fares: everything is in order ({len(inspection.findings)} checks)\n"
    setup_validator(project, verbose=True)
    tables = capsys.readouterr().out.partition("\nok: ")[0].splitlines()
    assert len(tables) > 20
    assert all(len(line) <= 80 and line == line.rstrip() for line in tables)
    assert any(line.split()[-1].endswith("/") for line in tables if "/" in line)


@pytest.mark.parametrize("place", ["bindings/python", "wheel"])
def test_the_crate_below_is_found(place: str, tmp_path: Path) -> None:
    write(tmp_path, {"Cargo.toml": "[workspace]\nmembers = []\n", "node_modules/x/Cargo.toml": ""})
    project = write(tmp_path / place, FILES)
    write(project / "examples/one", FILES)
    assert locate_project(tmp_path) == read_manifests(project)
    write(tmp_path / "other", FILES)
    with pytest.raises(UsageError, match=r"several PyO3 projects below .*`other`") as refused:
        locate_project(tmp_path)
    assert "--project" in str(refused.value.hint)


def test_a_repository_without_a_crate_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write(tmp_path / "python", FILES)
    monkeypatch.chdir(tmp_path)
    assert locate_project(None) is None
    (tmp_path / ".git").mkdir()
    assert locate_project(None) == read_manifests(project)
