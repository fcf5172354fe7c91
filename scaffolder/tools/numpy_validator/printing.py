"""A failing call as a test that anybody can run."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scaffolder.tools.numpy_validator import cases

if TYPE_CHECKING:
    from scaffolder.runtime.calls import Target
    from scaffolder.tools.numpy_validator.cases import Case

RAISES = {"crashes": "CalledProcessError", "hangs": "TimeoutExpired"}
NATIVE = """
def native(value):
    array = np.asarray(value)
    return np.array(array, array.dtype.newbyteorder("="), order="C")
"""


def test_source(target: Target, case: Case, kind: str, facts: dict[str, Any], timeout: float) -> str:
    """Return the source of a test for pytest, which fails until the function is mended."""
    name = "test_" + re.sub(r"\W+", "_", f"{target.function} {case.layout} {case.dtype} {kind}").lower()
    setup = cases.setup(case)
    text = facts["text"].replace("\\", "/").replace('"', "'")
    title = f'def {name}():\n    """{text}."""\n'
    if kind in RAISES:
        # An exception ends a process, too, but it is no crash.
        body = f"{setup}\nwith contextlib.suppress(BaseException):\n    {target.call}\n"
        script = "\n".join(["", *imports(target, body), body])
        literal = repr(script) if "\\" in script or "'''" in script else f"'''{script}'''"
        start = f'subprocess.run([sys.executable, "-c", script], check=True, timeout={timeout:g})'
        return f"import subprocess\nimport sys\n\n\n{title}    script = {literal}\n    {start}\n"
    arrays = ", ".join(target.arrays)
    head = [f"\ndef call({arrays}):\n    return {target.call}\n"]
    check = check_of(target, kind, facts)
    if kind in {"wrong-result", "wrong-dtype"}:
        head += [NATIVE]
        head += [f"\ndef reference({arrays}):\n    return {target.reference}\n"] if target.reference else []
    body = "\n".join([setup, *(line.format(arrays=arrays) for line in check)])
    body = body.replace("SECOND", cases.setup(replace(case, seed=case.seed + 1, values=())))
    return "\n".join([*imports(target, body), "", *head, f"\n{title}{textwrap.indent(body, '    ')}\n"])


def imports(target: Target, body: str) -> list[str]:
    """Return the imports, and the function under its name in the call."""
    used = [f"import {name}" for name in ("contextlib", "sys", "tempfile") if f"{name}." in body]
    return [*used, "", "import numpy as np", "", f"import {target.module}", f"f = {target.module}.{target.function}"]


def check_of(target: Target, kind: str, facts: dict[str, Any]) -> list[str]:
    """Return the lines that call the function and compare."""
    array = facts.get("array", "a")
    ignore = "with contextlib.suppress(TypeError, ValueError):"
    quiet = [ignore, "    call({arrays})"]
    match kind:
        case "wrong-result" | "wrong-dtype":
            return comparison(target, facts)
        case "input-changed" | "read-only-written":
            # What is around the array may not change even in place.
            own = target.in_place and array == target.arrays[0] and kind == "input-changed"
            before = f"before, saved = {array}_root.copy(), {array}.copy()"
            lines = [before, *quiet, f"{array}[...] = saved"] if own else [f"before = {array}_root.copy()", *quiet]
            return [*lines, f"np.testing.assert_array_equal({array}_root, before)"]
        case "result-aliases":
            return [
                "result = call({arrays})",
                "parts = result if isinstance(result, (list, tuple)) else [result]",
                f"assert not any(np.may_share_memory(part, {array}) for part in parts)",
            ]
        case "input-kept":
            count = f"sys.getrefcount({array})"
            return [f"count = {count}", *quiet, f"assert {count} == count"]
        case "result-overwritten":
            return ["result = call({arrays})", "before = np.array(result)", "SECOND", "call({arrays})",
                    "np.testing.assert_array_equal(result, before)"]  # fmt: skip
        case _:
            return quiet


def comparison(target: Target, facts: dict[str, Any]) -> list[str]:
    """Return the lines that compare a result with the one that is expected."""
    if "usual" in facts:
        return ["result = np.asarray(call({arrays}))", f'assert result.dtype == np.dtype("{facts["usual"]}")']
    reference = "reference" if target.reference else "call"
    first, *others = target.arrays
    copies = ", ".join(f"native({name})" for name in target.arrays)
    # The lines are formatted later, and a key may have braces.
    path = facts["path"].replace("{", "{{").replace("}", "}}")
    lines = [f"expected = {reference}({copies}){path}", f"result = call({{arrays}}){path}"]
    if target.in_place:
        lines = [f"expected = np.asarray(reference({copies})).astype(dtype)", "call({arrays})", f"result = {first}"]
        if not target.reference:
            inputs = ", ".join(["expected", *(f"native({name})" for name in others)])
            lines = [f"expected = native({first})", f"call({inputs})", "call({arrays})", f"result = {first}"]
    match facts["how"]:
        case "shape":
            return [*lines, "assert np.shape(result) == np.shape(expected)"]
        case "dtype":
            return [*lines, "assert native(result).dtype == native(expected).dtype"]
        case "type":
            return [*lines, "np.testing.assert_equal(result, expected)"]
    if not facts["relative"]:
        return [*lines, "np.testing.assert_array_equal(result, expected)"]
    tolerances = f"rtol={facts['relative']:.3g}, atol={facts['absolute']:.3g}"
    return [*lines, f"np.testing.assert_allclose(result, expected, {tolerances})"]


def join(sources: list[str]) -> str:
    """Return several tests as one file: what they share once, and tests of one name under several."""
    shared: dict[str, str] = {}
    tests: dict[str, str] = {}
    for source in sources:
        for node in ast.parse(source).body:
            text = ast.get_source_segment(source, node) or ""
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                count = sum(name.startswith(node.name) for name in tests)
                name = f"{node.name}_{count + 1}" if count else node.name
                tests[name] = text.replace(f"def {node.name}(", f"def {name}(", 1)
            else:
                shared[text] = type(node).__name__ + ("0" if "import numpy" in text else "1")
    order = ["Import1", "Import0", "Assign1", "FunctionDef1"]
    heads = [[text for text, place in shared.items() if place == kind] for kind in order]
    lines = "\n\n".join("\n".join(sorted(texts)) for texts in heads[:3] if texts)
    return "\n\n\n".join([lines, *heads[3], *tests.values()]) + "\n"
