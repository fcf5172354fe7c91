"""What `setup.py` and `setup.cfg` say of a project, read without running anything."""

from __future__ import annotations

import ast
import configparser
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaffolder.adoption.backend import PORTABLE
from scaffolder.anatomy.extensions import parse_python
from scaffolder.errors import ScaffolderError
from scaffolder.files import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SCRIPT, CONFIGURATION = "setup.py", "setup.cfg"
# Sections of setup.cfg that are about metadata, and those that only steer commands of setuptools.
SECTIONS = ("metadata", "options")
COMMANDS = {"bdist_wheel", "egg_info", "sdist", "aliases", "build_ext", "develop", "install"}
LISTS = {"install_requires", "classifiers", "license_files", "packages", "tests_require", "setup_requires"}
PACKAGES = ("find_packages", "find_namespace_packages")
READING = {"open", "read", "read_text", "Path", "join", "dirname", "abspath", "resolve"}
FILE = "file:"


@dataclass(frozen=True)
class Content:
    """The text of a file, which the build reads."""

    path: str


@dataclass(frozen=True)
class Found:
    """The packages that setuptools finds in a folder."""

    where: str


class Unknown(Exception):  # noqa: N818
    """An expression that says nothing without being run."""

    def __init__(self, node: ast.AST) -> None:
        super().__init__()
        self.node = node


def read_setup(folder: Path) -> dict[str, Any]:
    """Return what a project tells setuptools, by the keywords of `setup`.

    Args:
        folder: The project's folder.

    Raises:
        ScaffolderError: Something has to be run to be known; the error names it.
    """
    reader = Reader()
    configuration = read_configuration(folder / CONFIGURATION, reader)
    script = reader.read(folder / SCRIPT)
    values = read_script(folder / SCRIPT, script) if script is not None else {}
    for key in sorted(values.keys() & configuration.keys()):
        if values[key] != configuration[key]:
            raise ScaffolderError(
                f"`{SCRIPT}` and `{CONFIGURATION}` in `{folder}` have different values for `{key}`",
                "take one of them out",
            )
    return {**values, **configuration}


def read_script(path: Path, source: bytes) -> dict[str, Any]:
    """Return the keywords of the call of `setup`.

    Raises:
        ScaffolderError: There is none, or more than literals around it.
    """
    tree = parse_python(source)
    if tree is None:
        raise ScaffolderError(f"`{path}` is not valid Python")
    call, names = find_call(path, tree)
    values = {}
    for word in call.keywords:
        try:
            if word.arg is None:
                raise Unknown(word.value)
            if word.arg == "rust_extensions":
                require_plain_extensions(word.value)
            else:
                values[word.arg] = evaluate(word.value, names)
        except Unknown as error:
            raise value_error(path, word.arg or "**", error.node) from error
    return values


def find_call(path: Path, tree: ast.Module) -> tuple[ast.Call, dict[str, ast.expr]]:
    """Return the call of `setup`, and what the names stand for that are set above it.

    Raises:
        ScaffolderError: There is none, or other code.
    """
    names: dict[str, ast.expr] = {}
    call: ast.Call | None = None
    for node in statements(tree.body):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
        elif call is None and (found := setup_call(node)):
            call = found
        elif not isinstance(node, ast.Import | ast.ImportFrom) and not is_text(node):
            raise code_error(path, node)
    if call is None:
        raise ScaffolderError(f"`{path}` does not call `setup`", MOVE)
    return call, names


def setup_call(node: ast.stmt) -> ast.Call | None:
    """Return the call of `setup` with keywords alone, if a statement is one."""
    call = node.value if isinstance(node, ast.Expr) else None
    return call if isinstance(call, ast.Call) and name_of(call.func) == "setup" and not call.args else None


