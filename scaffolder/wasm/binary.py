"""A WebAssembly module: its sections, what it imports and exports, and its functions with their sizes.

The packages for this on PyPI either have had no release since 2023 or disassemble all of the code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\0asm\1\0\0\0"
SECTIONS = (
    "custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data",
    "data count", "tag",
)  # fmt: skip
KINDS = ("function", "table", "memory", "global", "tag")
IMPORT, EXPORT, CODE = SECTIONS.index("import"), SECTIONS.index("export"), SECTIONS.index("code")
SHARED = 2
# The end of a name of rustc's older kind, and what such a name escapes; the linker takes it apart and leaves both.
HASH = re.compile(r"::h[0-9a-f]{16}(?= |$)")
ESCAPES = {
    "$LT$": "<", "$GT$": ">", "$RF$": "&", "$BP$": "*", "$C$": ",", "$LP$": "(", "$RP$": ")", "$u20$": " ",
    "$u27$": "'", "$u5b$": "[", "$u5d$": "]", "$u7b$": "{", "$u7d$": "}", "..": "::",
    "_<": "<", "_{": "{", "_[": "[", "_&": "&", "_*": "*",
}  # fmt: skip
FUNCTION_NAMES, NEEDED_LIBRARIES = 1, 2
# `_ZN4core3fmt…` and `_RNvCs…_4core…` as rustc writes them, `core::fmt::…` as the linker does.
CRATE = re.compile(
    r"_ZN(?:\d+_\$LT\$)?(?:(?:\$[A-Z]+\$|&|dyn |mut )*)(?:\d+)?(?P<old>[a-z]\w*?)(?=\d|\.\.|\$|E)"
    r"|_R\w*?Cs[0-9A-Za-z]*_\d+(?P<new>[a-z]\w*?)(?=\d|[A-Z]|$)"
    r"|^(?P<plain>[a-z_]\w*)::"
    r"|^<[^a-zA-Z_]*(?:(?:dyn|mut|impl) )*(?P<impl>[a-z_]\w*)::"
)


@dataclass(frozen=True)
class Import:
    """What a module imports.

    Attributes:
        namespace: `env`, `GOT.func`, `GOT.mem`.
        name: The symbol.
        kind: `function`, `table`, `memory`, `global` or `tag`.
        shared: Whether it is a memory that threads share.
    """

    namespace: str
    name: str
    kind: str
    shared: bool = False


class Reader:
    """Reads numbers and texts one after the other."""

    def __init__(self, data: bytes, position: int = 0, end: int | None = None) -> None:
        self.data = data
        self.position = position
        self.end = len(data) if end is None else end

    @property
    def at_end(self) -> bool:
        """Whether there is no more."""
        return self.position >= self.end

    def byte(self) -> int:
        """Read a byte."""
        if self.at_end:
            raise ScaffolderError("a WebAssembly module ends too early", "build or download it again")
        self.position += 1
        return self.data[self.position - 1]

    def number(self) -> int:
        """Read an unsigned number in LEB128."""
        value = shift = 0
        while (byte := self.byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
        return value | byte << shift

    def kind(self) -> str:
        """Read the kind of an import or export."""
        if (kind := self.byte()) >= len(KINDS):
            raise ScaffolderError("a WebAssembly module is damaged", "build or download it again")
        return KINDS[kind]

    def text(self) -> str:
        """Read a name."""
        return self.skip(self.number()).decode("utf-8", "replace")

    def skip(self, size: int) -> bytes:
        """Read some bytes."""
        start, self.position = self.position, self.position + size
        if self.position > self.end:
            raise ScaffolderError("a WebAssembly module ends too early", "build or download it again")
        return self.data[start : self.position]

    def part(self) -> Reader:
        """Read a part that begins with its size."""
        size = self.number()
        start = self.position
        self.skip(size)
        return Reader(self.data, start, self.position)


@dataclass(frozen=True)
class Binary:
    """A WebAssembly module.

    Attributes:
        data: The file.
        sections: Each section's number, name and content.
    """

    data: bytes
    sections: tuple[tuple[int, str, Reader], ...]

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The sizes of its sections in bytes, by name, the largest first."""
        sizes: dict[str, int] = defaultdict(int)
        for number, name, content in self.sections:
            sizes[name if number else f"custom {name}"] += content.end - content.position
        return dict(sorted(sizes.items(), key=lambda item: -item[1]))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """What it imports."""
        return tuple(entry for number, _, content in self.sections if number == IMPORT for entry in _imports(content))

    @cached_property
    def exports(self) -> dict[str, str]:
        """What it exports, with its kind."""
        return {
            name: kind for number, _, content in self.sections if number == EXPORT for name, kind in _exports(content)
        }

    @cached_property
    def custom_sections(self) -> set[str]:
        """The names of its custom sections."""
        return {name for number, name, _ in self.sections if not number}

    @cached_property
    def libraries(self) -> tuple[str, ...]:
        """The shared libraries that it needs."""
        parts = (part for kind, part in self._subsections("dylink.0") if kind == NEEDED_LIBRARIES)
        return tuple(part.text() for part in parts for _ in range(part.number()))

    @cached_property
    def functions(self) -> dict[str, int]:
        """The sizes of its functions in bytes, by name, the largest first; empty where no names are left."""
        first = sum(entry.kind == "function" for entry in self.imports)
        names = dict(self._function_names())
        sizes: dict[str, int] = defaultdict(int)
        for number, _, content in self.sections if names else ():
            if number == CODE:
                code = Reader(content.data, content.position, content.end)
                for index in range(first, first + code.number()):
                    body = code.part()
                    sizes[plain_name(names.get(index, "without a name"))] += body.end - body.position
        return dict(sorted(sizes.items(), key=lambda item: -item[1]))

    @cached_property
    def crates(self) -> dict[str, int]:
        """The sizes of the functions of each Rust crate in bytes, by crate, the largest first."""
        sizes: dict[str, int] = defaultdict(int)
        for name, size in self.functions.items():
            sizes[crate_of(name) or "other code"] += size
        return dict(sorted(sizes.items(), key=lambda item: -item[1]))

    def _function_names(self) -> Iterator[tuple[int, str]]:
        for kind, part in self._subsections("name"):
            if kind == FUNCTION_NAMES:
                for _ in range(part.number()):
                    yield part.number(), part.text()

    def _subsections(self, section: str) -> Iterator[tuple[int, Reader]]:
        for number, name, content in self.sections:
            if not number and name == section:
                reader = Reader(content.data, content.position, content.end)
                while not reader.at_end:
                    yield reader.byte(), reader.part()


