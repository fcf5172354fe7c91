"""What a child process does with a plugin; it runs in the plugin's Python, 3.10 or newer, and imports no package."""

from __future__ import annotations

import base64
import functools
import importlib
import json
import pickle
import runpy
import sys
import time
import types
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

LONGEST = 20_000


Answer = dict[str, Any]


class Session:
    """A plugin, and the contract that it is to keep."""

    plugin: Any = None
    contract: Any = None

    def read_contract(self, module: str, name: str) -> Answer:
        """Import a protocol; the version of the contract is `API_VERSION` of its module or of a package around it."""
        self.contract = attribute_of(module, name)
        if not getattr(self.contract, "_is_protocol", False):
            raise TypeError(f"`{module}:{name}` is not a `typing.Protocol`")
        places = [module.rsplit(".", depth)[0] for depth in range(module.count(".") + 1)]
        versions = (getattr(sys.modules.get(place), "API_VERSION", None) for place in places)
        version = next((number for number in versions if number is not None), None)
        return {"version": plain(version)}

    def load(self, module: str, attribute: str, *, create: bool, fresh: bool = False) -> Answer:
        """Import what an entry point names; a class is called without arguments, as a host does."""
        if fresh:
            compile_always(module.partition(".")[0])
        self.plugin = attribute_of(module, attribute)
        if create and isinstance(self.plugin, type):
            self.plugin = self.plugin()
        return {"type": type_name(self.plugin), "files": places_of(module)}

    def check(self, program: str) -> Answer:
        """Compare the plugin with the contract, by the program that compares objects with protocols."""
        differences = runpy.run_path(program)["compare_all"](self.contract, self.plugin)
        return {**differences, "version": plain(getattr(self.plugin, "api_version", None))}

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
        """Return the plugin's state as pickle takes it from an object, and whether there is a way to it."""
        own = getattr(type(self.plugin), "__getstate__", None)
        if own is not getattr(object, "__getstate__", None):
            state = self.plugin.__getstate__()
        elif isinstance(self.plugin, types.ModuleType | types.FunctionType | type):
            return {"state": None, "keeps": False}
        else:
            try:
                state = self.plugin.__reduce_ex__(2)[2]
            except (TypeError, IndexError):  # a class of an extension without `__getstate__`
                return {"state": None, "keeps": False}
        return {"state": base64.b64encode(pickle.dumps(state)).decode("ascii"), "keeps": True}

    def restore(self, state: str) -> Answer:
        """Give the plugin the state of its predecessor, as pickle gives it to an object."""
        value = pickle.loads(base64.b64decode(state))  # noqa: S301  (it is from a plugin in another of these processes)
        if value is not None and hasattr(self.plugin, "__setstate__"):
            self.plugin.__setstate__(value)
        elif value is not None:
            attributes, slots = value if isinstance(value, tuple) else (value, None)
            self.plugin.__dict__.update(attributes or {})
            for name, item in (slots or {}).items():
                setattr(self.plugin, name, item)
        return {}


def attribute_of(module: str, name: str) -> Any:
    """Import a module, and return what is in it; the module itself without a name."""
    return functools.reduce(getattr, name.split(".") if name else [], importlib.import_module(module))


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
