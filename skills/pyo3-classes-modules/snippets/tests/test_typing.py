"""Stubs of classes: what type checkers and stubtest make of them."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import classes_snippets
import pytest
from classes_snippets.lengths import Leg, Length, Stack, Unit

SNIPPETS = Path(__file__).resolve().parent.parent
PACKAGE = Path(classes_snippets.__file__).parent
ALLOWLIST = SNIPPETS / "tests" / "stubtest-allowlist.txt"


def run(*command: str | Path, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def stubtest(folder: Path, *arguments: str) -> str:
    return run(sys.executable, "-m", "mypy.stubtest", "--concise", *arguments, folder=folder)


def test_the_classes_do_what_the_stub_says() -> None:
    walk = Length(1500)
    assert (walk / walk, (walk / 2).metres) == (1.0, 750.0)
    assert Length.__hash__ is None
    with pytest.raises(TypeError, match="unhashable"):
        hash(walk)
    with pytest.raises(TypeError, match="not supported between"):
        walk < 3  # type: ignore[operator]  # noqa: B015  raises
    with pytest.raises(TypeError, match="unsupported operand"):
        walk + 3  # type: ignore[operator]
    assert isinstance(Stack[int], types.GenericAlias)
    assert type(Stack[int]()) is Stack
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Far", (Length,), {})
    with pytest.raises(TypeError, match="multiple bases have instance lay"):
        type("Both", (Leg, int), {})
    with pytest.raises(TypeError):
        iter(Unit)  # type: ignore[call-overload]
    assert not hasattr(Unit.Metre, "value")
    assert importlib.util.find_spec("_typeshed") is None


def test_a_class_that_is_not_generic_is_no_annotation_before_python_3_14() -> None:
    with pytest.raises(TypeError, match="not subscriptable"):
        Length[int]  # type: ignore[type-arg]
    code = compile("def stride(walk: Length[int]): ...", "annotation", "exec", dont_inherit=True)
    late = sys.version_info >= (3, 14)
    with contextlib.nullcontext() if late else pytest.raises(TypeError, match="not subscriptable"):
        exec(code, {"Length": Length})  # noqa: S102  an annotation, evaluated or not


def test_stubtest_is_content() -> None:
    assert stubtest(PACKAGE.parent, "classes_snippets.lengths", "--allowlist", str(ALLOWLIST)) == ""


GENERIC = "    @classmethod\n    def __class_getitem__(cls, key: Any) -> GenericAlias: ...\n"
UNIT = "class Unit:\n    Metre: Final[Unit]"
METRES = "    @property\n    def metres(self) -> float: ...\n    def __eq__"
CHANGES = {
    "open": ("@final\nclass Length", "class Length", "cannot be subclassed at runtime, but isn't marked with @final"),
    "joint": ("@disjoint_base\n", "", "is a disjoint base at runtime, but isn't marked with @disjoint_base"),
    "init": ("__new__(cls, name: str) -> Self", "__init__(self, name: str) -> None", "stubs for __new__ instead of"),
    "method": (METRES, "    def metres(self) -> float: ...\n    def __eq__", "metres is not a function"),
    "plain": (GENERIC, "", "__class_getitem__"),
    "lost": ("Metre: Final", "Meter: Final", "Unit.Metre is not present in stub"),
    # Under its own name, or a member is not compared.
    "lengths": (UNIT, "class Unit(Enum):\n    Metre = 0", "Unit.Metre variable differs from"),
}
MISSED = {
    "hashable": ("    __hash__: ClassVar[None]  # type: ignore[assignment]\n", ""),
    "writable": (METRES, "    metres: float\n    def __eq__"),
    "final": ("@disjoint_base\n", "@final\n"),
    "base": ("name: str) -> Self", "name: str) -> Leg"),
    "result": ("other: Length, /) -> float", "other: Length, /) -> str"),
}


def test_what_stubtest_finds_and_what_it_misses(tmp_path: Path) -> None:
    package = tmp_path / "classes_snippets"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("garden", "__pycache__"))
    stub = (package / "lengths.pyi").read_text(encoding="utf-8")
    changes = {**CHANGES, **{name: (*change, None) for name, change in MISSED.items()}}
    for name, (old, new, _) in changes.items():
        assert old in stub
        text = f"from enum import Enum\n{stub.replace(old, new, 1)}"
        (package / f"{name}.pyi").write_text(text, encoding="utf-8")
        if name != "lengths":
            shutil.copy(package / "lengths.py", package / f"{name}.py")
    modules = [f"classes_snippets.{name}" for name in changes]
    lines = stubtest(tmp_path, *modules).splitlines()
    # Python makes both methods of an operator, even if one of them only returns `NotImplemented`.
    assert "classes_snippets.lengths.Length.__radd__ is not present in stub" in lines
    for name, (_, _, finding) in changes.items():
        said = [line for line in lines if f"snippets.{name}." in line and ".Length.__r" not in line]
        # Of the imported `Enum`, and of classes that each copy has for itself.
        said = [line for line in said if "Enum is not" not in line and "type classes_snippets.lengths.L" not in line]
        if name != "lengths":
            said = [line for line in said if "type classes_snippets.lengths.U" not in line]
        assert bool(said) == bool(finding), (name, said)
        assert not finding or any(finding in line for line in said), said


def test_mypy_takes_what_is_right_and_refuses_what_is_not() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", SNIPPETS / "tests" / "consumer.py"]
    assert run(*command, folder=PACKAGE.parent).startswith("Success")


@pytest.mark.skipif(not shutil.which("pyright"), reason="pyright is not installed")
def test_pyright_takes_what_is_right(tmp_path: Path) -> None:
    shutil.copy(SNIPPETS / "tests" / "consumer.py", tmp_path)
    shutil.copytree(PACKAGE, tmp_path / "classes_snippets")
    printed = run("pyright", "--pythonpath", sys.executable, "consumer.py", folder=tmp_path)
    assert "0 errors" in printed, printed
