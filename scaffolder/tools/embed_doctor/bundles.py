"""What is wrong with a program, or lacks in a folder that is shipped."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.bundles import HOME_INSIDE, stdlib_of
from scaffolder.errors import listing
from scaffolder.files import is_file, is_folder, real
from scaffolder.machine.binaries import LINUX_BASE, locate_library, search_folders, system_folders, texts_in
from scaffolder.toolkit import Table
from scaffolder.tools.embed_doctor.findings import finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.anatomy.bundles import Bundle, Program
    from scaffolder.machine.binaries import Binary
    from scaffolder.toolkit import Finding

# Folders that other machines do not have.
OWN = re.compile(
    r"/(home|Users|root|tmp|work|var/folders|private)/|/\.(pyenv|venv|local|cargo|rustup)/|/(hostedtoolcache|miniconda3"
    r"|miniforge3|anaconda3)/|/target/(\w+/)?(debug|release)(/|$)"
)
# What Python imports before the first line of a program, and modules that every build has.
FIRST = ("encodings/__init__", "encodings/utf_8", "codecs", "io", "abc", "os")
USUAL = ("math", "_struct", "_random", "select", "_socket", "array")
NAMED = 6
BUILT_IN = re.compile(rb"\0PyInit_(\w+)(?=\0)")


def check_bundle(bundle: Bundle) -> Iterator[Finding]:
    """Yield what is wrong with programs and with the folder that they are shipped in."""
    for program in bundle.programs:
        yield from _check_library(bundle, program)
        yield from _check_stdlib(bundle, program)
    yield from _check_libraries(bundle)
    if bundle.root:
        yield from _check_modules(bundle)
        if bundle.reader.problems:
            lines = "\n".join(f"{problem.path}: {problem.reason}" for problem in bundle.reader.problems)
            yield finding("unreadable", None, lines, count=f"{len(bundle.reader.problems)} of its files")


def _check_library(bundle: Bundle, program: Program) -> Iterator[Finding]:
    """Yield what is wrong with how libpython is found."""
    binary, where = program.binary, str(program.binary.path)
    if program.library is None:
        return
    if program.library_file is None:
        if binary.format == "PE":
            yield finding("libpython-not-beside", where, name=program.library)
            return
        # The loader of another system has folders of its own.
        if binary.is_native or bundle.root:
            folders = listing(map(str, search_folders(binary)), "and")
            places = f"in {folders}, then" if binary.search else "only"
            yield finding("libpython-missing", where, name=program.library, places=places)
        return
    folder = program.library_file.parent
    # What a package manager installs leaves its Python to another package.
    is_shipped = bundle.stdlibs or any(part.path.name == program.library for part in bundle.binaries)
    if bundle.holds(program.library_file) or (folder in system_folders() and not is_shipped):
        return
    if bundle.root:
        yield finding("libpython-outside", where, name=program.library, folder=folder)
    elif OWN.search(f"{folder}/") and any(Path(place) == folder for place in binary.search):
        yield finding("libpython-local", where, name=program.library, folder=folder)


def _check_stdlib(bundle: Bundle, program: Program) -> Iterator[Finding]:
    """Yield what is wrong with the standard library of a program."""
    version, where = program.version, str(program.binary.path)
    # One that Python is linked into may hold the standard library as well.
    is_shipped = bool(bundle.stdlibs) if program.library is None else _is_held(bundle, program)
    if version is None or (program.library_file is None and not is_shipped):
        return
    stdlib = stdlib_of(bundle, program)
    if stdlib is None and not bundle.stdlibs and any(texts_in(program.binary.path, HOME_INSIDE)):
        return
    if is_shipped and bundle.stdlibs and not {None, version.text} & set(bundle.stdlibs.values()):
        others = sorted(filter(None, bundle.stdlibs.values()))
        yield finding("stdlib-other-version", where, version=version.text, other=listing(others, "and"))
    elif stdlib is None and (program.library_file or is_shipped):
        library = program.library_file
        places = f"beside `{library}` nor where it was configured to be" if library else "in the bundle nor elsewhere"
        yield finding("stdlib-missing", where, version=version.text, places=places)
    elif stdlib and is_shipped and not bundle.holds(stdlib):
        yield finding("stdlib-outside", where, folder=stdlib)
    elif stdlib:
        yield from _check_parts(program, stdlib, where)


def _is_held(bundle: Bundle, program: Program) -> bool:
    return program.library_file is not None and bundle.holds(program.library_file)


def _check_parts(program: Program, stdlib: Path, where: str) -> Iterator[Finding]:
    """Yield what a standard library lacks."""
    missing = [name for name in FIRST if not _has(stdlib, name)]
    if missing:
        names = listing((name.removesuffix("/__init__") for name in missing), "and")
        yield finding("stdlib-incomplete", where, folder=stdlib, names=names)
    library = program.library_file
    if library is None or program.binary.format != "ELF" or program.version is None:
        return
    base = stdlib if is_folder(stdlib) else stdlib.parent / program.version.folder
    dynamic = base / "lib-dynload"
    files = {path.name.partition(".")[0] for path in dynamic.iterdir()} if is_folder(dynamic) else set()
    built_in = set(texts_in(library, BUILT_IN))
    lacking = [name for name in USUAL if name not in files and name not in built_in]
    if lacking:
        names = listing(lacking, "and")
        yield finding("modules-missing", where, names=names, folder=dynamic)


def _has(stdlib: Path, name: str) -> bool:
    """Whether a standard library has a module: as source, or compiled."""
    if is_folder(stdlib):
        return any(is_file(stdlib / f"{name}{suffix}") for suffix in (".py", ".pyc"))
    try:
        with zipfile.ZipFile(stdlib) as archive:
            return any(f"{name}{suffix}" in archive.NameToInfo for suffix in (".py", ".pyc"))
    except (OSError, zipfile.BadZipFile):
        return False


def _check_modules(bundle: Bundle) -> Iterator[Finding]:
    """Yield the extension modules that are built for another version of Python."""
    versions = {program.version.text for program in bundle.programs if program.version}
    if len(versions) != 1:
        return
    (version,) = versions
    folders: dict[Path, dict[str, set[str]]] = {}
    for binary in bundle.binaries:
        match = re.fullmatch(r"([^.]+)\.(?:cpython-|cp)3(\d+)(t?)-.*", binary.path.name)
        if match:
            kinds = folders.setdefault(binary.path.parent, {}).setdefault(match[1], set())
            kinds.add(f"3.{match[2]}{match[3]}")
    for folder, modules in folders.items():
        # Where there is one for each version, that is meant.
        wrong = [name for name, kinds in modules.items() if version not in kinds and not _has_other(folder, name)]
        if wrong:
            yield finding("modules-of-other-version", names=_some(wrong), folder=folder, version=version)


def _has_other(folder: Path, name: str) -> bool:
    """Whether a module is also there for any version, or as source."""
    return any(is_file(folder / f"{name}{suffix}") for suffix in (".abi3.so", ".abi3t.so", ".so", ".pyd", ".py"))


def _check_libraries(bundle: Bundle) -> Iterator[Finding]:
    """Yield the libraries that are needed, and are missing or not in the folder that is shipped."""
    missing: dict[str, Binary] = {}
    outside: dict[Path, set[str]] = {}
    of_system: set[str] = set()
    for binary, name, path in _foreign_libraries(bundle):
        if path is None:
            missing.setdefault(name, binary)
        elif path.parent in system_folders():
            of_system.add(path.name)
        else:
            outside.setdefault(real(path.parent), set()).add(path.name)
    first = {path for program in bundle.programs for path in (program.binary.path, program.library_file)}
    for name, user in sorted(missing.items()):
        kind = "library-missing" if user.path in first else "module-unloadable"
        yield finding(kind, str(user.path), name=name, user=user.path.name)
    if bundle.root is None:
        return
    for folder, names in sorted(outside.items()):
        yield finding("library-outside", str(bundle.root), names=_some(sorted(names)), folder=folder)
    if of_system:
        yield finding("system-libraries", str(bundle.root), names=listing(sorted(of_system), "and"))


def _foreign_libraries(bundle: Bundle) -> Iterator[tuple[Binary, str, Path | None]]:
    """Yield what binaries need and the bundle does not hold, with its file; not what every Linux has."""
    inside = {binary.path.name for binary in bundle.binaries}
    program = bundle.programs[0].binary
    for binary in sorted(bundle.binaries, key=lambda binary: not binary.is_program):
        for name in binary.needs if binary.is_native and binary.format == "ELF" else ():
            # One in the bundle may be loaded by then, or by a way that can't be seen.
            if name not in inside and not LINUX_BASE.fullmatch(name) and not _is_own_libpython(bundle, name):
                # An RPATH of the program's counts for its libraries, too.
                path = locate_library(binary, name, program.path) or locate_library(program, name)
                if path is None or not bundle.holds(path):
                    yield binary, name, path


def _is_own_libpython(bundle: Bundle, name: str) -> bool:
    """Whether it is reported already, or loaded by the program before."""
    files = [program.library_file for program in bundle.programs if program.library == name]
    return any(file is None or file.parent not in system_folders() for file in files)


def _some(names: list[str]) -> str:
    """Name a few, and say how many there are besides."""
    rest = f", and {len(names) - NAMED} besides" if len(names) > NAMED else ""
    return f"{listing(names[:NAMED], 'and')}{rest}"


def describe_program(bundle: Bundle, program: Program) -> Table:
    """Return the facts of a program as a table."""
    binary = program.binary
    stdlib = stdlib_of(bundle, program)
    rows = (
        ("format", f"{binary.format}, {binary.processor}"),
        ("libpython", program.library or "linked into it"),
        ("its file", str(program.library_file or ("-" if program.library is None else "not found"))),
        ("Python", program.version.text if program.version else "unknown"),
        ("rpath", ":".join(binary.search) or "none"),
        ("standard library", str(stdlib or "not found")),
    )
    name = binary.path.relative_to(bundle.root) if bundle.root else binary.path
    return Table(f"Program `{name}`", ("what", "is"), rows)
