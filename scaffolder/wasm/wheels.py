"""A wheel for Pyodide: its tags and its modules."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.wasm.binary import MAGIC, Binary, read_binary
from scaffolder.wasm.releases import Abi, abis

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.tags import Tag

PLATFORM = re.compile(r"(?:pyemscripten|pyodide)_(\d+_\d+)_wasm32")
EXTENSION = re.compile(r"([^/.]+)\.(?:abi3|cpython-\w+-wasm32-emscripten)\.so")
LARGEST = 500 * 1024**2


@dataclass(frozen=True)
class Module:
    """A WebAssembly module in a wheel.

    Attributes:
        path: Where it is in the wheel.
        compressed: Its size there in bytes.
        binary: What it is.
    """

    path: str
    compressed: int
    binary: Binary

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return len(self.binary.data)

    @property
    def extension(self) -> str | None:
        """The name that Python imports it by, without its package; none for a shared library."""
        match = EXTENSION.fullmatch(self.path.rpartition("/")[2])
        return match[1] if match else None

    @property
    def import_name(self) -> str:
        """The name that Python imports it by."""
        package = self.path.rpartition("/")[0].replace("/", ".")
        return f"{package}.{self.extension}" if package else str(self.extension)


@dataclass(frozen=True)
class Wheel:
    """A wheel.

    Attributes:
        path: The file.
        tags: What its name says it is for.
        modules: Its WebAssembly modules, the largest first.
        metadata: Its METADATA.
    """

    path: Path
    tags: frozenset[Tag]
    modules: tuple[Module, ...]
    metadata: str

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.path.stat().st_size

    @cached_property
    def platforms(self) -> set[str]:
        """The platforms that its name says it is for."""
        return {tag.platform for tag in self.tags}

    @cached_property
    def abi_name(self) -> str | None:
        """The ABI of Pyodide that it is for, if its name says so."""
        matches = (PLATFORM.fullmatch(platform) for platform in sorted(self.platforms))
        return next((match[1] for match in matches if match), None)

    @property
    def abi(self) -> Abi | None:
        """The ABI of Pyodide that it is for, if it is known."""
        return abis().get(self.abi_name or "")

    @property
    def import_name(self) -> str | None:
        """The package or module that stands for it: that of the first extension."""
        extensions = [module for module in self.modules if module.extension]
        return extensions[0].import_name.partition(".")[0] if extensions else None


def read_wheel(path: Path) -> Wheel:
    """Read a wheel.

    Raises:
        UsageError: It is no wheel, or has no WebAssembly module.
        ScaffolderError: It is damaged.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UsageError(f"`{path}` {what}", "name a wheel, such as one in `dist/`")
    try:
        _, _, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        hint = "keep the name that maturin gave it: it says for which Python and platform the wheel is"
        raise UsageError(f"`{path}` is not named as a wheel is", hint) from error
    try:
        with ZipFile(path) as archive:
            modules = tuple(_modules(archive))
            metadata = next((name for name in archive.namelist() if name.endswith(".dist-info/METADATA")), None)
            text = archive.read(metadata).decode("utf-8", "replace") if metadata else ""
    except (BadZipFile, OSError, EOFError) as error:
        raise ScaffolderError(f"`{path}` can't be read: {error}", "build or download it again") from error
    except ScaffolderError as error:
        raise ScaffolderError(f"`{path}` can't be read: {error.message}", error.hint) from error
    if not modules:
        hint = "build one for Pyodide: `pyo3-new tool wasm_builder build`"
        raise UsageError(f"`{path}` has no WebAssembly module", hint)
    return Wheel(path, tags, tuple(sorted(modules, key=lambda module: -module.size)), text)


def _modules(archive: ZipFile) -> list[Module]:
    """Read the modules: files with the ending of shared libraries that begin as WebAssembly does."""
    modules = []
    for entry in archive.infolist():
        if re.search(r"\.(so[.\d]*|wasm)$", entry.filename) and entry.file_size <= LARGEST:
            with archive.open(entry) as file:
                if file.read(len(MAGIC)) == MAGIC:
                    binary = read_binary(archive.read(entry))
                    # A damaged one is found here, where its wheel is known.
                    _ = binary.imports, binary.exports, binary.libraries, binary.functions
                    modules.append(Module(entry.filename, entry.compress_size, binary))
    return modules


def repack(wheel: Wheel, contents: Mapping[str, bytes], path: Path) -> Wheel:
    """Write a wheel again with other contents of some files, and with the hashes of these."""
    with ZipFile(wheel.path) as source, ZipFile(path, "w", ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = contents.get(entry.filename, source.read(entry))
            if entry.filename.endswith(".dist-info/RECORD"):
                data = _record(data, contents)
            target.writestr(entry, data, ZIP_DEFLATED)
    return read_wheel(path)


def _record(data: bytes, contents: Mapping[str, bytes]) -> bytes:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"))))
    for row in rows:
        if row and row[0] in contents:
            digest = base64.urlsafe_b64encode(hashlib.sha256(contents[row[0]]).digest()).rstrip(b"=")
            row[1:] = [f"sha256={digest.decode()}", str(len(contents[row[0]]))]
    output = io.StringIO(newline="")
    csv.writer(output, lineterminator="\n").writerows(rows)
    return output.getvalue().encode()
