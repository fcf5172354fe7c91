"""WebAssembly modules, wheels and a Pyodide, as small as they can be, written byte by byte."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zipfile import ZipFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MAGIC = b"\0asm\1\0\0\0"
WHEEL = "tiny-1.0-cp311-abi3-pyemscripten_2026_0_wasm32.whl"
DYLINK = b"\x08dylink.0\x01\x04\0\0\0\0"


def number(value: int) -> bytes:
    """Return an unsigned number in LEB128."""
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])


def text(value: str) -> bytes:
    return number(len(value.encode())) + value.encode()


def section(kind: int, content: bytes) -> bytes:
    return bytes([kind]) + number(len(content)) + content


@dataclass(frozen=True)
class Tiny:
    """A module.

    Attributes:
        imports: Functions that it imports from `env`.
        exports: Functions that it exports.
        functions: Its functions with the sizes of their bodies.
        side: Whether it is a side module.
        shared: Whether it shares its memory.
        custom: Further sections.
    """

    imports: Sequence[str] = ()
    exports: Sequence[str] = ("PyInit_tiny",)
    functions: Mapping[str, int] = field(default_factory=dict)
    side: bool = True
    shared: bool = False
    custom: Mapping[str, int] = field(default_factory=dict)

    def data(self) -> bytes:
        """Return the file."""
        memory = text("env") + text("memory") + (b"\x02\x03\x01\x02" if self.shared else b"\x02\x00\x01")
        functions = b"".join(text("env") + text(name) + b"\x00\x00" for name in self.imports)
        base = text("env") + text("__memory_base") + b"\x03\x7f\x00"
        parts = [section(2, number(len(self.imports) + 2) + memory + functions + base)]
        parts.append(
            section(7, number(len(self.exports)) + b"".join(text(name) + b"\x00\x00" for name in self.exports))
        )
        if self.functions:
            bodies = b"".join(number(size) + bytes(size) for size in self.functions.values())
            parts.append(section(10, number(len(self.functions)) + bodies))
            first = len(self.imports)
            names = b"".join(number(first + index) + text(name) for index, name in enumerate(self.functions))
            content = number(len(self.functions)) + names
            parts.append(section(0, text("name") + b"\x01" + number(len(content)) + content))
        parts += [section(0, text(name) + bytes(size)) for name, size in self.custom.items()]
        return MAGIC + (section(0, DYLINK) if self.side else b"") + b"".join(parts)


def write_wheel(folder: Path, module: Tiny, name: str = WHEEL, path: str = "tiny/tiny.abi3.so") -> Path:
    """Write a wheel with a module."""
    wheel = folder / name
    with ZipFile(wheel, "w") as archive:
        archive.writestr(path, module.data())
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.4\nName: tiny\nVersion: 1.0\n")
    return wheel


def write_pyodide(folder: Path, exports: Sequence[str], script: str = "", abi: str = "2026_0") -> Path:
    """Write what is read of a Pyodide."""
    folder.mkdir()
    (folder / "package.json").write_text('{"version": "314.0.7"}', encoding="utf-8")
    (folder / "pyodide-lock.json").write_text(json.dumps({"info": {"abi_version": abi}}), encoding="utf-8")
    (folder / "pyodide.asm.mjs").write_text(script, encoding="utf-8")
    (folder / "pyodide.asm.wasm").write_bytes(Tiny(exports=exports, side=False).data())
    return folder