def plain_name(function: str) -> str:
    """Return the name of a function as Rust writes it, if the linker has taken it apart; all instances share it."""
    name = HASH.sub("", function)
    if name != function:
        for escape, text in ESCAPES.items():
            name = name.replace(escape, text)
    return name


def crate_of(function: str) -> str | None:
    """Return the crate of a Rust function, by its name as rustc or the linker writes it."""
    match = CRATE.search(function)
    return next((name for name in match.groups() if name), None) if match else None


def read_binary(data: bytes) -> Binary:
    """Read a WebAssembly module.

    Raises:
        ScaffolderError: It isn't one.
    """
    if not data.startswith(MAGIC):
        raise ScaffolderError("a file is no WebAssembly module", "name a wheel that was built for WebAssembly")
    reader = Reader(data, len(MAGIC))
    sections = []
    while not reader.at_end:
        number = reader.byte()
        content = reader.part()
        # The name of a custom section is a part of it.
        name = content.text() if not number else SECTIONS[number] if number < len(SECTIONS) else f"section {number}"
        sections.append((number, name, content))
    return Binary(data, tuple(sections))


def _imports(content: Reader) -> Iterator[Import]:
    reader = Reader(content.data, content.position, content.end)
    for _ in range(reader.number()):
        namespace, name, kind = reader.text(), reader.text(), reader.kind()
        yield Import(namespace, name, kind, shared=_skip_type(reader, kind))


def _skip_type(reader: Reader, kind: str) -> bool:
    """Read the type of an import, and return whether it is a shared memory."""
    if kind in {"table", "global", "tag"}:
        reader.byte()
    if kind == "global":
        reader.byte()
    if kind in {"function", "tag"}:
        reader.number()
    if kind not in {"table", "memory"}:
        return False
    flags = reader.number()
    reader.number()
    if flags & 1:
        reader.number()
    return bool(kind == "memory" and flags & SHARED)


def _exports(content: Reader) -> Iterator[tuple[str, str]]:
    reader = Reader(content.data, content.position, content.end)
    for _ in range(reader.number()):
        name, kind = reader.text(), reader.kind()
        reader.number()
        yield name, kind
