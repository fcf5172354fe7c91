"""The files of an adopted project: what is merged, what is added, and what stays as it is."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.adoption.imports import REEXPORTS, SUBMODULES_NAME, WAIVER, import_submodules
from scaffolder.adoption.manifests import merge_cargo, merge_pyproject, with_version
from scaffolder.adoption.moving import without_metadata
from scaffolder.adoption.reading import join
from scaffolder.adoption.ruff import find_settings
from scaffolder.adoption.rust import add_anchors, rename_module
from scaffolder.adoption.setup_files import CONFIGURATION, SCRIPT
from scaffolder.anatomy.extensions import parse_python
from scaffolder.anatomy.manifests import table_of
from scaffolder.checkout.checkout import ANSWERS
from scaffolder.checkout.merge import LINK, File, match_line_endings
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from scaffolder.adoption.reading import Survey
    from scaffolder.checkout.merge import Files, Scratch

PYPROJECT, IGNORED = "pyproject.toml", ".gitignore"
ERRORS = ("Error", "EmptyError")
# Beside the stubs of features, a checker takes a module without a stub of its own for an empty one.
UNKNOWN_STUB = """\
from typing import Any

def __getattr__(name: str) -> Any: ...
"""
# What the first build of a crate leaves behind, where nothing was compiled before.
BUILT = ("*.so", "*.pyd")


@dataclass(frozen=True)
class Adopted:
    """What becomes of a project's files.

    Attributes:
        files: Those that are new or change.
        gone: Those that move elsewhere.
        own: The template's files that are not rendered for this project.
        notes: What the user should know about it.
    """

    files: Files
    gone: tuple[str, ...]
    own: list[str]
    notes: tuple[str, ...]


def adopt_files(survey: Survey, scratch: Scratch, template: Files, *, maturin: bool) -> Adopted:
    """Decide about each file of the template.

    Args:
        survey: The project.
        scratch: Where its files are read.
        template: The template's files for it, without features.
        maturin: Whether maturin is to build what setuptools-rust builds.

    Raises:
        ScaffolderError: A file of the project can't be merged.
    """
    errors, stub = join(survey.package_path, "errors.py"), join(survey.package_path, survey.extension)
    start = join(survey.package_path, "__init__.py")
    ours = scratch.committed_files([*template, survey.library_path, *stubs_of(survey), errors, start])
    template = match_line_endings(template, ours)
    moved_files, moved_gone = move_setup(survey, scratch)
    committed = dict(ours)
    ours |= moved_files
    files: Files = {
        PYPROJECT: edited(
            ours, PYPROJECT, merge_pyproject(survey, text(ours, PYPROJECT), text(template, PYPROJECT), maturin=maturin)
        )
    }
    files |= merge_errors(errors, ours, template)
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if survey.crate is None:
        added, notes = new_crate(survey, ours, template)
        files |= added
    else:
        files |= merge_crate(survey, ours, template)
        stubs, gone, notes = place_stub(survey, ours, f"{stub}/__init__.pyi")
        files |= stubs
    files |= merge_start(survey, start, ours, template)
    if survey.is_single and gone:
        files[join(survey.package_path, "py.typed")] = File("100644", b"")
    shared = {PYPROJECT, ANSWERS, survey.cargo_path, survey.library_path}
    # The stub of a module that was there before is its own; that of a new crate is the template's.
    rendered = {path for path in files if template.get(path) == files[path]}
    own = [path for path in template if path not in shared | rendered or path in {*ours, *gone} - shared]
    files = match_line_endings({**moved_files, **files}, committed)
    return Adopted(unlike(files, committed), (*gone, *moved_gone), sorted(own), notes)


def move_setup(survey: Survey, scratch: Scratch) -> tuple[Files, tuple[str, ...]]:
    """Return the files that metadata moves to, or that it leaves something behind in, and those that it leaves."""
    if survey.moved is None:
        return {}, ()
    present = scratch.committed_files([PYPROJECT, SCRIPT, CONFIGURATION])
    old = present.get(PYPROJECT) or File("100644", b"")
    files: Files = {PYPROJECT: File(old.mode, survey.moved.encode())}
    rest = without_metadata(text(present, CONFIGURATION)) if CONFIGURATION in present else ""
    if rest:
        files[CONFIGURATION] = edited(present, CONFIGURATION, rest)
    return files, tuple(name for name in (SCRIPT, CONFIGURATION) if name in present and name not in files)


def merge_start(survey: Survey, start: str, ours: Files, template: Files) -> Files:
    """Return a package's `__init__.py` that imports what makes compiled submodules known, and that module.

    Raises:
        ScaffolderError: Something else is in the way.
    """
    place = join(survey.package_path, f"{SUBMODULES_NAME}.py")
    if survey.is_single:
        waiver = WAIVER if find_settings(survey.folder) else ""
        content = REEXPORTS.format(extension=survey.extension, submodules=SUBMODULES_NAME, waiver=waiver)
        return {start: File("100644", content.encode()), place: template[place]}
    if start not in ours:
        return {}
    content = import_submodules(start, text(ours, start))
    return {start: edited(ours, start, content), place: template[place]}


def unlike(files: Files, ours: Files) -> Files:
    """Return the files that differ from the user's."""
    return {path: file for path, file in files.items() if ours.get(path) != file}


