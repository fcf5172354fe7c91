"""What can be wrong in a tree of modules; each check says only what is true, and nothing of what is not known."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.anatomy.sources import words_of_tests
from scaffolder.errors import listing
from scaffolder.files import Reader
from scaffolder.toolkit import Finding, reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from scaffolder.rust.pymodules import Export, NativeItem, NativeModuleTree
    from scaffolder.tools.module_organizer.organization import Organization

SKILL = "pyo3-classes-modules"
PAGE = reference(SKILL, "module-tree")
# What Python gives each module.
GIVEN = {"__all__", "__doc__", "__file__", "__loader__", "__name__", "__package__", "__spec__", "__dict__"}
LISTED = 12
RENAME = 'give one of them another name: `#[pyo3(name = "…")]`'


@dataclass
class Group:
    """Findings of one kind, told together.

    Attributes:
        names: What it is about.
        lines: The evidence, a line each.
        where: The first place.
    """

    names: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    where: str = ""

    def add(self, name: str, place: str, text: str) -> None:
        """Add one of them."""
        self.names.append(name)
        self.lines.append(f"{place}  {text}")
        self.where = self.where or place

    @property
    def evidence(self) -> str:
        """The lines, and not too many of them."""
        rest = len(self.lines) - LISTED
        return "\n".join([*self.lines[:LISTED], *([f"and {rest} more"] if rest > 0 else [])])


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 'es' if noun.endswith('ss') else 's'}"


def _names(names: Iterable[str]) -> str:
    """List names, and not too many of them."""
    names = list(dict.fromkeys(names))
    rest = len(names) - LISTED
    return f"{', '.join(f'`{name}`' for name in names[:LISTED])} and {rest} more" if rest > 0 else listing(names, "and")


def left_out(organization: Organization) -> Iterator[Finding]:
    """Report what no module exports."""
    groups: dict[tuple[str, bool], Group] = defaultdict(Group)
    for item in organization.left_out:
        key = item.kind, organization.is_meant_for_callers(item)
        place = organization.show(item.file.path, item.line)
        groups[key].add(item.name or item.rust_name, place, _definition(item))
    for (kind, for_callers), group in sorted(groups.items(), key=lambda pair: not pair[0][1]):
        causes = {
            "function": "Python can't call what is in no module",
            "exception": "Python code can't name it in an `except`",
            "class": "what has a constructor is for Python code, which can't reach it",
        }
        yield Finding(
            "not-exported",
            "warning" if for_callers else "note",
            f"{_counted(len(group.names), kind)} in no module: {_names(group.names)}",
            where=group.where,
            evidence=group.evidence,
            cause=causes[kind] if for_callers else "only Rust makes its objects; Python code can't name it, as for "
            "`isinstance` or a type",
            fix=None if for_callers else "pass `--only NAME` to register one of them",
            reference=PAGE,
        )  # fmt: skip


def _definition(item: NativeItem) -> str:
    prefix = {"function": "#[pyfunction] fn", "class": "#[pyclass]", "exception": "create_exception!"}
    return f"{prefix.get(item.kind, item.kind)} {item.rust_name}"


def exported_twice(organization: Organization) -> Iterator[Finding]:
    """Report names that a module gets twice, whatever a `cfg` decides."""
    for module, tree in organization.trees.items():
        sure = [export for export in tree.exports if export.name and not export.is_conditional]
        counts = Counter(export.name for export in sure)
        for name in (name for name, count in counts.items() if count > 1):
            exports = [export for export in sure if export.name == name]
            times = "twice" if len(exports) == 2 else f"{len(exports)} times"
            items = {id(export.item.place.item) if export.item else id(export) for export in exports}
            lines = [f"{organization.show(export.file.path, export.line)}  {_statement(export)}" for export in exports]
            yield Finding(
                "exported-twice",
                "warning",
                f"`{module}` gets the name `{name}` {times}",
                where=organization.show(exports[-1].file.path, exports[-1].line),
                evidence="\n".join(lines),
                cause="the last one wins, and the others can't be reached" if len(items) > 1 else None,
                fix=RENAME if len(items) > 1 else "remove one of them",
                reference=PAGE,
            )  # fmt: skip


def _statement(export: Export) -> str:
    data = export.file.data[slice(*export.span)].decode("utf-8", "replace")
    return " ".join(data.split())[:100]


def submodules(organization: Organization) -> Iterator[Finding]:
    """Report submodules that `import` does not find, since they are not in `sys.modules`."""
    group = Group()
    for name, tree in organization.trees.items():
        if tree is organization.tree or organization.names_in_sys_modules(tree) != set() or name in organization.spaces:
            continue
        lines = [
            (space.path, entry.line, entry.always)
            for space in organization.spaces.values()
            for entry in space.imports
            if entry.module == name or entry.module.startswith(f"{name}.")
        ]
        always = [(path, line) for path, line, is_always in lines if is_always]
        if always:
            path, line = always[0]
            yield Finding(
                "submodule-import",
                "error",
                f"`{name}` is imported, and not in `sys.modules`: the import fails",
                where=organization.show(path, line),
                evidence=_source_line(path, line),
                cause=f"PyO3 makes a submodule an attribute of `{name.rpartition('.')[0]}`, which is not a package",
                fix=_register_line(organization, name),
                reference=PAGE,
            )
        else:
            group.add(name, organization.show(tree.file.path, tree.line), tree.name)
    if group.names:
        first = group.names[0]
        parent, _, last = first.rpartition(".")
        yield Finding(
            "submodule-import",
            "note",
            f"{_counted(len(group.names), 'submodule')} not in `sys.modules`: {_names(group.names)}",
            where=group.where,
            cause=f"`import {first}` and `from {first} import …` fail; `from {parent} import {last}` works",
            fix=_register_line(organization, first),
            reference=PAGE,
        )


def _register_line(organization: Organization, name: str) -> str:
    last = name.rpartition(".")[2]
    is_old = organization.project.series is not None and int(organization.project.series.name.partition(".")[2]) < 21
    module = f'm.getattr("{last}")?'
    imported = 'py.import("sys")?' if is_old else 'm.py().import("sys")?'
    return (
        f"in the extension module's code, once the submodule is in it:\n"
        f'{imported}.getattr("modules")?.set_item("{name}", {module})?;'
    )


def _source_line(path: Path, line: int) -> str | None:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[line - 1].strip() if line <= len(lines) else None


def wrong_modules(organization: Organization) -> Iterator[Finding]:
    """Report exported classes and exceptions whose `__module__` does not have them."""
    groups: dict[tuple[str, bool, str], Group] = defaultdict(Group)
    seen: set[int] = set()
    for module, tree in organization.trees.items():
        for export in tree.exports:
            item = export.item
            if item is None or item.kind not in {"class", "exception"} or id(item.place.item) in seen:
                continue
            claim = _module_of(export, tree)
            if claim is None or not item.name:
                continue
            seen.add(id(item.place.item))
            if organization.has(claim, item.name) is False:
                key = claim, organization.is_pickled(item), _home(organization, module, item.name)
                groups[key].add(item.name, organization.show(item.file.path, item.line), _definition(item))
    for (claim, is_pickled, home), group in groups.items():
        reason = {
            "builtins": "PyO3 puts a class without `module = …` into `builtins`",
            organization.tree.rust_module: "PyO3 knows the module's name, not the package that it is in",
        }.get(claim, f"`{claim}` has no such name")
        is_exception = all("create_exception!" in line for line in group.lines)
        setting = f"`create_exception!({home}, …)`" if is_exception else f'`#[pyclass(module = "{home}")]`'
        yield Finding(
            "wrong-module",
            "warning" if is_pickled else "note",
            f"`__module__` of {_names(group.names)} is `{claim}`, and can't be imported from there",
            where=group.where,
            evidence=group.evidence,
            cause=f"{reason}{': pickling fails' if is_pickled else '; pickling and documentation go by it'}",
            fix=setting if home else "import it in a package, and say so: `module = …`",
            reference=PAGE,
        )


def _module_of(export: Export, tree: NativeModuleTree) -> str | None:
    """Return the `__module__` of a class; none if it is not a text."""
    item = export.item
    if item is None or item.module is not None:
        return item.module if item else None
    settings = [attribute.setting("module") for attribute in item.place.item.attributes if attribute.name in
                {"pyclass", "pyo3"}]  # fmt: skip
    if any(setting is not None for setting in settings):
        return None
    return tree.rust_module if export.is_inside else "builtins"


def _home(organization: Organization, module: str, name: str) -> str:
    """Return the module that a class is best said to be in: a package around its own, or its own; empty if unknown."""
    parts = module.split(".")
    around = (".".join(parts[:length]) for length in range(1, len(parts)))
    own = organization.names_in_sys_modules(organization.trees[module]) or ()
    return next((place for place in (*around, module, *sorted(own)) if organization.has(place, name)), "")


def missing_imports(organization: Organization) -> Iterator[Finding]:
    """Report what the Python package imports and the extension does not have."""
    for space in organization.spaces.values():
        for entry in space.imports:
            is_name = entry.name not in {"", "*"} | GIVEN and f"{entry.module}.{entry.name}" not in organization.spaces
            if not is_name or not entry.always or not organization.is_native(entry.module):
                continue
            if organization.has(entry.module, entry.name) is False:
                yield Finding(
                    "missing-import",
                    "error",
                    f"`{entry.module}` has no `{entry.name}`: the import fails",
                    where=organization.show(space.path, entry.line),
                    evidence=_source_line(space.path, entry.line),
                    fix="export it in Rust, or remove the import",
                    reference=PAGE,
                )


def missing_in_all(organization: Organization) -> Iterator[Finding]:
    """Report the names in `__all__` that the module does not have."""
    for space in organization.spaces.values():
        names = [name for name in space.exports or () if organization.has(space.name, name) is False]
        names = [name for name in names if name not in GIVEN]
        # Names of other origin are the business of a linter.
        if names and any(organization.is_native(entry.module) for entry in space.imports):
            line = (space.exports or {})[names[0]]
            yield Finding(
                "unknown-in-all",
                "warning",
                f"`__all__` of `{space.name}` lists {_names(names)}, which the module has not",
                where=organization.show(space.path, line),
                cause=f"`from {space.name} import *` fails",
                fix="export it in Rust and import it here, or take it off the list",
                reference=PAGE,
            )


def not_reexported(organization: Organization) -> Iterator[Finding]:
    """Report public names of a private extension module that the package around it never mentions."""
    module = organization.module
    private = module.rpartition(".")[2].startswith("_") and "." in module
    spaces = organization.spaces.values()
    stars = {star for space in spaces for star in space.stars}
    importing = [entry for space in spaces for entry in space.imports if entry.module == organization.module]
    if not private or not importing or organization.module in stars:
        return
    words = {word for space in spaces for word in space.words} | words_of_tests(organization.project, Reader())
    exports = [
        export for export in organization.tree.exports if export.name and not export.name.startswith("_")
        and export.name not in words
    ]  # fmt: skip
    if exports:
        first = exports[0]
        yield Finding(
            "not-reexported",
            "note",
            f"`{organization.package}` never mentions {_names(export.name or '' for export in exports)} of `{module}`",
            where=organization.show(first.file.path, first.line),
            fix=f"if callers are to have it, import it there: `from {module} import {first.name}`",
            reference=PAGE,
        )


def stubs(organization: Organization) -> Iterator[Finding]:
    """Report differences between a module in Rust and its stub."""
    for name, stub in organization.stubs.items():
        tree = organization.trees[name]
        if not tree.is_known:
            continue
        exports = {export.name or "": export for export in tree.exports}
        place = organization.show(stub.path)
        extra = [
            (defined, line) for defined, line in stub.definitions.items()
            if defined not in exports and defined not in GIVEN and not defined.startswith("_")
        ]  # fmt: skip
        if extra:
            yield Finding(
                "stub-extra",
                "warning",
                f"the stub of `{name}` has {_names(defined for defined, _ in extra)}, which the module has not",
                where=organization.show(stub.path, extra[0][1]),
                fix="export it in Rust, or remove it from the stub",
                reference=reference(SKILL, "typing"),
            )
        lacking = [
            export for export in exports.values()
            if export.name and export.name not in stub.names and f"{name}.{export.name}" not in organization.stubs
            and not export.name.startswith("__") and not export.is_conditional
        ]  # fmt: skip
        if lacking and not stub.stars and "__getattr__" not in stub.names:
            yield Finding(
                "stub-missing",
                "warning",
                f"the stub of `{name}` lacks {_names(export.name or '' for export in lacking)}",
                where=place,
                evidence="\n".join(
                    f"{organization.show(export.file.path, export.line)}  {_statement(export)}" for export in lacking
                ),
                fix="add it to the stub",
                reference=reference(SKILL, "typing"),
            )


def unknown(organization: Organization) -> Iterator[Finding]:
    """Report what can't be read, so that nothing is said of it."""
    group = Group()
    for name, tree in organization.trees.items():
        for opaque in tree.opaque:
            group.add(name, organization.show(opaque.file.path, opaque.line), opaque.text[:100])
        for export in tree.exports:
            if export.name is None and not tree.opaque:
                group.add(name, organization.show(export.file.path, export.line), _statement(export))
    if group.names:
        yield Finding(
            "not-known", "note", f"not all names of {_names(group.names)} are known", where=group.where,
            evidence=group.evidence, reference=PAGE,
            cause="macros, code of other crates and computed names are not read; nothing is said of what they register",
        )  # fmt: skip
    if organization.crate.unread:
        yield Finding(
            "not-known", "note", f"no file for the Rust modules {_names(organization.crate.unread)}",
            cause="a build script may generate it; nothing is said of what is in there",
        )  # fmt: skip
    errors = [organization.show(path, line) for path, line in organization.crate.errors]
    if errors:
        yield Finding(
            "not-known", "note", f"{_counted(len(errors), 'line')} of Rust that can't be parsed", where=errors[0],
            evidence="\n".join(errors[:LISTED]),
            cause="around a syntax error, items may be missing",
        )  # fmt: skip


CHECKS: dict[str, tuple[Callable[[Organization], Iterator[Finding]], str]] = {
    "missing-import": (missing_imports, "the package imports only what the extension has"),
    "submodule-import": (submodules, "every submodule can be imported"),
    "exported-twice": (exported_twice, "no module gets a name twice"),
    "not-exported": (left_out, "everything that is defined is in a module"),
    "wrong-module": (wrong_modules, "every `__module__` has its class"),
    "unknown-in-all": (missing_in_all, "every `__all__` lists only names that are there"),
    "stubs": (stubs, "the stubs have the names of the modules"),
    "not-reexported": (not_reexported, "the package mentions all public names of the extension"),
    "not-known": (unknown, "all of the tree is known"),
}


def run_checks(organization: Organization) -> Iterator[Finding]:
    """Run all checks, and yield the findings of each, or that there are none."""
    for name, (check, promise) in CHECKS.items():
        yield from list(check(organization)) or [Finding(name, "ok", promise)]
