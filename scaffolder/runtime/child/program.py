"""Import a module, describe its classes and try objects of them.

Each step is a line of JSON, written before it begins, so that a crash says where it was and loses nothing.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import itertools
import json
import sys
from pathlib import Path

from scaffolder.runtime.child.classes import facts_of, find_classes, mro, name_of, native_modules, slot
from scaffolder.runtime.child.stubs import compare_stubs
from scaffolder.runtime.child.trials import Subject, cycle_of, describe, trials_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


# One member of an enum is like the next.
MEMBERS = 3


class Report:
    """Writes what was seen, and the step that is to come."""

    def __init__(self, path: str) -> None:
        self.file = Path(path).open("w", encoding="utf-8")  # noqa: SIM115
        # Kept, as a module may replace `json.dumps`.
        self.encode = json.JSONEncoder().encode

    def write(self, kind: str, **values: Any) -> None:
        """Write a line."""
        self.file.write(self.encode({"kind": kind, **values}) + "\n")
        self.file.flush()


def main(request_path: str, report_path: str) -> None:
    """Answer a request."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    report = Report(report_path)
    name = request["module"]
    report.write("step", step=["import"])
    module = import_module(name, report)
    if module is None:
        return
    natives = native_modules(name)
    classes = find_classes(natives)
    stubs = stubs_of(natives)
    version = sys.version.split()[0]
    ancestors = [ancestor for cls in classes.values() for ancestor in mro(cls)]
    bases = {name_of(cls): name_of(base) if (base := slot(cls, "__base__")) else None for cls in ancestors}
    report.write(
        "module",
        version=version,
        natives=list(natives),
        beneath=[] if natives else beneath(module),
        stubs=stubs,
        bases=bases,
    )
    for path, cls in list(classes.items()):
        report.write("step", step=["describe", path])
        try:
            report.write("class", **facts_of(path, cls))
        except BaseException as error:  # noqa: BLE001  (a metaclass is somebody else's code)
            report.write("undescribed", path=path, text=describe(error))
            del classes[path]
    unknown = locate(request, list(classes), list(natives))
    if unknown is not None:
        report.write("unknown", name=unknown, paths=list(classes))
        return
    top = name.partition(".")[0]
    names = {key: value for native in reversed(list(natives.values())) for key, value in vars(native).items()}
    names.update(vars(module), **{top: sys.modules[top]})
    subjects = make_subjects(request, classes, names, report)
    if subjects is None:
        return
    for path, group in subjects.items():
        try_all(report, path, group, request, names)
    if request["stubs"] and ["stubs"] not in request["skip"]:
        report.write("step", step=["stubs"])
        write_differences(report, list(stubs), natives)
    report.write("end")


def write_differences(report: Report, stubs: list[str], natives: dict[str, ModuleType]) -> None:
    """Write where stubs differ from what they describe."""
    try:
        if stubs:
            for path, text in compare_stubs(stubs, natives):
                report.write("difference", path=path, text=text)
    except ImportError:
        report.write("uncompared", text=None)
    except BaseException as error:  # noqa: BLE001  (mypy has internal errors, too)
        report.write("uncompared", text=describe(error))


def locate(request: dict[str, Any], paths: list[str], natives: list[str]) -> str | None:
    """Replace the names of classes in a request by where they are; return one that none or several have."""
    for option in ("make", "cycle"):
        for pair in request[option]:
            matches = [path for path in paths if path.endswith(f".{pair[0]}")]
            # A class at the top goes before one that is deeper in.
            exact = {pair[0], *(f"{native}.{pair[0]}" for native in natives[:1])}
            matches = [path for path in paths if path in exact] or matches
            if len(matches) != 1:
                return str(pair[0])
            pair[0] = matches[0]
    return None


def import_module(name: str, report: Report) -> ModuleType | None:
    """Import the module, or write why it can't be."""
    try:
        return importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001  (`sys.exit` and Rust panics are none of `Exception`)
        # A package that is not there stands for what is in it.
        absent = error.name if isinstance(error, ModuleNotFoundError) else None
        is_missing = absent is not None and f"{name}.".startswith(f"{absent}.")
        report.write("missing" if is_missing else "raises", text=describe(error))
        return None


