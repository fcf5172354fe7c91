"""What is not compiled on this machine is told from what is, and from what nobody knows."""

from __future__ import annotations

import pytest
from ast_grep_py import SgRoot

from scaffolder.migration.conditions import places_off

LINUX = {"unix": {""}, "target_os": {"linux"}, "target_family": {"unix"}, "target_pointer_width": {"64"}}
SETTINGS = {**LINUX, "feature": {"fast"}}


def conditions(text: str, settings: dict[str, set[str]]) -> list[str]:
    root = SgRoot(text, "rust").root()
    return [condition for _, condition in places_off(root, settings)]


@pytest.mark.parametrize(
    ("condition", "off"),
    [
        ("windows", True),
        ("unix", False),
        ("not(unix)", True),
        ('target_os = "macos"', True),
        ('any(target_os = "macos", target_os = "linux")', False),
        ('all(unix, feature = "slow")', True),
        ('feature = "fast"', False),
        ('not(feature = "fast")', True),
        ("test", False),
        ("not(test)", False),
        ("Py_3_12", False),
        ("all(windows, Py_3_12)", True),
        ("any(windows, Py_LIMITED_API)", False),
    ],
)
def test_a_condition_is_off_only_if_that_is_certain(condition: str, off: bool) -> None:
    text = f"#[cfg({condition})]\n#[pyfunction]\nfn f(py: Python<'_>) {{}}\n"
    assert conditions(text, SETTINGS) == ([f"cfg({condition})"] if off else [])


def test_features_that_are_not_known_decide_nothing() -> None:
    assert conditions('#[cfg(feature = "slow")]\nfn f(py: Python<\'_>) {}\n', LINUX) == []


def test_code_without_python_is_nobody_s_business() -> None:
    assert conditions("#[cfg(windows)]\nfn f() -> u8 { 1 }\n", SETTINGS) == []
    assert conditions("#[cfg(windows)]\nmod win;\n", SETTINGS) == ["cfg(windows)"]
