"""Where the compiler's messages are in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder.migration.checking import Check, add_message

if TYPE_CHECKING:
    from pathlib import Path

LINES = ["// größer", "use pyo3::types::PySlice;", "", "fn f() {}", "fn last() { PySlice::new() }", ""]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_place_is_found_however_lines_end(tmp_path: Path, end: str) -> None:
    text = end.join(LINES)
    (tmp_path / "lib.rs").write_bytes(text.encode("utf-8"))
    start = text.encode("utf-8").index(b"new()")
    span = {
        "file_name": "lib.rs", "is_primary": True, "line_start": 5, "byte_start": start, "byte_end": start + 3,
        "label": None, "expansion": None, "suggested_replacement": None,
    }  # fmt: skip
    message = {
        "code": {"code": "deprecated"}, "level": "warning", "message": "deprecated", "spans": [span], "children": [],
    }  # fmt: skip
    check = Check(ran=True, passed=True)
    add_message(check, message, tmp_path, tmp_path, {})
    (entry,) = check.messages["lib.rs"]
    assert text[entry.start : entry.end] == "new"
