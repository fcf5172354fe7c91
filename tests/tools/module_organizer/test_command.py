"""The tool `module_organizer` as a command: its output, its drawing, and what it says to bad input."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from scaffolder.errors import ScaffolderError
from scaffolder.tools.module_organizer.app import app
from tests.tools.module_organizer.projects import DECLARATIVE, EXTRA, FUNCTION, document, organize, project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

TREE = """\
fares._core    module     src/lib.rs:8
├── Zone       class      src/zones.rs:11
├── fare       function   src/zones.rs:30
├── Trip       class      src/lib.rs:17
├── LIMIT      value      src/lib.rs:20
└── FareError  exception  src/zones.rs:7
"""


def test_the_tree_is_drawn_as_text(tmp_path: Path, pyo3_new: Command) -> None:
    folder = project(tmp_path)
    done = pyo3_new("tool", "module_organizer", cwd=folder)
    assert done.stdout == f"{TREE}fares._core: 1 module with 5 names; everything is in order\n"
    assert "every `__module__` has its class" in pyo3_new("tool", "module_organizer", "-v", cwd=folder).stdout


def test_the_tree_is_drawn_as_svg(tmp_path: Path) -> None:
    lib = FUNCTION.replace('"LIMIT"', '"<&\\u{7}"').replace("\\u{7}", "'")
    folder = project(tmp_path, lib=lib)
    drawing = folder / "modules.svg"
    organize(folder, "--draw", str(drawing))
    root = ET.fromstring(drawing.read_text(encoding="utf-8"))  # noqa: S314  (it is our own)
    texts = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "fares._core"
    assert {"Zone", "<&'", "class · src/zones.rs:11"} <= set(texts)
    width = float(root.attrib["width"])
    assert all(float(node.attrib["x"]) < width for node in root.iter("{http://www.w3.org/2000/svg}text"))
    with pytest.raises(ScaffolderError, match="already exists"):
        organize(folder, "--draw", str(drawing))
    organize(folder, "--draw", str(drawing), "--force")


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path, ("src/zones.rs", "", EXTRA))
    result = organize(folder, "--write", "--draw", str(folder / "modules.svg"), "--dry-run")
    assert result["dry_run"]
    assert document(result, "svg").startswith("<svg")
    assert "+    use crate::zones::rebate;" in document(result, "diff")
    assert not (folder / "modules.svg").exists()
    assert (folder / "src/lib.rs").read_text() == DECLARATIVE


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ([("src/lib.rs", "#[pymodule(", "#[nothing(")], (), "the crate of `Cargo.toml` has no `#[pymodule]`"),
        ([], ("--dry-run",), "`--dry-run` alone has nothing to show"),
        ([], ("--draw", "modules.png"), "`modules.png` is not the name of an SVG file"),
        ([], ("--draw", "nowhere/modules.svg"), "can't be written: its folder does not exist"),
        ([], ("--only", "missing"), "nothing that is called `missing` is left out of the modules"),
        ([], ("--into", "missing"), "there is no module `missing` in the tree"),
        ([("Cargo.toml", "[package]", "[package")], (), "Cargo.toml` can't be read"),
    ],
)
def test_bad_input_is_one_error_with_a_hint(
    changes: list[tuple[str, str, str]], arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    folder = project(tmp_path, *changes)
    with pytest.raises(ScaffolderError) as refused:
        organize(folder, *arguments)
    assert message in refused.value.message
    assert refused.value.hint


def test_without_a_project_there_is_one_error(pyo3_new: Command) -> None:
    done = pyo3_new("tool", "module_organizer", code=2)
    assert done.stderr.startswith("error: there is no project here\n\nhint: ")


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe\x00",
        b"#[pymodule] fn _core(",
        b"mod a { " * 300,
        b"#[pymodule]\nmod _core { use super::*; use self::*; }",
        b"use crate::a; use crate::b as a; #[pymodule] fn _core(m: &PyModule) -> PyResult<()> { m.add_class::<a>() }",
        b"#[pymodule]\nfn _core() {}",
        b"create_exception!(); create_exception!(a); #[pymodule]\nfn _core(_: M) {}",
    ],
)
def test_no_source_stops_it_with_a_traceback(text: bytes, tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "src/lib.rs").write_bytes(text)
    done = CliRunner().invoke(app, ["--project", str(folder)])
    assert done.exception is None or isinstance(done.exception, (ScaffolderError, SystemExit))
