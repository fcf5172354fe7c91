"""Built programs and libraries, read without running them: ELF, Mach-O and PE."""

from __future__ import annotations

import platform
import re
import struct
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError
from scaffolder.files import is_file, read_regular, real

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BINARY_LIMIT = 1024 * 1024 * 1024
SUFFIXES = re.compile(r"\.(so(\.[\w.-]+)?|dylib|dll|pyd|exe)$")
MAGIC_ELF = b"\x7fELF"
MAGIC_PE = b"MZ"
MAGIC_MACH = {b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe"}
MACH_PROCESSORS = {0x0100000C: "arm64", 0x01000007: "x86_64"}
PE_PROCESSORS = {0x8664: "x86_64", 0xAA64: "arm64", 0x014C: "x86"}
ELF_PROCESSORS = {"EM_X86_64": "x86_64", "EM_AARCH64": "aarch64", "EM_386": "x86", "EM_ARM": "arm"}
# What every Linux with glibc brings.
LINUX_BASE = re.compile(
    r"(ld-linux.*|linux-vdso|lib(c|m|pthread|dl|rt|util|resolv|nsl|crypt|gcc_s|stdc\+\+|anl|c\.musl-\w+))\.so\.\d+"
)
# What the loader puts in for `$LIB`, by system.
LIB_WORDS = ("lib", "lib64", f"lib/{platform.machine()}-linux-gnu")
LOADER_FOLDERS = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")


@dataclass(frozen=True)
class Binary:
    """A program or a shared library.

    Attributes:
        path: The file.
        format: `ELF`, `Mach-O` or `PE`.
        processor: What it is built for: `x86_64`.
        is_program: Whether it can be started.
        needs: The libraries that are loaded with it, as it names them.
        search: Where it says to look for them: RUNPATH or RPATH, as written.
    """

    path: Path
    format: str
    processor: str
    is_program: bool
    needs: tuple[str, ...]
    search: tuple[str, ...] = ()

    @property
    def is_native(self) -> bool:
        """Whether this machine's loader could load it."""
        system = {"linux": "ELF", "darwin": "Mach-O", "win32": "PE"}.get(sys.platform)
        return self.format == system and self.processor == platform.machine()


def read_binary(path: Path) -> Binary | None:
    """Read a program or library; return nothing for a file of another kind.

    Raises:
        ScaffolderError: It can't be read, or is damaged.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4) if is_file(path) else b""
    except OSError as error:
        raise ScaffolderError(f"`{path}` can't be read: {error.strerror}") from error
    read = _read_elf if magic == MAGIC_ELF else _read_pe if magic[:2] == MAGIC_PE else None
    read = _read_mach if magic in MAGIC_MACH else read
    try:
        return read(path) if read else None
    except Exception as error:  # (each library has exceptions of its own for what is damaged)
        if isinstance(error, OSError):
            raise
        message = f"`{path}` is damaged: {str(error) or type(error).__name__}"
        raise ScaffolderError(message, "build it or copy it again") from error


def _read_elf(path: Path) -> Binary:
    from elftools.elf.elffile import ELFFile

    with path.open("rb") as file:
        elf: Any = ELFFile(file)
        kind = elf.header["e_type"]
        segments = list(elf.iter_segments())
        has_loader = any(segment["p_type"] == "PT_INTERP" for segment in segments)
        needs: list[str] = []
        search: dict[str, str] = {}
        for tag in (tag for part in segments if part["p_type"] == "PT_DYNAMIC" for tag in part.iter_tags()):
            if tag.entry.d_tag == "DT_NEEDED":
                needs.append(tag.needed)
            elif tag.entry.d_tag in {"DT_RPATH", "DT_RUNPATH"}:
                search[tag.entry.d_tag] = getattr(tag, tag.entry.d_tag[3:].lower())
        places = search.get("DT_RUNPATH") or search.get("DT_RPATH") or ""
        processor = ELF_PROCESSORS.get(elf.header["e_machine"], str(elf.header["e_machine"]))
        is_program = kind == "ET_EXEC" or (kind == "ET_DYN" and has_loader and ".so" not in path.name)
        return Binary(path, "ELF", processor, is_program, tuple(needs), tuple(filter(None, places.split(":"))))


def _read_mach(path: Path) -> Binary | None:
    from macholib.MachO import MachO

    # A Java class has the same first bytes as a Mach-O file for several processors.
    if path.suffix == ".class":
        return None
    header = MachO(str(path)).headers[0]
    needs, search = [], []
    for load, _, data in header.commands:
        name = load.get_cmd_name()
        if name in {"LC_LOAD_DYLIB", "LC_LOAD_WEAK_DYLIB", "LC_REEXPORT_DYLIB"}:
            needs.append(_text(data))
        elif name == "LC_RPATH":
            search.append(_text(data))
    processor = MACH_PROCESSORS.get(header.header.cputype & 0xFFFFFFFF, str(header.header.cputype))
    return Binary(path, "Mach-O", processor, header.filetype == "execute", tuple(needs), tuple(search))


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")


def _read_pe(path: Path) -> Binary | None:
    import pefile

    try:
        pe: Any = pefile.PE(str(path), fast_load=True)
    except pefile.PEFormatError:
        return None  # a program of DOS
    names = ("IMPORT", "DELAY_IMPORT")
    pe.parse_data_directories([pefile.DIRECTORY_ENTRY[f"IMAGE_DIRECTORY_ENTRY_{name}"] for name in names])
    entries = (entry for name in names for entry in getattr(pe, f"DIRECTORY_ENTRY_{name}", ()))
    needs = tuple(entry.dll.decode("utf-8", "replace") for entry in entries)
    processor = PE_PROCESSORS.get(pe.FILE_HEADER.Machine, str(pe.FILE_HEADER.Machine))
    is_program = not pe.is_dll()
    pe.close()
    return Binary(path, "PE", processor, is_program, needs)


def texts_in(path: Path, pattern: re.Pattern[bytes]) -> Iterator[str]:
    """Yield the matches of a pattern in a file."""
    data = read_regular(path, BINARY_LIMIT)
    yield from (match[match.lastindex or 0].decode("utf-8", "replace") for match in pattern.finditer(data))


def search_folders(binary: Binary, program: Path | None = None) -> Iterator[Path]:
    """Yield the folders that a binary itself says to look in.

    Args:
        binary: What names them.
        program: The program that loads it.
    """
    for place in binary.search:
        for word in LIB_WORDS if "$LIB" in place or "${LIB}" in place else ("",):
            yield _expand(place.replace("${LIB}", word).replace("$LIB", word), binary, program)


def _expand(text: str, binary: Binary, program: Path | None) -> Path:
    """Return a path with the words for the folders of the binary and of its program filled in."""
    here, start = real(binary.path).parent, real(program or binary.path).parent
    for word, folder in (
        ("$ORIGIN", here), ("${ORIGIN}", here), ("@loader_path", here), ("@executable_path", start)
    ):  # fmt: skip
        text = text.replace(word, str(folder))
    return Path(text)


def locate_library(binary: Binary, name: str, program: Path | None = None) -> Path | None:
    """Return the file that the loader takes for a library, by what the binary says and what the system has.

    Variables such as `LD_LIBRARY_PATH` don't count: others don't set them.

    Args:
        binary: What needs it.
        name: The library, as `needs` names it.
        program: The program that loads the binary.
    """
    if name.startswith("@rpath/"):
        candidates: Iterable[Path] = (
            folder / name.removeprefix("@rpath/") for folder in search_folders(binary, program)
        )
    elif "/" in name:
        candidates = [_expand(name, binary, program)]
    elif binary.format == "PE":
        candidates = _ignore_case(real(program or binary.path).parent, name)
    else:
        candidates = (folder / name for folder in (*search_folders(binary, program), *loader_folders(binary)))
    return next((path for path in candidates if is_file(path) and _fits(binary, path)), None)


def _ignore_case(folder: Path, name: str) -> Iterator[Path]:
    yield from (path for path in sorted(folder.iterdir()) if path.name.lower() == name.lower())


def _fits(binary: Binary, path: Path) -> bool:
    """Whether a library is for the same processor: the loader passes over others."""
    if binary.format != "ELF":
        return True
    with path.open("rb") as file:
        start = file.read(20)
    with binary.path.open("rb") as file:
        own = file.read(20)
    machine = struct.Struct("<18xH")
    return (
        start[:5] == own[:5] and len(start) == len(own) == machine.size and machine.unpack(start) == machine.unpack(own)
    )


def loader_folders(binary: Binary) -> tuple[Path, ...]:
    """Return the folders in which this machine's loader looks for everybody; none for a binary of another system."""
    return system_folders() if binary.is_native else ()


@cache
def system_folders() -> tuple[Path, ...]:
    """Return the folders in which the loader of Linux looks for everybody; none on another system."""
    if sys.platform != "linux":
        return ()
    configured = list(_configured(Path("/etc/ld.so.conf"), 0))
    return tuple(dict.fromkeys((*configured, *map(Path, LOADER_FOLDERS))))


def _configured(path: Path, depth: int) -> Iterator[Path]:
    """Yield the folders that a file of the loader's names, and those in the files that it includes."""
    if depth > 4 or not is_file(path):
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["include"]:
            for pattern in words[1:]:
                for file in sorted(Path("/").glob(str(path.parent / pattern).lstrip("/"))):
                    yield from _configured(file, depth + 1)
        else:
            yield from map(Path, words)
