"""Which names of a tree of modules can be imported, and what each class says of itself."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from classes_snippets import garden
from classes_snippets._core import module_tree as tree

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "classes_snippets._core.module_tree"


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr.splitlines()[-1] if done.stderr else done.stdout


@pytest.mark.parametrize("name", ["", ".beds", ".beds.soil", ".paths", ".old_names"])
def test_what_is_registered_is_imported_in_a_fresh_process(name: str) -> None:
    assert run(f"import {ROOT}{name} as module; print(module.__name__)") == f"{ROOT}{name}\n"


def test_a_name_can_be_imported_from_a_registered_module() -> None:
    assert run(f"from {ROOT}.beds.soil import ACIDITY; print(ACIDITY)") == "6.5\n"


def test_a_submodule_that_is_not_registered_is_an_attribute_only() -> None:
    assert "is not a package" in run("import classes_snippets._core.pickling")
    assert run("from classes_snippets._core import pickling; print(pickling.__name__)").endswith("pickling\n")


def test_each_level_has_to_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, f"{ROOT}.beds")
    monkeypatch.delitem(sys.modules, f"{ROOT}.beds.soil")
    with pytest.raises(ModuleNotFoundError, match="is not a package"):
        importlib.import_module(f"{ROOT}.beds.soil")


def test_a_module_with_the_name_of_a_file_is_not_registered() -> None:
    assert run(f"import {ROOT}, sys; print('classes_snippets.garden.tools' in sys.modules)") == "False\n"
    assert garden.tools.__spec__ is not None


def test_a_registered_module_has_no_spec_and_no_path() -> None:
    assert tree.beds.__spec__ is None
    assert not hasattr(tree.beds, "__path__")
    with pytest.raises(ValueError, match="__spec__ is None"):
        importlib.util.find_spec(f"{ROOT}.beds")


def test_names_of_modules_are_passed_on_to_what_is_written_inside() -> None:
    assert tree.beds.Bed.__module__ == f"{ROOT}.beds"
    assert tree.paths.there_and_back.__module__ == f"{ROOT}.paths"
    assert tree.tools.__name__ == "classes_snippets.garden.tools"
    assert tree.tools.Spade.__module__ == "classes_snippets.garden.tools"
    assert tree.tools.Rake.__module__ == "builtins"


def test_everything_declared_is_in_all() -> None:
    assert tree.__all__ == ["beds", "paths", "tools", "old_names"]
    assert tree.beds.__all__ == ["Bed", "soil"]
    assert tree.old_names.__all__ == ["__getattr__", "HECTARE"]


def test_the_facade_exports_the_same_objects() -> None:
    assert garden.Bed is tree.beds.Bed
    assert garden.there_and_back(30) == 60
    assert set(garden.__all__) <= set(dir(garden))


def test_a_class_is_found_by_the_name_of_the_facade() -> None:
    spade = garden.tools.Spade()
    assert pickle.dumps(type(spade)) == pickle.dumps(garden.tools.Spade)
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(garden.tools.Rake)


def test_a_lazy_submodule_is_imported_when_it_is_used() -> None:
    program = (
        "import sys\n"
        "from classes_snippets import garden\n"
        "print('classes_snippets.garden.tools' in sys.modules, garden.tools.Spade.__name__)\n"
        "print('classes_snippets.garden.tools' in sys.modules, 'tools' in vars(garden))\n"
    )
    assert run(program) == "False Spade\nTrue True\n"
    with pytest.raises(AttributeError, match="has no attribute 'sheds'"):
        garden.sheds  # noqa: B018  reading it is what raises


def test_old_names_warn() -> None:
    with pytest.warns(DeprecationWarning, match="now called `HECTARE`"):
        assert tree.old_names.HA == 10_000
    with pytest.raises(AttributeError, match="no name `ACRE`"):
        tree.old_names.ACRE  # noqa: B018  reading it is what raises


def test_a_file_takes_the_name_of_what_was_imported_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "allotment"
    package.mkdir()
    (package / "__init__.py").write_text("from classes_snippets._core.module_tree import tools\n", encoding="utf-8")
    (package / "tools.py").write_text("HOSE = 25\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    allotment = importlib.import_module("allotment")
    assert not hasattr(allotment.tools, "HOSE")
    importlib.import_module("allotment.tools")
    assert allotment.tools.HOSE == 25
    assert not hasattr(allotment.tools, "Spade")


def test_a_module_is_made_once() -> None:
    core = importlib.import_module("classes_snippets._core")
    assert importlib.reload(core) is core
    assert core.module_tree is tree


# How to run `code` in an interpreter of its own, strictly separate or as it was before Python 3.12.
INTERPRETERS = {
    "_interpreters": "x.exec(x.create({kind!r}), {code!r})",  # since Python 3.13
    "_xxsubinterpreters": "x.run_string(x.create(isolated={kind!r} == 'isolated'), {code!r})",
}


@pytest.mark.parametrize(
    ("program", "kind", "refused"),
    [
        ("import classes_snippets._core\n{second}", "isolated", True),
        ("import classes_snippets._core\n{second}", "legacy", True),
        ("{second}", "isolated", sys.version_info >= (3, 12)),
        ("{second}\nimport classes_snippets._core", "legacy", True),
    ],
)
def test_one_interpreter_has_it(program: str, kind: str, refused: bool) -> None:
    name = next(name for name in INTERPRETERS if importlib.util.find_spec(name))
    code = "try: import classes_snippets._core\nexcept ImportError as error: print(error)"
    second = INTERPRETERS[name].format(kind=kind, code=code)
    assert ("subinterpreters" in run(f"import {name} as x\n{program.format(second=second)}")) == refused
