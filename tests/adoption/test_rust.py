"""How the Rust file of an adopted module is prepared for features."""

from __future__ import annotations

import pytest

from scaffolder.adoption.rust import add_anchors, rename_module
from scaffolder.errors import ScaffolderError

ANCHORS = "// features: begin\n// features: end\n"
INSIDE = "    // features: begin\n    // features: end\n"


def anchored(text: str, name: str = "soil") -> str:
    return add_anchors("src/lib.rs", text.encode(), name).decode()


def test_a_module_gets_anchors_above_and_at_its_end() -> None:
    text = "use a::b;\n\n/// Soil.\n#[pymodule]\nmod soil {\n    const A: u8 = 1; // {\n}\n\nfn after() {}\n"
    expected = text.replace("/// Soil", f"{ANCHORS}\n/// Soil").replace("// {\n}", f"// {{\n\n{INSIDE}}}")
    assert anchored(text) == expected
    assert anchored(expected) == expected


def test_an_empty_module_gets_them_too() -> None:
    assert anchored("#[pyo3::pymodule]\nmod soil {}\n") == f"{ANCHORS}\n#[pyo3::pymodule]\nmod soil {{\n{INSIDE}}}\n"


@pytest.mark.parametrize(
    ("parameters", "result", "call"),
    [
        ("m: &Bound<'_, PyModule>", " -> PyResult<()>", "super::soil(m)\n"),
        ("py: Python<'_>, m: &Bound<'_, PyModule>", " -> PyResult<()>", "super::soil(m.py(), m)\n"),
        ("m: &Bound<'_, pyo3::types::PyModule>", " -> pyo3::PyResult<()>", "super::soil(m)\n"),
        ("module: &Bound<'_, PyModule>", "", "super::soil(module);\n        Ok(())\n"),
    ],
)
def test_a_function_is_called_by_a_module(parameters: str, result: str, call: str) -> None:
    function = f"pub fn soil({parameters}){result} {{\n    fill();\n}}"
    text = anchored(f"// Kept.\n\n/// Soil.\n#[allow(dead_code)]\n#[pymodule]\n{function}\n")
    above, below = text.split(function)
    assert above == f"// Kept.\n\n{ANCHORS}\n#[allow(dead_code)]\n"
    assert below.startswith("\n\n/// Soil.\n#[pymodule]\npub mod soil {\n")
    assert INSIDE in below
    assert call.replace("(module)", "(m)") in below


@pytest.mark.parametrize("header", ["#[pymodule]\n", '#[pymodule(name = "soil")]\n'])
def test_a_module_does_not_hide_a_crate_of_its_name(header: str) -> None:
    text = f"{header}fn soil(m: &Bound<'_, PyModule>) -> PyResult<()> {{\n    soil::fill(m)\n}}\n"
    result = add_anchors("src/lib.rs", text.encode(), "soil", {"soil"}).decode()
    assert "mod soil_module {" in result
    assert "super::soil(m)" in result
    assert result.count('name = "soil"') == 1


@pytest.mark.parametrize(
    "function",
    [
        "fn soil(m: &PyModule) -> PyResult<()> {}",
        "fn soil(m: &Bound<'_, PyModule>) -> Result<(), Mine> {}",
        "unsafe fn soil(m: &Bound<'_, PyModule>) -> PyResult<()> {}",
    ],
)
def test_another_function_is_refused(function: str) -> None:
    with pytest.raises(ScaffolderError, match=r"`soil` in `src/lib\.rs` is a function of a form"):
        anchored(f"#[pymodule]\n{function}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("#[pymodule]\nmod soil {}", '#[pymodule(name = "_core", module = "soil")]\nmod soil {}'),
        ("#[pymodule(gil_used = false)]\nfn soil() {}", '#[pymodule(name = "_core", gil_used = false)]\nfn soil() {}'),
        ('#[pymodule]\n#[pyo3(name = "dirt")]\nfn soil() {}', '#[pymodule]\n#[pyo3(name = "_core")]\nfn soil() {}'),
        ('#[pymodule(name = "dirt")]\nfn soil() {}', '#[pymodule(name = "_core")]\nfn soil() {}'),
        (
            '#[pymodule(name = "soil")]\nmod dirt {}',
            '#[pymodule(name = "_core", module = "soil")]\nmod dirt {}',
        ),
    ],
)
def test_the_python_name_changes_and_the_rust_name_stays(before: str, after: str) -> None:
    assert rename_module(before.encode(), before.split()[-2].partition("(")[0], "_core", "soil").decode() == after


def test_a_module_under_a_condition_is_refused() -> None:
    with pytest.raises(ScaffolderError, match="only under a condition"):
        anchored('#[cfg_attr(feature = "python", pymodule)]\nmod soil {}\n')