def require_plain_extensions(node: ast.expr) -> None:
    """Refuse Rust extensions with settings that maturin has no counterpart for.

    Raises:
        Unknown: One has.
    """
    calls = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    for call in calls:
        if not isinstance(call, ast.Call) or name_of(call.func) != "RustExtension":
            raise Unknown(call)
        if any(word.arg not in PORTABLE for word in call.keywords):
            raise Unknown(call)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements, also those that run only as a script, and what is read from an open file."""
    for node in body:
        if isinstance(node, ast.If) and not node.orelse and ast.unparse(node.test) == "__name__ == '__main__'":
            yield from statements(node.body)
        elif isinstance(node, ast.With) and len(node.items) == 1 and name_of(node.items[0].optional_vars):
            yield from read_inside(node)
        else:
            yield node


def read_inside(node: ast.With) -> Iterator[ast.stmt]:
    """Yield `text = file.read()` as if the file were opened there."""
    name = name_of(node.items[0].optional_vars)

    class Inline(ast.NodeTransformer):
        def visit_Name(self, found: ast.Name) -> ast.expr:
            return node.items[0].context_expr if found.id == name else found

    yield from (Inline().visit(statement) for statement in node.body)


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is only a text."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def name_of(node: ast.AST | None) -> str:
    """Return the last part of a name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def evaluate(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 0) -> Any:
    """Return what an expression stands for.

    Raises:
        Unknown: It has to be run.
    """
    if depth > 50:  # a name that stands for itself
        raise Unknown(node)
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.List | ast.Tuple):
        return [evaluate(item, names, depth + 1) for item in node.elts]
    if isinstance(node, ast.Dict) and all(node.keys):
        pairs = zip(node.keys, node.values, strict=True)
        return {
            evaluate(key, names, depth + 1): evaluate(value, names, depth + 1)
            for key, value in pairs
            if key is not None
        }
    if isinstance(node, ast.Name) and node.id in names:
        return evaluate(names[node.id], names, depth + 1)
    if isinstance(node, ast.Call):
        return evaluate_call(node, names)
    raise Unknown(node)


def evaluate_call(node: ast.Call, names: Mapping[str, ast.expr]) -> Content | Found:
    """Return what a call stands for: the packages in a folder, or the text of a file.

    Raises:
        Unknown: It is another one.
    """
    if name_of(node.func) in PACKAGES:
        words = {word.arg: word.value for word in node.keywords}
        places = [*node.args[:1], *([words["where"]] if "where" in words else [])]
        where = evaluate(places[0], names) if places else "."
        if isinstance(where, str) and not {*words} - {"where", "exclude"}:
            return Found(where)
        raise Unknown(node)
    calls = {name_of(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    texts = [
        part.value for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value
    ]  # fmt: skip
    if calls <= READING and {"read", "read_text"} & calls and len(texts) == 1:
        return Content(texts[0])
    raise Unknown(node)


def read_configuration(path: Path, reader: Reader) -> dict[str, Any]:
    """Return what `setup.cfg` says, by the keywords of `setup`.

    Raises:
        ScaffolderError: It can't be read, or takes a value from code.
    """
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string((reader.read(path) or b"").decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ScaffolderError(f"`{path}` can't be read: {' '.join(str(error).split())}") from error
    values: dict[str, Any] = {}
    for section in SECTIONS:
        for key, text in parser.items(section) if parser.has_section(section) else ():
            name = {"home_page": "url", "summary": "description"}.get(key.replace("-", "_"), key.replace("-", "_"))
            values[name] = configured(path, name, text)
    if parser.has_section("options.packages.find"):
        values["packages"] = Found(parser.get("options.packages.find", "where", fallback="."))
    for section, name in (("options.extras_require", "extras_require"), ("options.entry_points", "entry_points")):
        if parser.has_section(section):
            values[name] = {key: lines(text) for key, text in parser.items(section)}
    return values


def configured(path: Path, name: str, text: str) -> Any:
    """Return a value of `setup.cfg`.

    Raises:
        ScaffolderError: It comes from code.
    """
    plain = text.strip()
    if plain.startswith(FILE) and name == "long_description":
        return Content(plain.removeprefix(FILE).strip())
    if plain.startswith(("attr:", FILE)):
        raise ScaffolderError(
            f"`{name}` in `{path}` is `{plain}`, and nothing of the project is run to find it",
            f"write it as it is, or {MOVE}",
        )
    if name == "packages" and plain.startswith(("find:", "find_namespace:")):
        return Found(".")
    if name in {"package_dir", "project_urls"}:
        return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines(text))}
    return lines(text) if name in LISTS else plain


def lines(text: str) -> list[str]:
    """Return the items of a list, one a line."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


MOVE = "move it to `[project]` in `pyproject.toml` yourself"


def code_error(path: Path, node: ast.stmt) -> ScaffolderError:
    """Return the error for a statement that does more than say something."""
    shown = ast.unparse(node).splitlines()[0][:60]
    return ScaffolderError(
        f"`{path}`, line {node.lineno}, runs code: `{shown}`", "leave only `setup()` with literals, or move the "
        "metadata to `[project]` in `pyproject.toml` yourself",
    )  # fmt: skip


def value_error(path: Path, name: str, node: ast.AST) -> ScaffolderError:
    """Return the error for a value that has to be run to be known."""
    shown = ast.unparse(node).splitlines()[0][:60]
    return ScaffolderError(
        f"`{name}` in `{path}`, line {getattr(node, 'lineno', 1)}, is `{shown}`, and nothing of the project is run "
        "to find it",
        f"write it as a literal, or {MOVE}",
    )
