"""Flaws are reported, and nothing that is no flaw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.runtime.facts import Inspection, Remark
from scaffolder.tools.class_inspector.findings import find
from tests.tools.class_inspector.conftest import messages, table

if TYPE_CHECKING:
    from tests.tools.class_inspector.conftest import Inspect

# A module of Python classes that passes for an extension: no compiler is needed for flaws that any class can have.
PASSES = """
import sys, types, importlib.machinery
from collections.abc import Mapping

module = types.ModuleType(__name__)
module.__file__ = __name__ + importlib.machinery.EXTENSION_SUFFIXES[0]
sys.modules[__name__] = module

{code}

for name, value in list(globals().items()):
    if isinstance(value, type) and value.__module__ == __name__:
        setattr(module, name, value)
"""
FLAWS = {
    "unhashable": ("class A:\n def __eq__(self, other): return True", "`A` defines `==` without `hash()`"),
    "module-wrong": ("class A: pass\nA.__qualname__ = 'B'", "`__module__` of `A` is `fake`, which has no such class"),
    "iterator-incomplete": ("class A:\n def __next__(self): return 1", "`A` has `__next__` and no `__iter__`"),
    "context-incomplete": ("class A:\n def __enter__(self): return 1", "`A` has `__enter__` and no `__exit__`"),
    "abc-incomplete": (
        "class A:\n items = values = get = 1\nMapping.register(A)",
        "`A` is a `Mapping` to `isinstance`, and has no `keys`",
    ),
    "match-args-wrong": (
        "class A:\n __slots__ = ('x',)\n __match_args__ = ('x', 'y')",
        "`__match_args__` of `A` names `y`, which its objects do not have",
    ),
    "undescribed": (
        "class S:\n def __str__(self): raise ValueError('no')\nclass A:\n __match_args__ = (S(),)",
        "`A` can't be described",
    ),
    "repr-fails": ("class A:\n def __repr__(self): return 1", "`repr(A())` fails"),
    "unequal-to-itself": (
        "class A:\n def __eq__(self, other): return False\n __hash__ = object.__hash__",
        "`A()` is not equal to itself",
    ),
    "hash-differs": (
        "class A:\n def __eq__(self, other): return True\n def __hash__(self): return id(self) // 16",
        "two objects made like `A()` are equal, but their hashes differ",
    ),
    "order-contradicts": (
        "class A:\n def __lt__(self, other): return True\n __gt__ = __le__ = __lt__",
        "comparisons of `A` contradict each other",
    ),
    "copy-differs": (
        "class A(list):\n __reduce_ex__ = lambda self, protocol: (A, ([1],))",
        "`A()` is not equal to the copies made by `copy`, `deepcopy`, `pickle 0`",
    ),
    "pickle-fails": (
        "class A:\n def __reduce__(self): raise ValueError('no')",
        "`A()` can't be pickled, though `A` has a method for it",
    ),
    "not-pickled": ("class A:\n def __init__(self): self.f = lambda: 1", "objects of `A` can't be pickled"),
    "crash": ("import os\nclass A:\n def __repr__(self): os.abort()", "`repr` of `A()` ended the process"),
}  # fmt: skip
ERRORS = {"repr-fails", "hash-differs", "order-contradicts", "copy-differs", "pickle-fails", "crash"}


@pytest.mark.parametrize("identifier", FLAWS)
def test_a_flaw_is_reported(inspect: Inspect, tmp_path: Path, identifier: str) -> None:
    code, message = FLAWS[identifier]
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    result = inspect("fake", "--construct", code=int(identifier in ERRORS))
    (text,) = messages(result, identifier)
    assert text.startswith(message)


def test_a_class_whose_match_args_are_no_tuple_is_described(inspect: Inspect, tmp_path: Path) -> None:
    code = "class A:\n __slots__ = ('__match_args__',)"
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    result = inspect("fake")
    assert not result["findings"]
    assert [row[0] for row in table(result, "Classes")] == ["A"]


@pytest.mark.parametrize(("base", "setting"), [("ValueError", "create_exception!"), ("list", "#[pyclass(module")])
def test_a_wrong_module_is_shown_with_the_name_and_its_setting(
    inspect: Inspect, tmp_path: Path, base: str, setting: str
) -> None:
    code = f"class A({base}): pass\nA.__qualname__ = 'B'"
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    (finding,) = inspect("fake")["findings"]
    assert finding["evidence"] == "fake.A: fake.B"
    assert setting in finding["fix"]


def test_a_copy_of_another_type_says_which(inspect: Inspect, tmp_path: Path) -> None:
    code = "class A:\n def __copy__(self): return [1]"
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    (finding,) = inspect("fake", "--construct", code=1)["findings"]
    assert finding["evidence"] == "copy: the result is of type `list`"


def test_a_difference_is_in_the_nearest_stub() -> None:
    stubs = {"a": "a/__init__.pyi", "a.b": "a/b.pyi"}
    inspection = Inspection("a", Path(), "", ("a.b",), stubs, {}, (), (), (), (), None, ())
    assert [inspection.stub_of(path) for path in ("a.bc.X", "a.b.X", "a.b", "other")] == [
        "a/__init__.pyi", "a/b.pyi", "a/b.pyi", "a/b.pyi",
    ]  # fmt: skip
    inspection = replace(inspection, differences=(Remark("a.X", "is gone"), Remark("a.b.X", "is gone")))
    assert [finding.where for finding in find(inspection)] == ["a"]
    (finding,) = find(replace(inspection, differences=(Remark("a.X", "is gone"),)))
    assert finding.where == "a/__init__.pyi"


@pytest.mark.parametrize(
    "code",
    [
        "import json\njson.dumps = lambda *_, **__: 'hi'\nclass A: pass",
        "class M(type):\n def __getattribute__(*_): raise RuntimeError\nmodule.B = M('B', (), {})\nclass A: pass",
    ],
    ids=["replaced function", "metaclass"],
)
def test_hostile_code_does_not_keep_other_classes_from_being_described(
    inspect: Inspect, tmp_path: Path, code: str
) -> None:
    # Its loop over the globals would stop at the metaclass.
    text = PASSES.format(code=code).replace("and value.__module__", "and type(value) is type and value.__module__")
    (tmp_path / "fake.py").write_text(text, encoding="utf-8")
    assert "A" in [row[0] for row in table(inspect("fake"), "Classes")]


def test_a_long_exception_is_cut(inspect: Inspect, tmp_path: Path) -> None:
    code = "class A:\n def __repr__(self): raise ValueError('x' * 100_000)"
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    (finding,) = inspect("fake", "--construct", code=1)["findings"]
    assert len(finding["evidence"]) < 2000


def test_a_class_without_flaws_has_no_findings(inspect: Inspect, tmp_path: Path) -> None:
    code = (
        "import functools\n@functools.total_ordering\nclass A:\n __match_args__ = ('n',)\n"
        " def __init__(self, n=1): self.n = n\n def __eq__(self, other): return self.n == other.n\n"
        " def __hash__(self): return hash(self.n)\n def __lt__(self, other): return self.n < other.n"
    )
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    result = inspect("fake", "--construct", "--make", "A=A(2)", "--make", "A=A(3)")
    assert not result["findings"]
    assert table(result, "Cycles") == [["A", "A(2)", "freed"], ["A", "A(3)", "freed"]]


def test_a_copy_is_not_judged_by_an_equality_that_is_identity(inspect: Inspect, tmp_path: Path) -> None:
    code = "class A:\n def __eq__(self, other): return self is other\n __hash__ = object.__hash__"
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    result = inspect("fake", "--construct")
    (row,) = table(result, "Objects tried")
    assert row[5:8] == ["unknown", "unknown", "unknown"]
    assert not result["findings"]


def test_attributes_by_code_are_not_missed(inspect: Inspect, tmp_path: Path) -> None:
    code = (
        "class A:\n __slots__ = ()\n __match_args__ = ('x',)\n def __getattr__(self, name): return 1\n"
        "Mapping.register(A)\n"
        "class B:\n def __next__(self): return 1\n def __getitem__(self, index): return 1"
    )
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    assert not inspect("fake")["findings"]


def test_comparisons_that_are_no_bool_are_not_judged(inspect: Inspect, tmp_path: Path) -> None:
    code = "class A:\n def __eq__(self, other): return [1]\n __lt__ = __gt__ = __le__ = __eq__\n __hash__ = hash"
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    result = inspect("fake", "--construct")
    (row,) = table(result, "Objects tried")
    assert row[4:7] == ["unknown", "unknown", "unknown"]
    assert not result["findings"]


def test_a_hang_is_reported_and_the_rest_is_tried(inspect: Inspect, tmp_path: Path) -> None:
    code = "import time\nclass A:\n def __repr__(self): time.sleep(60)\nclass B: pass"
    (tmp_path / "fake.py").write_text(PASSES.format(code=code), encoding="utf-8")
    result = inspect("fake", "--construct", "--timeout", "6", code=1)
    assert messages(result, "hang") == ["`repr` of `A()` did not end in time"]
    rows = {row[0]: row[1:] for row in table(result, "Objects tried")}
    assert rows["A()"][0] == "hangs"
    assert rows["B()"][0] == "works"
