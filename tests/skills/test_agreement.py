"""What the skill teaches is what the template does, where that can be seen in a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

SKILL = CHECKOUT / "skills/pyo3-fundamentals"
TEMPLATES = CHECKOUT / "templates"
RUST = sorted(TEMPLATES.glob("**/*.rs*"))


def named(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def test_cargo_finds_python_in_the_same_way() -> None:
    taught = SKILL / "snippets/editors/cargo-config.toml"
    assert taught.read_bytes() == (TEMPLATES / "{{base}}/.cargo/config.toml").read_bytes()


def test_the_manifests_have_the_settings_that_the_guide_names() -> None:
    guide = (SKILL / "SKILL.md").read_text(encoding="utf-8")
    cargo, python = (
        (TEMPLATES / f"{{{{base}}}}/{name}.jinja").read_text(encoding="utf-8")
        for name in ("{{crate_folder}}/Cargo.toml", "pyproject.toml")
    )
    for setting in ('crate-type = ["cdylib", "rlib"]', '[profile.editable]\ninherits = "dev"'):
        assert setting in guide
        assert setting in cargo
    for setting in ('requires = ["maturin>=1.16,<2"]', 'editable-profile = "editable"'):
        assert setting in guide
        assert setting in python
    for manifest in (cargo, python):
        assert "extension-module" not in manifest
        assert not re.search(r'^panic = "abort"', manifest, re.MULTILINE)


@pytest.mark.parametrize("path", RUST, ids=named)
def test_rust_code_keeps_the_rules(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code = text.partition("#[cfg(test)]")[0]
    # A sentence in a `KeyError` is printed in quotes; a `HashMap` is returned in another order each time.
    assert not re.search(r"PyKeyError::new_err\(\s*format!", code)
    assert "-> HashMap" not in code
    assert "tests" in path.parts or not re.search(r"\.(unwrap|expect)\(|\bpanic!\(", code)
    # Classes that threads share are frozen.
    for attribute in re.findall(r"#\[pyclass(.*)\]", code):
        assert "frozen" in attribute


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("**/tests/*.py*")), ids=named)
def test_property_tests_have_no_deadline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "@given" not in text or "deadline=None" in text


def test_packages_have_a_base_of_their_own_for_exceptions_in_python() -> None:
    errors = (TEMPLATES / "{{base}}/{{python_folder}}/{{package_name}}/errors.py.jinja").read_text(encoding="utf-8")
    assert "class Error(Exception):" in errors
    assert not [named(path) for path in RUST if "create_exception!" in path.read_text(encoding="utf-8")]
