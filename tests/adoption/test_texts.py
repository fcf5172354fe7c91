"""How what adopt writes looks in the files of a project: its line endings, and what they begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.adoption.projects import FILES, commit, write
from tests.conftest import tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command


@pytest.mark.parametrize("name", ["alone", "beside"])
def test_lines_end_as_in_the_project(tmp_path: Path, pyo3_new: Command, name: str) -> None:
    files = {path: text for path, text in FILES[name].items() if not path.endswith(".pyi")}
    write(tmp_path, {path: text.replace("\n", "\r\n") for path, text in files.items()})
    pyo3_new("adopt", cwd=tmp_path)
    commit(tmp_path)
    pyo3_new("add", "classes", cwd=tmp_path)
    assert not [path for path, text in tree(tmp_path).items() if text.count(b"\n") != text.count(b"\r\n")]


HEADERS = {
    "a licence": ("# SPDX-License-Identifier: MIT\n# By Ada.\n", '\n__all__ = ["double"]\n'),
    "an encoding": ("# -*- coding: utf-8 -*-\n", "# The version.\n__version__ = 1\n"),
    "a comment on code": ("", "# The version.\n__version__ = 1\n"),
}


@pytest.mark.parametrize(("header", "rest"), HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_what_a_package_begins_with_stays_on_top(
    tmp_path: Path, pyo3_new: Command, header: str, rest: str, ending: str
) -> None:
    start = "src/soil/__init__.py"
    text = (header + rest).replace("\n", ending)
    write(tmp_path, {**FILES["python"], start: text})
    pyo3_new("adopt", cwd=tmp_path)
    head, _, tail = (tmp_path / start).read_bytes().decode().partition("from . import _submodules")
    assert head.strip() == header.strip().replace("\n", ending)
    assert tail.endswith(ending + rest.strip("\n").replace("\n", ending) + ending)
    assert "\n" not in (tmp_path / start).read_bytes().decode().replace(ending, "")
