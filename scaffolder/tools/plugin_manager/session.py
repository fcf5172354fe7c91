"""What a child process does with a plugin; it runs in the plugin's Python, 3.10 or newer, and imports no package."""

from __future__ import annotations

import base64
import contextlib
import functools
import importlib
import inspect
import json
import pickle
import sys
import time
import types
import typing
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

LONGEST = 20_000


@typing.runtime_checkable
class Sample(typing.Protocol):
    """A protocol with one member of each kind."""

    field: int

    def method(self) -> None:
        """Do nothing."""


# What every protocol has, whatever its members are.
COMMON = (frozenset(vars(Sample)) | {"__init__", "__slots__"}) - {"field", "method"}
Answer = dict[str, Any]


class Session:
    """A plugin, and the contract that it is to keep."""

    plugin: Any = None
    contract: Any = None

    def read_contract(self, module: str, name: str) -> Answer:
        """Import a protocol; the version of the contract is `API_VERSION` of its module or of a package around it."""
        self.contract = functools.reduce(getattr, name.split("."), importlib.import_module(module))
        if not getattr(self.contract, "_is_protocol", False):
            raise TypeError(f"`{module}:{name}` is not a `typing.Protocol`")
        places = [module.rsplit(".", depth)[0] for depth in range(module.count(".") + 1)]
        versions = (getattr(sys.modules.get(place), "API_VERSION", None) for place in places)
        version = next((number for number in versions if number is not None), None)
        return {"members": sorted(members(self.contract)), "version": plain(version)}

    def load(self, module: str, attribute: str, *, create: bool, fresh: bool = False) -> Answer:
        """Import what an entry point names; a class is called without arguments, as a host does."""
        if fresh:
            compile_always(module.partition(".")[0])
        self.plugin = functools.reduce(
            getattr, attribute.split(".") if attribute else [], importlib.import_module(module)
        )
        if create and isinstance(self.plugin, type):
            self.plugin = self.plugin()
        return {"type": type_name(self.plugin), "files": places_of(module)}

    def check(self) -> Answer:
        """Compare the plugin with the contract."""
        problems, unverified = [], []
        for name in sorted(members(self.contract)):
            wrong, unknown = compare(self.contract, self.plugin, name)
            problems += [{"member": name, "reason": wrong}] if wrong else []
            unverified += [{"member": name, "reason": unknown}] if unknown else []
        return {
            "problems": problems, "unverified": unverified,
            "version": plain(getattr(self.plugin, "api_version", None)),
        }  # fmt: skip

    def call(self, method: str, arguments: list[Any], keywords: dict[str, Any]) -> Answer:
        """Call a method; where there is none of this name, return those there are."""
        if not hasattr(self.plugin, method):
            names = (name for name in dir(self.plugin) if not name.startswith("_") or name == "__call__")
            return {"methods": [name for name in names if callable(getattr(self.plugin, name, None))]}
        function = getattr(self.plugin, method)
        start = time.perf_counter()
        result = function(*arguments, **keywords)
        seconds = time.perf_counter() - start
        return {"result": repr(result)[:LONGEST], "value": plain(result), "type": type_name(result), "seconds": seconds}

    def save(self) -> Answer:
        """Return the plugin's state as pickle takes it from an object, and whether there is any way to it."""
        try:
            state = state_of(self.plugin)
        except TypeError:
            # A class of an extension without `__getstate__`.
            return {"state": None, "keeps": False}
        return {"state": base64.b64encode(pickle.dumps(state)).decode("ascii"), "keeps": True}

    def restore(self, state: str) -> Answer:
        """Give the plugin the state of its predecessor, as pickle gives it to an object."""
        value = pickle.loads(base64.b64decode(state))  # noqa: S301  (it is from a plugin in another of these processes)
        if hasattr(self.plugin, "__setstate__"):
            self.plugin.__setstate__(value)
        elif value is not None:
            attributes, slots = value if isinstance(value, tuple) else (value, None)
            for name, item in {**(attributes or {}), **(slots or {})}.items():
                setattr(self.plugin, name, item)
        return {}


def state_of(plugin: Any) -> Any:
    """Return the state of an object, by its `__getstate__` or the usual one."""
    if isinstance(plugin, types.ModuleType | types.FunctionType | type):
        raise TypeError("only an object has a state")
    own = getattr(type(plugin), "__getstate__", None)
    if own is not getattr(object, "__getstate__", None):
        return plugin.__getstate__()
    return plugin.__reduce_ex__(2)[2]


def members(contract: Any) -> set[str]:
    """Return the names of what a protocol requires."""
    bases = [base for base in contract.__mro__ if getattr(base, "_is_protocol", False)]
    own = [base for base in bases if base.__module__ != "typing"]
    return {name for base in own for name in (*vars(base), *hints_of(base))} - COMMON


