"""`wasm_builder inspect`: what a wheel holds, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest

from scaffolder.wasm.binary import crate_of, plain_name
from tests.tools.results import finding, rows
from tests.tools.wasm_builder.modules import MAGIC, WHEEL, Tiny, number, section, text, write_pyodide, write_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tools.wasm_builder.conftest import Builder


def levels(result: dict[str, Any]) -> dict[str, str]:
    return {finding["id"]: finding["level"] for finding in result["findings"]}


@pytest.fixture
def pyodide(tmp_path: Path) -> Path:
    script = "var wasmImports={js_call:_js_call,emscripten_now};"
    return write_pyodide(tmp_path / "pyodide", ["malloc", "PyLong_FromLong"], script)


def test_a_good_wheel_has_no_findings(tmp_path: Path, pyodide: Path, builder: Builder) -> None:
    module = Tiny(imports=["malloc", "PyLong_FromLong", "js_call", "emscripten_now"])
    result = builder("inspect", write_wheel(tmp_path, module), "--pyodide", pyodide)
    assert levels(result) == {"python-tag": "ok", "imports": "ok"}
    assert finding(result, "imports")["message"] == "Pyodide 314.0.7 has all 6 symbols that it imports"
    assert WHEEL in result["summary"]
    assert result["summary"].endswith(", 1 module")


def test_what_pyodide_lacks_is_listed(tmp_path: Path, pyodide: Path, builder: Builder) -> None:
    module = Tiny(imports=["malloc", "socketpair_x", "invoke_vii"])
    result = builder("inspect", write_wheel(tmp_path, module), "--pyodide", pyodide, code=1)
    missing = finding(result, "imports")
    assert missing["evidence"].splitlines() == ["invoke_vii", "socketpair_x"]
    assert missing["reference"].endswith("/building-wasm.md")


def test_what_another_module_of_the_wheel_exports_is_not_missing(
    tmp_path: Path, pyodide: Path, builder: Builder
) -> None:
    wheel = write_wheel(tmp_path, Tiny(imports=["helper"]))
    with ZipFile(wheel, "a") as archive:
        archive.writestr("tiny.libs/libhelper.so", Tiny(exports=["helper"]).data())
    assert levels(builder("inspect", wheel, "--pyodide", pyodide))["imports"] == "ok"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (Tiny(side=False), "side-module"),
        (Tiny(shared=True), "shared-memory"),
        (Tiny(exports=["PyInit_other"]), "init"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_an_error(
    module: Tiny, name: str, tmp_path: Path, pyodide: Path, builder: Builder
) -> None:
    result = builder("inspect", write_wheel(tmp_path, module), "--pyodide", pyodide, code=1)
    assert levels(result)[name] == "error"


@pytest.mark.parametrize("exports", ["PyInit_tiny", "PyModExport_tiny"])
def test_a_module_starts_by_either_protocol(exports: str, tmp_path: Path, pyodide: Path, builder: Builder) -> None:
    assert "init" not in levels(
        builder("inspect", write_wheel(tmp_path, Tiny(exports=[exports])), "--pyodide", pyodide)
    )


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("cp314-cp314-pyemscripten_2026_0_wasm32", {"python-tag": "ok"}),
        ("cp313-cp313-pyemscripten_2026_0_wasm32", {"python-tag": "error"}),
        ("cp315-abi3-pyemscripten_2026_0_wasm32", {"python-tag": "error"}),
        ("cp314-cp314t-pyemscripten_2026_0_wasm32", {"python-tag": "error"}),
        ("py3-none-pyemscripten_2026_0_wasm32", {"python-tag": "ok"}),
        ("cp39.cp314-abi3.cp314-pyemscripten_2026_0_wasm32", {"python-tag": "ok"}),
        ("cp311-abi3-pyodide_2026_0_wasm32", {"platform-tag": "warning", "python-tag": "ok"}),
        ("cp312-cp312-emscripten_3_1_58_wasm32", {"platform-tag": "warning", "not-compared": "note"}),
        ("cp315-abi3-pyemscripten_2027_0_wasm32", {"not-compared": "note"}),
    ],
)
def test_tags_are_compared_with_the_abi(
    tag: str, expected: dict[str, str], tmp_path: Path, pyodide: Path, builder: Builder
) -> None:
    wheel = write_wheel(tmp_path, Tiny(), f"tiny-1.0-{tag}.whl")
    named = ["--pyodide", pyodide] if "2026_0" in tag else []
    result = builder("inspect", wheel, *named, code=int("error" in expected.values()))
    seen = levels(result)
    assert {name: level for name, level in seen.items() if name != "imports"} == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["tiny.cpython-313-wasm32-emscripten.so"], "warning"),
        (["tiny.cpython-314-wasm32-emscripten.so"], None),
        (["tiny.cpython-313-wasm32-emscripten.so", "tiny.cpython-314-wasm32-emscripten.so"], None),
        (["tiny.cpython-313-wasm32-emscripten.so", "tiny.abi3.so"], None),
    ],
)
def test_a_module_with_the_name_of_another_python_is_not_imported(
    names: list[str], expected: str | None, tmp_path: Path, pyodide: Path, builder: Builder
) -> None:
    wheel = write_wheel(tmp_path, Tiny(), path=f"tiny/{names[0]}")
    with ZipFile(wheel, "a") as archive:
        for name in names[1:]:
            archive.writestr(f"tiny/{name}", Tiny().data())
    result = builder("inspect", wheel, "--pyodide", pyodide)
    assert levels(result).get("module-name") == expected


def test_a_library_that_the_wheel_lacks_keeps_imports_from_being_compared(
    tmp_path: Path, pyodide: Path, builder: Builder
) -> None:
    needed = number(1) + text("libother.so")
    data = Tiny(imports=["helper"], side=False).data()
    dylink = section(0, text("dylink.0") + bytes([2]) + number(len(needed)) + needed)
    wheel = write_wheel(tmp_path, Tiny(), path="tiny/other.txt")
    with ZipFile(wheel, "a") as archive:
        archive.writestr("tiny/tiny.abi3.so", MAGIC + dylink + data.removeprefix(MAGIC))
    result = builder("inspect", wheel, "--pyodide", pyodide)
    assert finding(result, "not-compared")["cause"] == "it also needs `libother.so`, which the wheel does not hold"


def test_what_makes_a_module_large_is_named(tmp_path: Path, pyodide: Path, builder: Builder) -> None:
    functions = {"core::fmt::write": 300, "<alloc::vec::Vec<T> as core::ops::Drop>::drop": 100, "malloc_lite": 50}
    module = Tiny(functions=functions, custom={".debug_info": 60_000})
    result = builder("inspect", write_wheel(tmp_path, module), "--pyodide", pyodide)
    assert finding(result, "debugging")["level"] == "note"
    assert "60.1 kB of 60.6 kB" in finding(result, "debugging")["message"]
    crates = rows(result, "Crates of tiny.abi3.so")
    assert [(row[""], row["size"]) for row in crates] == [("core", "300 B"), ("alloc", "100 B"), ("other code", "50 B")]
    assert rows(result, "Largest functions of tiny.abi3.so")[0][""] == "core::fmt::write"
    sections = {row[""]: row["size"] for row in rows(result, "Sections of tiny.abi3.so")}
    assert sections["custom .debug_info"] == "60 kB"


def test_a_module_that_exports_everything_is_noted(tmp_path: Path, pyodide: Path, builder: Builder) -> None:
    module = Tiny(exports=["PyInit_tiny", *(f"_ZN2OT11HBUINT{index}E" for index in range(4000))])
    result = builder("inspect", write_wheel(tmp_path, module), "--pyodide", pyodide)
    assert finding(result, "exports")["message"].startswith("it exports 4,001 symbols")


@pytest.mark.parametrize(
    ("function", "crate"),
    [
        ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core"),
        ("_ZN84_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..iter..Extend$GT$6extend17h0E", "alloc"),
        ("_RNvCs1234_7mycrate3foo", "mycrate"),
        ("<alloc::vec::Vec<T> as core::ops::drop::Drop>::drop", "alloc"),
        ("<&mut serde::Serializer as core::fmt::Debug>::fmt", "serde"),
        ("main", None),
        ("_ZNSt3__212basic_stringE", None),
    ],
)
def test_the_crate_of_a_function_is_read_from_its_name(function: str, crate: str | None) -> None:
    assert crate_of(function) == crate


@pytest.mark.parametrize(
    ("function", "name", "crate"),
    [
        (
            "_$LT$pyo3..err..PyErr$u20$as$u20$core..fmt..Debug$GT$::fmt::h859dc674df5b70b9",
            "<pyo3::err::PyErr as core::fmt::Debug>::fmt", "pyo3",
        ),
        (
            "core::ptr::drop_in_place$LT$pyo3..instance..Py$LT$tiny..Box$GT$$GT$::h8bf5dff5b524001b",
            "core::ptr::drop_in_place<pyo3::instance::Py<tiny::Box>>", "core",
        ),
        (
            "std::thread::spawn::_$u7b$$u7b$closure$u7d$$u7d$::h8bf5dff5b524001b (.llvm.62708)",
            "std::thread::spawn::{{closure}} (.llvm.62708)", "std",
        ),
        ("<str as core::fmt::Debug>::fmt", "<str as core::fmt::Debug>::fmt", None),
        ("malloc_lite", "malloc_lite", None),
    ],
)  # fmt: skip
def test_a_name_that_the_linker_took_apart_is_read_as_rust_writes_it(
    function: str, name: str, crate: str | None
) -> None:  # fmt: skip
    assert plain_name(function) == name
    assert crate_of(name) == crate


def test_the_drawing_shows_sections_and_crates(tmp_path: Path, pyodide: Path, builder: Builder) -> None:
    wheel = write_wheel(tmp_path, Tiny(functions={"core::fmt::write": 300}))
    drawing = tmp_path / "sizes.svg"
    builder("inspect", wheel, "--pyodide", pyodide, "--draw", drawing)
    picture = drawing.read_text(encoding="utf-8")
    assert picture.startswith("<svg ")
    assert all(f">{text}</text>" in picture for text in ("sections", "crates", "code", "core", "300 B"))
    builder("inspect", wheel, "--pyodide", pyodide, "--draw", drawing, "--force")


def test_without_a_pyodide_the_rest_is_said(tmp_path: Path, builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    result = builder("inspect", write_wheel(tmp_path, Tiny()))
    assert levels(result) == {"python-tag": "ok", "not-compared": "note"}
    assert finding(result, "not-compared")["cause"] == "Pyodide 314.0.7 can't be fetched: npm is not installed"
    assert rows(result, f"Modules of {WHEEL}")


def test_a_dry_run_writes_nothing(tmp_path: Path, builder: Builder) -> None:
    result = builder("inspect", write_wheel(tmp_path, Tiny()), "--draw", tmp_path / "sizes.svg", "--dry-run")
    assert result["dry_run"]
    assert not (tmp_path / "sizes.svg").exists()


def test_bad_inputs_are_refused(tmp_path: Path, refusal: Callable[..., str]) -> None:
    good = write_wheel(tmp_path, Tiny())
    (tmp_path / "tiny.zip").touch()
    assert "is not named as a wheel is" in refusal("inspect", tmp_path / "tiny.zip")
    assert "is a folder" in refusal("inspect", tmp_path)
    assert "does not exist" in refusal("inspect", tmp_path / "gone-1.0-py3-none-any.whl")
    assert "there is no Pyodide in" in refusal("inspect", good, "--pyodide", tmp_path)
    other = write_pyodide(tmp_path / "other", [], abi="2025_0")
    assert "has the ABI `2025_0`, not `2026_0`" in refusal("inspect", good, "--pyodide", other)
    assert "does not end in `.svg`" in refusal("inspect", good, "--draw", tmp_path / "sizes.png")


def test_wheels_without_a_readable_module_are_refused(tmp_path: Path, refusal: Callable[..., str]) -> None:
    native = tmp_path / "native-1.0-cp311-abi3-linux_x86_64.whl"
    with ZipFile(native, "w") as archive:
        archive.writestr("native.abi3.so", b"\x7fELF")
    assert "has no WebAssembly module" in refusal("inspect", native)
    cut = tmp_path / "cut-1.0-cp311-abi3-pyemscripten_2026_0_wasm32.whl"
    with ZipFile(cut, "w") as archive:
        archive.writestr("cut.abi3.so", Tiny().data()[:-3])
    assert "ends too early" in refusal("inspect", cut, code=1)
    odd = tmp_path / "odd-1.0-cp311-abi3-pyemscripten_2026_0_wasm32.whl"
    with ZipFile(odd, "w") as archive:
        archive.writestr("odd.abi3.so", MAGIC + section(2, number(1) + text("env") + text("x") + b"\x09\0"))
    assert "is damaged" in refusal("inspect", odd, code=1)
    (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"PK\3\4")
    assert "can't be read" in refusal("inspect", tmp_path / "bad-1.0-py3-none-any.whl", code=1)