def beneath(module: ModuleType) -> list[str]:
    """Return the extensions in a package's folder, imported or not."""
    suffixes, names = tuple(importlib.machinery.EXTENSION_SUFFIXES), set()
    for place in getattr(module, "__path__", []):
        for file in Path(place).rglob("*"):
            if file.name.endswith(suffixes):
                folders = file.parent.relative_to(place).parts
                names.add(".".join([module.__name__, *folders, file.name.partition(".")[0]]))
    return sorted(names)


def stubs_of(natives: dict[str, ModuleType]) -> dict[str, str]:
    """Return the stubs beside the extensions and the packages above them, by module."""
    stubs = {}
    for name in natives:
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            file = getattr(sys.modules.get(".".join(parts[:count])), "__file__", None)
            if isinstance(file, str):
                folder, own = Path(file).parent, parts[count - 1]
                is_package = Path(file).name.startswith("__init__.")
                names = ["__init__.pyi"] if is_package else [f"{own}.pyi", f"{own}/__init__.pyi"]
                paths = [str(folder / name) for name in names if (folder / name).is_file()]
                if paths:
                    stubs[".".join(parts[:count])] = paths[0]
    return stubs


def make_subjects(
    request: dict[str, Any], classes: dict[str, type], names: dict[str, Any], report: Report
) -> dict[str, list[Subject]] | None:
    """Return the objects to try, by class; nothing if an expression is wrong, which is written."""
    subjects: dict[str, list[Subject]] = {path: [] for path in classes}
    for target, expression in request["make"]:
        report.write("step", step=["make", expression])
        try:
            code = compile(expression, "--make", "eval")
            value = eval(code, names)  # noqa: S307
        except BaseException as error:  # noqa: BLE001
            report.write("unmade", target=target, expression=expression, text=describe(error))
            return None
        if type(value) is not classes[target]:
            text = f"it is of type `{type(value).__qualname__}`"
            report.write("unmade", target=target, expression=expression, text=text)
            return None
        subjects[target].append(Subject(expression, value, lambda code=code: eval(code, names)))  # type: ignore[misc]  # noqa: S307
    for path, cls in classes.items():
        subjects[path] += members_of(path, cls)
        if request["construct"] and not subjects[path]:
            report.write("step", step=["construct", path])
            subjects[path] += [] if ["construct", path] in request["skip"] else constructed(path, cls)
    return subjects


def members_of(path: str, cls: type) -> list[Subject]:
    """Return the objects of a class that are its own attributes, as those of an enum are."""
    members = ((name, value) for name, value in list(cls.__dict__.items()) if type(value) is cls)
    subjects = (Subject(f"{path.rpartition('.')[2]}.{name}", value) for name, value in members)
    return list(itertools.islice(subjects, MEMBERS))


def constructed(path: str, cls: type) -> list[Subject]:
    """Return an object made without arguments, if there can be one."""
    try:
        value = cls()
    except BaseException:  # noqa: BLE001  (it needs arguments)
        return []
    return [Subject(f"{path.rpartition('.')[2]}()", value, cls)] if type(value) is cls else []


def try_all(report: Report, path: str, subjects: list[Subject], request: dict[str, Any], names: dict[str, Any]) -> None:
    """Write what becomes of each trial."""
    trials = [(subject.label, *trial) for subject in subjects for trial in trials_of(subject, subjects)]
    statements = [statement for target, statement in request["cycle"] if target == path]
    trials += [(statement, "cycle", cycle_of(statement, subjects, names)) for statement in statements]
    for label, name, trial in trials:
        step = [path, label, name]
        # A thread prints the object, too.
        if step in request["skip"] or (name == "thread" and [path, label, "repr"] in request["skip"]):
            continue
        report.write("step", step=step)
        try:
            outcome, detail = trial()
        except BaseException as error:  # noqa: BLE001  (a Rust panic is none of `Exception`)
            outcome, detail = "fails", describe(error)
        report.write("trial", path=path, label=label, trial=name, outcome=outcome, detail=detail)
