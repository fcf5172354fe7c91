"""What the tool chain for Pyodide lacks, and the commands that install it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.toolkit import Finding, Table, reference
from scaffolder.wasm.releases import TARGET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.wasm.toolchain import ToolChain

SKILL = "pyo3-async-embedded-wasm"
PAGE = reference(SKILL, "building-wasm")
ABSENT = "—"
# rust-lang/rust#147224: Pyodide unwinds by WebAssembly's own exceptions from 0.28 on, the target from this rustc on.
UNWINDS = Version("1.93")


def tool_chain_table(tools: ToolChain) -> Table:
    """Return what is installed, beside what the ABI asks for."""
    abi, rust = tools.abi, tools.rust
    targets = f"with {TARGET}" if rust and TARGET in rust.targets else ""
    answers = ", ".join(f"{name} {text}" for name, text in tools.answers.items() if name != "emscripten_dir")
    state = "without a build environment" if tools.has_pyodide_build else ABSENT
    rows = (
        ("maturin", str(tools.versions.get("maturin", ABSENT)), f"{abi.maturin} or newer"),
        ("rustc", f"{rust.version} {targets}".strip() if rust else ABSENT, f"with {TARGET}"),
        ("emcc", str(tools.versions.get("emcc", ABSENT)), abi.emscripten),
        ("pyodide-build", answers or state, f"pyodide_abi_version {abi.name}"),
        ("node", str(tools.versions.get("node", ABSENT)), f"{abi.node} or newer, to run it"),
    )
    return Table(f"Tools for {abi.platform}, Pyodide {abi.pyodide}", ("", "found", "needed"), rows)


def check_tools(tools: ToolChain) -> Iterator[Finding]:
    """Yield what is missing or of another version, and the commands that install it."""
    yield from _check_maturin(tools)
    yield from _check_rust(tools)
    yield from _check_emscripten(tools)
    yield from _check_node(tools)


def _absence(tools: ToolChain, name: str) -> str:
    """Return why a program has no version."""
    if name in tools.broken:
        return f"`{name}` is there, and `{name} --version` fails"
    return (
        f"{name} is not installed" if name != "emcc" else "`emcc` is neither on `PATH` nor where pyodide-build has it"
    )


def _check_maturin(tools: ToolChain) -> Iterator[Finding]:
    version, needed = tools.versions.get("maturin"), tools.abi.maturin
    if version and version >= Version(needed):
        yield Finding("maturin", "ok", f"maturin {version} writes the tag `{tools.abi.platform}`")
        return
    message = f"maturin {version} does not write the tag" if version else _absence(tools, "maturin")
    expected = f"{message}; {needed} or newer is expected"
    yield Finding("maturin", "error", expected, fix=f"pip install 'maturin>={needed}'", reference=PAGE)


def _check_rust(tools: ToolChain) -> Iterator[Finding]:
    rust, name = tools.rust, tools.environment.get("RUSTUP_TOOLCHAIN")
    if rust and TARGET in rust.targets:
        yield Finding("rust-target", "ok", f"rustc {rust.version} has the target `{TARGET}`")
        if rust.version < UNWINDS:
            message = f"rustc {rust.version} unwinds through JavaScript, unless Pyodide's standard library is installed"
            fix = (
                "Use Rust 1.93 or newer, or replace the target's standard library by the one that this names, if any\n"
            )
            fix += "pyodide config get rust_emscripten_target_url"
            cause = "Pyodide loads only modules that unwind by WebAssembly's own exceptions"
            yield Finding("rust-unwinding", "warning", message, fix=fix, reference=PAGE, cause=cause)
    elif rust:
        chosen = f" --toolchain {name}" if name else ""
        command = f"rustup target add {TARGET}{chosen}"
        fix = command if tools.rustup else f"Install Rust by rustup, and then type\n{command}"
        message = f"rustc {rust.version} has no standard library for `{TARGET}`"
        yield Finding("rust-target", "error", message, fix=fix, reference=PAGE)
    else:
        install = f"rustup toolchain install {name or 'stable'} --profile minimal --target {TARGET}"
        fix = install if tools.rustup else f"Install rustup from https://rustup.rs, and then type\n{install}"
        message = "rustc does not run" if tools.rust_problem else "rustc is not installed"
        yield Finding("rustc", "error", message, evidence=tools.rust_problem, fix=fix, reference=PAGE)


def _check_emscripten(tools: ToolChain) -> Iterator[Finding]:
    abi, version = tools.abi, tools.versions.get("emcc")
    install = f"pyodide xbuildenv install {abi.pyodide}\npyodide xbuildenv install-emscripten"
    if not tools.has_pyodide_build:
        install = f"pip install pyodide-build\n{install}"
    if tools.builds_for_other:
        message = f"pyodide-build is set up for the ABI {tools.answers['pyodide_abi_version']}; {abi.name} is expected"
        where = "pyodide config get pyodide_abi_version"
        yield Finding("pyodide-build", "error", message, where, fix=install, reference=PAGE)
    if version == Version(abi.emscripten):
        yield Finding("emcc", "ok", f"Emscripten {version} is the one that Pyodide {abi.pyodide} was built with")
        return
    state = f"Emscripten {version} was found" if version else _absence(tools, "emcc")
    steps = f"With Python {abi.python_series}, type\n{install}"
    yield Finding("emcc", "error", f"{state}; {abi.emscripten} is expected", fix=steps, reference=PAGE)


def _check_node(tools: ToolChain) -> Iterator[Finding]:
    version, needed = tools.versions.get("node"), tools.abi.node
    if version and version.major >= needed:
        yield Finding("node", "ok", f"Pyodide runs under node {version}")
        return
    state = f"node {version} was found" if version else _absence(tools, "node")
    message = f"{state}; {needed} or newer is expected to run what was built"
    page = reference(SKILL, "testing-wasm")
    yield Finding("node", "warning", message, fix="Install Node.js from https://nodejs.org", reference=page)
