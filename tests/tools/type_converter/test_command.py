"""The tool `type_converter` as a command: what it prints, and what its JSON says."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.tools.results import read_result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Command


@pytest.fixture
def convert(pyo3_new: Command) -> Callable[..., dict[str, Any]]:
    """Run the tool with `--json` and return what it says."""

    def convert(*arguments: str, cwd: Path | None = None) -> dict[str, Any]:
        return read_result(pyo3_new("tool", "type_converter", *arguments, "--json", cwd=cwd).stdout)

    return convert


def code(result: dict[str, Any], language: str) -> str:
    """Return the document in a language."""
    return next((str(document["text"]) for document in result["documents"] if document["language"] == language), "")


def test_an_annotation_is_one_line_with_its_cost(convert: Callable[..., dict[str, Any]], pyo3_new: Command) -> None:
    result = convert("list[str]")
    assert result["summary"].startswith("`list[str]` is `Vec<String>`")
    facts = dict(result["tables"][0]["rows"])
    assert facts["Rust argument"] == facts["Rust field or result"] == "Vec<String>"
    assert facts["argument is"] == "copied"
    assert not result["documents"]
    assert "Vec<String>" in pyo3_new("tool", "type_converter", "list[str]").stdout


def test_what_needs_a_crate_comes_with_its_dependency(convert: Callable[..., dict[str, Any]]) -> None:
    text = code(convert("dict[uuid.UUID, decimal.Decimal]"), "toml")
    assert 'features = ["rust_decimal", "uuid"]' in text
    assert 'uuid = "1"' in text


def test_one_field_without_a_rust_type_stops_nothing(convert: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(
        "class Access(IntFlag):\n    READ = 1\n\n@dataclass\nclass Policy:\n    access: Access\n"
        "    share: Fraction\n    owner: Person | None\n"
    )
    result = convert("models.py")
    assert "pub access: i64,\n    pub share: num_rational::Ratio<i64>," in code(result, "rust")
    assert (
        "    // Python object: `Person` has no Rust type that this tool knows.\n    pub owner: Option<Py<PyAny>>,"
        in (code(result, "rust"))
    )
    messages = {finding["id"]: finding["message"] for finding in result["findings"]}
    assert messages["python-object"].startswith("`Policy.owner` holds a Python object: `Person`")


def test_standard_input_is_read_as_it_is_said_to_be(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scaffolder", "tool", "type_converter", "-", "--from", "json", "--name", "Order"],
        input='{"id": 1}', env=environment, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert "pub struct Order {\n    pub id: i64,\n}" in done.stdout
