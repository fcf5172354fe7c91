"""How often a run of the tool reads what it reads, and where it looks for a project."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from scaffolder.errors import UsageError
from scaffolder.machine import cargo, survey
from scaffolder.machine.programs import run
from scaffolder.tools.setup_validator import inspection as inspection_module
from scaffolder.tools.setup_validator.app import setup_validator
from scaffolder.tools.setup_validator.inspection import inspect
from scaffolder.tools.setup_validator.places import find_folder
from tests.tools.setup_validator.projects import FILES, INTERPRETER, MACHINE, changed, inspected, removed, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORDED: list[Counter[str]] = []


def record(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and RECORDED and isinstance(arguments[0], str | bytes | os.PathLike):
        RECORDED[-1][os.path.basename(os.fsdecode(arguments[0]))] += 1  # noqa: PTH119


sys.addaudithook(record)


@pytest.fixture
def opened() -> Iterator[Counter[str]]:
    RECORDED.append(Counter())
    yield RECORDED[-1]
    RECORDED.pop()


def test_a_machine_is_surveyed_once_and_read_again_is_what_changed(
    opened: Counter[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Counter[str]()

    def count(command: list[str], *arguments: object, **options: object) -> object:
        asked[" ".join(command[:2])] += 1
        return run(command, *arguments, **options)  # type: ignore[arg-type]

    for module in (survey, cargo):
        monkeypatch.setattr(module, "run", count)
    project = write(tmp_path, changed(removed("python/fares/py.typed")))
    inspection = inspect(project, os.environ, whole=False)
    assert list(inspection.repairs) == ["typed-marker"]
    before, read = dict(asked), opened["pyproject.toml"]
    inspection.repair().write()
    after = inspection.reread()
    assert "typed-marker" not in after.wrong
    assert after.machine is inspection.machine
    assert dict(asked) == before
    # The draft needs no manifest here, and what is read again is read as often as before, at most.
    assert opened["pyproject.toml"] <= 2 * read


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
    assert find_folder(tmp_path) == project
    write(tmp_path / "other", FILES)
    with pytest.raises(UsageError, match=r"several PyO3 projects below .*`other`") as refused:
        find_folder(tmp_path)
    assert "--project" in str(refused.value.hint)


def test_a_repository_without_a_crate_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write(tmp_path / "python", FILES)
    monkeypatch.chdir(tmp_path)
    assert find_folder(None) is None
    (tmp_path / ".git").mkdir()
    assert find_folder(None) == project
