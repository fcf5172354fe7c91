"""Find the classes of an extension, and describe what is visible of each."""

from __future__ import annotations

import collections.abc
import importlib
import importlib.machinery
import inspect
import sys
from types import FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

BITS = {"subclassable": 10, "gc": 14, "immutable": 8, "not_instantiable": 7, "sequence": 5, "mapping": 6}
ABCS = ("Sequence", "MutableSequence", "Mapping", "MutableMapping", "Set", "MutableSet")
# A protocol is what all of its methods make. One slot of C stands for several of them, such as `__setitem__` and
# `__delitem__`: which of them a class means is not visible.
PROTOCOLS = {
    "iterable": ("__iter__",),
    "iterator": ("__iter__", "__next__"),
    "asynchronous iterable": ("__aiter__",),
    "asynchronous iterator": ("__aiter__", "__anext__"),
    "awaitable": ("__await__",),
    "context manager": ("__enter__", "__exit__"),
    "asynchronous context manager": ("__aenter__", "__aexit__"),
    "callable": ("__call__",),
    "sized": ("__len__",),
    "container": ("__contains__",),
    "subscriptable": ("__getitem__",),
    "item assignment or deletion": ("__setitem__",),
    "reversible": ("__reversed__",),
    "buffer": ("__buffer__",),
    "index": ("__index__",),
    "int": ("__int__",),
    "float": ("__float__",),
    "complex": ("__complex__",),
    "path": ("__fspath__",),
    "descriptor": ("__get__",),
    "generic": ("__class_getitem__",),
    "finalizer": ("__del__",),
    "format": ("__format__",),
    "copy": ("__copy__",),
    "deepcopy": ("__deepcopy__",),
}
PICKLING = ("__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__", "__getstate__", "__setstate__")
OPERATORS = (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow", "lshift", "rshift", "and", "xor",
    "or", "neg", "pos", "abs", "invert",
)  # fmt: skip
PLUMBING = {"__doc__", "__module__", "__dict__", "__weakref__", "__slots__", "__match_args__", "__hash__"}
COMPARISONS = {"__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"}


def slot(cls: type, name: str) -> Any:
    """Return an attribute of `type`, whatever the metaclass makes of it."""
    return type.__dict__[name].__get__(cls) if name in type.__dict__ else getattr(cls, name, None)


def is_a(value: object, kind: type) -> bool:
    """Return whether a value is of a type; `isinstance` would ask the value's own code, too."""
    return issubclass(type(value), kind)


def mro(cls: type) -> tuple[type, ...]:
    """Return the classes in which attributes are looked up."""
    return slot(cls, "__mro__")  # type: ignore[no-any-return]


def name_of(cls: type) -> str:
    """Return a class's name with its module."""
    module, name = slot(cls, "__module__"), slot(cls, "__qualname__")
    return name if module == "builtins" and getattr(sys.modules["builtins"], name, None) is cls else f"{module}.{name}"


def look_up(cls: type, name: str) -> tuple[type, Any] | None:
    """Return the class that defines a special method, unless it is `object` or says that there is none."""
    for owner in mro(cls)[:-1]:
        if name in slot(owner, "__dict__"):
            value = slot(owner, "__dict__")[name]
            return None if value is None else (owner, value)
    return None


def is_native(module: ModuleType) -> bool:
    """Return whether a module is an extension, or is built into the interpreter."""
    spec, file = getattr(module, "__spec__", None), getattr(module, "__file__", None)
    if isinstance(file, str):
        return file.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))
    return getattr(spec, "origin", None) == "built-in"


def native_modules(name: str) -> dict[str, ModuleType]:
    """Return the extensions at and below a module, with the modules that they made."""
    modules = {key: module for key, module in list(sys.modules.items()) if key == name or key.startswith(f"{name}.")}
    natives = {key: module for key, module in modules.items() if is_native(module)}
    waiting = list(natives.items())
    while waiting:
        key, module = waiting.pop()
        for attribute, value in list(vars(module).items()):
            own = is_a(value, ModuleType) and not getattr(value, "__spec__", None)
            if own and not hasattr(value, "__file__") and all(value is not known for known in natives.values()):
                natives[f"{key}.{attribute}"] = value
                waiting.append((f"{key}.{attribute}", value))
    return natives


def is_foreign(cls: type, top: str) -> bool:
    """Return whether a class is at home in another package, which an extension only refers to."""
    home = str(slot(cls, "__module__"))
    known = resolve(home, slot(cls, "__qualname__")) is cls
    return known and home.partition(".")[0].lstrip("_") != top.lstrip("_")


def resolve(module: str, qualname: str) -> object:
    """Return what a module has under a name, as pickle looks for it."""
    value: Any = sys.modules.get(module)
    for part in qualname.split("."):
        value = getattr(value, part, None)
    return value


def names_of(module: ModuleType) -> list[tuple[str, Any]]:
    """Return what a module has, with the second names of classes last."""
    return sorted(vars(module).items(), key=lambda item: is_a(item[1], type) and slot(item[1], "__name__") != item[0])


def find_classes(natives: dict[str, ModuleType]) -> dict[str, type]:
    """Return the classes of extensions by where they are, each once."""
    classes: dict[str, type] = {}
    waiting = [(f"{key}.{name}", key, value) for key, module in natives.items() for name, value in names_of(module)]
    while waiting:
        path, key, value = waiting.pop(0)
        is_new = is_a(value, type) and all(value is not known for known in classes.values())
        if is_new and not is_foreign(value, key.partition(".")[0]):
            classes[path] = value
            inner = [
                (f"{path}.{name}", key, part)
                for name, part in slot(value, "__dict__").items()
                if not name.startswith("__")
            ]
            waiting[:0] = inner
    return classes