def text(files: Files, path: str) -> str:
    """Return the text of a file.

    Raises:
        ScaffolderError: The project has no such file in its last commit, or it is not UTF-8.
    """
    try:
        if files[path].mode == LINK:
            raise ScaffolderError(f"`{path}` is a link, and what it points to is not edited", "put the file there")
        return files[path].content.decode("utf-8")
    except KeyError as error:
        raise ScaffolderError(f"`{path}` is not committed", f"run `git add {path}`, then `git commit`") from error
    except UnicodeDecodeError as error:
        raise ScaffolderError(f"`{path}` is not UTF-8", "save it as UTF-8") from error


def edited(ours: Files, path: str, content: str) -> File:
    """Return a file of the user's with another content."""
    return File(ours[path].mode, content.encode())


def merge_crate(survey: Survey, ours: Files, template: Files) -> Files:
    """Return the manifest and the library of a crate, ready for features."""
    cargo = merge_cargo(survey, text(ours, survey.cargo_path), text(template, survey.cargo_path))
    library = text(ours, survey.library_path).encode()
    ending = b"\r\n" if b"\r\n" in library else b"\n"
    module = str(survey.module)
    plain = library.replace(b"\r\n", b"\n")
    if survey.is_single:
        plain = rename_module(plain, module, survey.extension, survey.package)
    crates = {dependency.key.replace("-", "_") for dependency in (survey.crate.dependencies if survey.crate else ())}
    plain = add_anchors(survey.library_path, plain, module, crates)
    return {
        survey.cargo_path: edited(ours, survey.cargo_path, cargo),
        survey.library_path: File(ours[survey.library_path].mode, plain.replace(b"\n", ending)),
    }


def new_crate(survey: Survey, ours: Files, template: Files) -> tuple[Files, tuple[str, ...]]:
    """Return the files of a crate beside a Python package, and notes."""
    folder = join(survey.crate_folder, survey.source)
    names = {
        survey.cargo_path,
        *(join(survey.crate_folder, name) for name in ("build.rs", "clippy.toml")),
        *(path for path in template if path.startswith((f"{folder}/", f"{survey.package_path}/{survey.extension}/"))),
    }
    if taken := sorted(names & {*ours}):
        raise ScaffolderError(f"`{taken[0]}` is in the way: the crate has a file there", "move it elsewhere")
    version = table_of(survey.manifests.pyproject, "project").get("version", "")
    cargo, notes = with_version(text(template, survey.cargo_path), version)
    files = {path: template[path] for path in names if path in template}
    files[survey.cargo_path] = File("100644", cargo.encode())
    return {**files, **ignore_builds(survey, ours, template)}, notes


def ignore_builds(survey: Survey, ours: Files, template: Files) -> Files:
    """Return the `.gitignore` with what builds leave behind."""
    if IGNORED not in ours:
        return {IGNORED: template[IGNORED]}
    lines = text(ours, IGNORED).splitlines()
    target = f"/{join(survey.crate_folder, 'target')}/"
    known = {line.strip().strip("/") for line in lines}
    missing = [line for line in (target, *BUILT) if known.isdisjoint({line.strip("/"), line.strip("/").split("/")[-1]})]
    if not missing:
        return {}
    content = text(ours, IGNORED)
    start = "" if not content or content.endswith("\n") else "\n"
    return {IGNORED: edited(ours, IGNORED, f"{content}{start}\n# Rust\n" + "".join(f"{line}\n" for line in missing))}


def merge_errors(path: str, ours: Files, template: Files) -> Files:
    """Return the module with the exceptions that those of features derive from.

    Raises:
        ScaffolderError: The project has another `Error` there, or no Python.
    """
    if path not in ours:
        return {path: template[path]}
    content = text(ours, path)
    tree = parse_python(content.encode())
    if tree is None:
        raise ScaffolderError(f"`{path}` is not valid Python")
    names = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    missing = [name for name in ERRORS if name not in names]
    if not missing:
        return {}
    classes = ast.parse(template[path].content)
    source = template[path].content.decode()
    added = [
        ast.get_source_segment(source, node)
        for node in classes.body
        if isinstance(node, ast.ClassDef) and node.name in missing
    ]
    return {path: edited(ours, path, content.rstrip("\n") + "".join(f"\n\n\n{part}" for part in added) + "\n")}


def stubs_of(survey: Survey) -> list[str]:
    """Return where the stub of the extension module may be."""
    beside = [join(survey.package_path, f"{survey.extension}.pyi")]
    folder = join(survey.package_path, survey.extension, "__init__.pyi")
    alone = [join(survey.crate_folder, f"{survey.package}.pyi"), f"{survey.package}.pyi"] if survey.is_single else []
    return [folder, *(alone or beside)]


def place_stub(survey: Survey, ours: Files, place: str) -> tuple[Files, tuple[str, ...], tuple[str, ...]]:
    """Return the stub of the extension module in a folder, where those of features can be beside it.

    Args:
        survey: The project.
        ours: Its files.
        place: Where the stub goes.

    Returns:
        The stub, if it moves or is new, the file that it leaves, and notes.
    """
    found = [path for path in stubs_of(survey) if path in ours]
    if not found:
        note = f"`{place}` is new, and says only that the types in the module are unknown: write them there"
        return {place: File("100644", UNKNOWN_STUB.encode())}, (), (note,)
    # A wheel of setuptools has the stubs that its own settings name.
    if place in found or survey.builder == "setuptools-rust":
        return {}, (), ()
    return {place: ours[found[0]]}, (found[0],), ()
