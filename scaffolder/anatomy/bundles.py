"""Built programs that run Python, and folders that are shipped with them: libpython and the standard library."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.files import Reader, is_file, is_folder, real
from scaffolder.machine.binaries import SUFFIXES, Binary, locate_library, read_binary, texts_in

# What a libpython is called: for ELF, for macOS (also as a framework), and for Windows.
LIBPYTHON = re.compile(
    r"libpython(?P<elf>3\.\d+)(?P<elf_kind>t?)d?m?\.(so|dylib)[.\d]*"
    r"|.*Python3?\.framework/Versions/(?P<mac>3\.\d+)(?P<mac_kind>t?)/Python3?T?"
    # How others rename that framework's library when they ship it.
    r"|(@\w+/)(\S+/)?Python"
    r"|python3(?P<windows>\d+)(?P<windows_kind>t?)(_d)?\.dll",
    re.IGNORECASE,
)
# What only Python's own code says.
INSIDE = re.compile(rb"failed to get the Python codec of the filesystem encoding")
# A program with these says itself where the standard library is.
HOME_INSIDE = re.compile(rb"PyConfig_Set|PyConfig_Read|Py_SetPythonHome|Py_SetPath|PYTHONHOME|oxidized_importer")
VERSION_INSIDE = re.compile(rb"lib/python(3\.\d+t?)\b")
ABSOLUTE = re.compile(rb"\0(/[\x21-\x7e]{1,240})(?=\0)")
STDLIB = re.compile(r"python(3\.\d+t?)")
ARCHIVE = re.compile(r"python3(\d+)(t?)\.zip", re.IGNORECASE)


@dataclass(frozen=True)
class PythonVersion:
    """The version of a libpython: `3.12`, or `3.14t`."""

    text: str

    @property
    def folder(self) -> str:
        """The name of its standard library's folder."""
        return f"python{self.text}"


@dataclass(frozen=True)
class Program:
    """A program that runs Python, or a library with which another does.

    Attributes:
        binary: The file.
        library: The libpython that it needs, as it names it; none if Python is linked into it.
        library_file: That library's file, if it is found.
        version: The version of its Python, if known.
    """

    binary: Binary
    library: str | None
    library_file: Path | None
    version: PythonVersion | None


@dataclass
class Bundle:
    """What was read.

    Attributes:
        root: The folder that is shipped; none for a single program.
        programs: What runs Python in it.
        binaries: All programs and libraries in it.
        stdlibs: The standard libraries in it, folders and archives, with their version if it is known.
        reader: What read the folder.
    """

    root: Path | None
    programs: list[Program] = field(default_factory=list)
    binaries: list[Binary] = field(default_factory=list)
    stdlibs: dict[Path, str | None] = field(default_factory=dict)
    reader: Reader = field(default_factory=Reader)

    def holds(self, path: Path) -> bool:
        """Whether a file is in the folder that is shipped."""
        return self.root is not None and real(path).is_relative_to(real(self.root))


def read_bundle(path: Path) -> Bundle:
    """Read a program, or a folder that holds one.

    Raises:
        UsageError: Nothing in it has to do with Python.
        ScaffolderError: It can't be read.
    """
    if not is_folder(path):
        binary = read_binary(path)
        if binary is None:
            raise UsageError(f"`{path}` is no program", "name a built program, its folder, or that of a crate")
        program = _program(binary)
        if program is None:
            raise UsageError(f"`{path}` neither loads libpython nor holds it", "name the program that runs Python")
        return Bundle(None, [program], [binary])
    bundle = Bundle(path)
    for file in bundle.reader.walk(path, ("",)):
        _sort(bundle, file)
    programs = [program for binary in bundle.binaries if binary.is_program and (program := _program(binary))]
    libraries = [
        program
        for binary in bundle.binaries
        if not (binary.is_program or programs or _is_python(binary)) and (program := _program(binary))
    ]
    bundle.programs = [program for program in programs or libraries if not _is_interpreter(program)]
    if not bundle.programs:
        raise UsageError(f"no program in `{path}` loads libpython, or holds it", "name the folder with the program")
    return bundle


def _sort(bundle: Bundle, file: Path) -> None:
    """Look at a file of a bundle: a binary, or a part of a standard library."""
    if file.name in {"__init__.py", "__init__.pyc"} and file.parent.name == "encodings":
        folder = file.parent.parent
        match = STDLIB.fullmatch(folder.name)
        bundle.stdlibs[folder] = match[1] if match else None
    elif match := ARCHIVE.fullmatch(file.name):
        bundle.stdlibs[file] = f"3.{match[1]}{match[2].lower()}"
    elif is_file(file) and (SUFFIXES.search(file.name) or "." not in file.name or os.access(file, os.X_OK)):
        try:
            binary = read_binary(file)
        except ScaffolderError as error:
            bundle.reader.refuse(file, error.message)
            return
        bundle.binaries += [binary] if binary else []


def _is_python(binary: Binary) -> bool:
    """Whether a library is libpython itself, or an extension module."""
    name = binary.path.name
    return bool(LIBPYTHON.fullmatch(name) or re.search(r"\.(cpython-|cp)?3\d+t?-|\.abi3t?\.|\.pyd$", name))


def _is_interpreter(program: Program) -> bool:
    """Whether it is `python` itself, which needs no advice."""
    return bool(re.fullmatch(r"python[\d.]*w?t?(\.exe)?", program.binary.path.name))


def _program(binary: Binary) -> Program | None:
    """Return the program that a binary is, if it has to do with Python."""
    for name in binary.needs:
        match = LIBPYTHON.fullmatch(name.rpartition("/")[2]) or LIBPYTHON.fullmatch(name)
        if match:
            return Program(binary, name, locate_library(binary, name), _version(match))
    if binary.is_program and any(texts_in(binary.path, INSIDE)):
        versions = set(texts_in(binary.path, VERSION_INSIDE))
        version = PythonVersion(versions.pop()) if len(versions) == 1 else None
        return Program(binary, None, None, version)
    return None


def _version(match: re.Match[str]) -> PythonVersion | None:
    groups = match.groupdict()
    number = groups["elf"] or groups["mac"] or (f"3.{groups['windows']}" if groups["windows"] else None)
    if number is None:
        return None
    kind = groups["elf_kind"] or groups["mac_kind"] or groups["windows_kind"] or ""
    return PythonVersion(f"{number}{kind.lower()}")


def stdlib_beside(library: Path, version: PythonVersion) -> Path | None:
    """Return the standard library that a libpython finds by itself: where it was installed, or moved to.

    Args:
        library: The libpython.
        version: Its version.
    """
    place = real(library).parent
    around = (place, place.parent, place / "lib", place.parent / "lib")
    near = [folder / version.folder for folder in around]
    near += [place / "Lib", place.parent / "Lib"] if library.suffix == ".dll" else []
    if folder := next((folder for folder in near if is_file(folder / "encodings/__init__.py")), None):
        return folder
    # The prefix that it was configured with is one of the paths that are written in it.
    prefixes = (Path(text) for text in texts_in(library, ABSOLUTE))
    folders = (prefix / "lib" / version.folder for prefix in dict.fromkeys(prefixes))
    return next((folder for folder in folders if is_file(folder / "encodings/__init__.py")), None)


def stdlib_of(bundle: Bundle, program: Program) -> Path | None:
    """Return the standard library that a program can find: in the bundle, or where libpython was installed."""
    if program.version is None:
        return None
    fitting = (path for path, version in bundle.stdlibs.items() if version in {None, program.version.text})
    inside = next(fitting, None)
    library = program.library_file
    return inside or (stdlib_beside(library, program.version) if library else None)