def signature_of(value: Any, *, bound: bool = False) -> str | None:
    """Return a signature, if it can be seen; without its first parameter if it is bound."""
    try:
        if bound:
            function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
            text = inspect.signature(function)
            return str(text.replace(parameters=list(text.parameters.values())[1:]))
        return str(inspect.signature(value))
    except Exception:  # noqa: BLE001  (a default's `repr` is somebody else's code)
        return None


def constructor_of(cls: type) -> str | None:
    """Return the constructor's signature, of the class itself or of the base that it inherits from."""
    if type(cls).__call__ is not type.__call__:
        return None
    for owner in mro(cls):
        text = slot(owner, "__text_signature__")
        if text:
            return str(text)
        for name in ("__new__", "__init__"):
            if owner is not object and name in owner.__dict__:
                function = owner.__dict__[name]
                is_python = isinstance(getattr(function, "__func__", function), FunctionType)
                return signature_of(function, bound=True) if is_python else None
    return "()"


KINDS = {
    "getset_descriptor": "attribute", "member_descriptor": "attribute", "property": "property",
    "staticmethod": "static", "classmethod": "class method", "classmethod_descriptor": "class method",
}  # fmt: skip


def members_of(cls: type) -> Iterator[dict[str, Any]]:
    """Yield the members that a class defines itself, but for what protocols say."""
    for name, value in list(cls.__dict__.items()):
        if name.startswith("__") and name.endswith("__"):
            continue
        kind = KINDS.get(type(value).__name__)
        if kind is None:
            kind = "class" if isinstance(value, type) else "method" if callable(value) else "class attribute"
        is_call = kind in {"method", "static", "class method"}
        target = getattr(cls, name, value) if kind in {"static", "class method"} else value
        yield {"name": name, "what": kind, "signature": signature_of(target) if is_call else None}


def protocols_of(cls: type) -> Iterator[dict[str, str]]:
    """Yield the protocols of a class, by which methods, and the class that defines them."""
    for protocol, names in PROTOCOLS.items():
        matches = [look_up(cls, name) for name in names]
        if all(matches):
            owners = dict.fromkeys(name_of(match[0]) for match in matches if match)
            yield {"name": protocol, "methods": ", ".join(names), "owner": ", ".join(owners)}
    numeric = [(name, look_up(cls, f"__{name}__") or look_up(cls, f"__r{name}__")) for name in OPERATORS]
    named = [(name, look_up(cls, name)) for name in PICKLING]
    compared = [("__eq__", look_up(cls, "__eq__"))]
    for protocol, group in (("operators", numeric), ("pickle", named), ("comparison", compared)):
        for owner in dict.fromkeys(name_of(match[0]) for _, match in group if match):
            methods = ", ".join(name for name, match in group if match and name_of(match[0]) == owner)
            yield {"name": protocol, "methods": methods, "owner": owner}


def abcs_of(cls: type) -> Iterator[dict[str, Any]]:
    """Yield the abstract classes that a class says it is, with the methods that they promise and it lacks."""
    for name in ABCS:
        abstract = getattr(collections.abc, name)
        if issubclass(cls, abstract):
            promised = (method for method in dir(abstract) if not method.startswith("_"))
            yield {"name": name, "missing": [method for method in promised if look_up(cls, method) is None]}


def facts_of(path: str, cls: type) -> dict[str, Any]:
    """Return what is visible of a class without an object of it."""
    is_cpython = sys.implementation.name == "cpython"
    flags = slot(cls, "__flags__")
    base = slot(cls, "__base__")
    equality, hashing = look_up(cls, "__eq__"), next(owner for owner in mro(cls) if "__hash__" in owner.__dict__)
    match_args = next(
        (owner.__dict__["__match_args__"] for owner in mro(cls) if "__match_args__" in owner.__dict__), None
    )
    # Somebody else's class may have any object there.
    match_args = match_args if isinstance(match_args, tuple) else None
    home = str(slot(cls, "__module__"))
    try:
        importlib.import_module(home)
    except BaseException:  # noqa: BLE001  (what is not there is no reason to stop)
        home_exists = False
    else:
        home_exists = True
    return {
        "path": path,
        "name": name_of(cls),
        "module": home,
        "home_exists": home_exists,
        "importable": home_exists and resolve(home, slot(cls, "__qualname__")) is cls,
        "bases": [name_of(parent) for parent in slot(cls, "__bases__")],
        "lookup": [name_of(parent) for parent in mro(cls)],
        "layout_base": name_of(base) if base else None,
        "metaclass": name_of(type(cls)),
        "size": slot(cls, "__basicsize__"),
        "item_size": slot(cls, "__itemsize__"),
        "flags": {name: bool(flags >> bit & 1) for name, bit in BITS.items()} if is_cpython else None,
        "weakref": bool(slot(cls, "__weakrefoffset__")) if is_cpython else None,
        "has_dict": bool(slot(cls, "__dictoffset__")) if is_cpython else None,
        "constructor": constructor_of(cls),
        "match_args": None if match_args is None else [str(name) for name in match_args],
        "missing_match_args": [str(name) for name in match_args or () if not any(name in vars(c) for c in mro(cls))],
        "is_dynamic": any(look_up(cls, name) for name in ("__getattr__", "__getattribute__")),
        "buffer": look_up(cls, "__buffer__") is not None if sys.version_info >= (3, 12) else None,
        "equality": name_of(equality[0]) if equality else None,
        "hashing": None if hashing.__dict__["__hash__"] is None else name_of(hashing),
        "has_next": look_up(cls, "__next__") is not None,
        "has_enter": look_up(cls, "__enter__") is not None,
        "members": list(members_of(cls)),
        "protocols": list(protocols_of(cls)),
        "abcs": list(abcs_of(cls)),
    }