def hints_of(contract: Any) -> dict[str, Any]:
    """Return the annotations of a class itself, evaluated where they can be."""
    try:
        return dict(inspect.get_annotations(contract, eval_str=True))
    except Exception:  # noqa: BLE001  (they are any code)
        with contextlib.suppress(Exception):
            return dict(inspect.get_annotations(contract))
    return {}


def compare(contract: Any, plugin: Any, name: str) -> tuple[str | None, str | None]:
    """Return what is wrong with a member, and what could not be verified of it."""
    try:
        value = getattr(plugin, name)
    except AttributeError:
        return "is missing", None
    declared = inspect.getattr_static(contract, name, None)
    if isinstance(declared, types.FunctionType | staticmethod | classmethod):
        return compare_calls(declared, value)
    expected = expected_type(contract, declared, name)
    if not isinstance(expected, type):
        return None, "its type is not verified"
    if not isinstance(value, expected):
        return f"is a `{type_name(value)}`, not `{expected.__name__}`", None
    return None, None


def expected_type(contract: Any, declared: Any, name: str) -> Any:
    """Return the type that a property or an annotation of a protocol has; anything else if it is not a plain class."""
    if isinstance(declared, property):
        try:
            return typing.get_type_hints(declared.fget).get("return")
        except Exception:  # noqa: BLE001
            return None
    return next((hints[name] for base in contract.__mro__ if name in (hints := hints_of(base))), None)


def compare_calls(declared: Any, value: Any) -> tuple[str | None, str | None]:
    """Try whether a method takes every call that the contract allows, without calling it."""
    if not callable(value):
        return f"is a `{type_name(value)}`, not a method", None
    try:
        signature = inspect.signature(value)
    except (ValueError, TypeError):
        return None, "its signature can't be read"
    for arguments, keywords in calls(declared):
        try:
            signature.bind(*arguments, **keywords)
        except TypeError as error:
            return f"does not take the calls of the contract: {error}", None
    return None, None


def calls(declared: Any) -> list[tuple[list[str], dict[str, str]]]:
    """Return the extreme calls that a method of a protocol allows: the shortest, the longest, and by keywords."""
    function = getattr(declared, "__func__", declared)
    parameters = list(inspect.signature(function).parameters.values())
    parameters = parameters if isinstance(declared, staticmethod) else parameters[1:]
    kinds = inspect.Parameter
    only = [item.name for item in parameters if item.kind is kinds.POSITIONAL_ONLY]
    either = [item for item in parameters if item.kind is kinds.POSITIONAL_OR_KEYWORD]
    required = [item.name for item in parameters if item.kind is not kinds.KEYWORD_ONLY and is_required(item)]
    keywords = {item.name: item.name for item in parameters if item.kind is kinds.KEYWORD_ONLY}
    least = {item.name: item.name for item in parameters if item.kind is kinds.KEYWORD_ONLY and is_required(item)}
    rest = ["rest"] if any(item.kind is kinds.VAR_POSITIONAL for item in parameters) else []
    further = {"further": "further"} if any(item.kind is kinds.VAR_KEYWORD for item in parameters) else {}
    longest = [*only, *(item.name for item in either), *rest]
    return [
        (required, least),
        (longest, keywords | further),
        (only, {item.name: item.name for item in either} | keywords),
    ]


def is_required(parameter: inspect.Parameter) -> bool:
    """Whether every call has this argument."""
    kinds = inspect.Parameter
    return parameter.default is kinds.empty and parameter.kind not in {kinds.VAR_POSITIONAL, kinds.VAR_KEYWORD}


def places_of(module: str) -> list[str]:
    """Return the folder of the outermost package around a module that is not a namespace, or the module's file."""
    names = module.split(".")
    around = [".".join(names[: count + 1]) for count in range(len(names))]
    file = next((path for name in around if (path := getattr(sys.modules.get(name), "__file__", None))), None)
    if file is None:
        return []
    return [str(Path(file).parent if Path(file).name.startswith("__init__.") else file)]


def compile_always(package: str) -> None:
    """Let a package be compiled from its sources: a cache is trusted if size and second of the change are the same."""
    usual = SourceFileLoader.path_stats

    def path_stats(self: SourceFileLoader, path: str) -> Any:
        if self.name.partition(".")[0] == package:
            raise OSError("the cache is not used")
        return usual(self, path)

    SourceFileLoader.path_stats = path_stats  # type: ignore[method-assign]


def type_name(value: Any) -> str:
    """Return the full name of the type of a value."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def plain(value: Any) -> Any:
    """Return a value if it is JSON, else nothing."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None
    return value
