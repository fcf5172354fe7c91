"""Arrow's C data interface by capsules: schemas, arrays and streams."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_int32, c_int64, c_void_p

from scaffolder.runtime.exports.dlpack import CALL, Watch
from scaffolder.runtime.exports.protocols import ReadError, capsule_pointer, layout, pair_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Facts = dict[str, Any]


class Schema(ctypes.Structure):
    """An `ArrowSchema`."""


class Array(ctypes.Structure):
    """An `ArrowArray`."""


class Stream(ctypes.Structure):
    """An `ArrowArrayStream`."""

    _fields_ = (
        ("get_schema", c_void_p), ("get_next", c_void_p), ("get_last_error", c_void_p), ("release", c_void_p),
        ("private_data", c_void_p),
    )  # fmt: skip


Schema._fields_ = (
    ("format", c_char_p), ("name", c_char_p), ("metadata", c_void_p), ("flags", c_int64), ("n_children", c_int64),
    ("children", POINTER(POINTER(Schema))), ("dictionary", POINTER(Schema)), ("release", c_void_p),
    ("private_data", c_void_p),
)  # fmt: skip
Array._fields_ = (
    ("length", c_int64), ("null_count", c_int64), ("offset", c_int64), ("n_buffers", c_int64), ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)), ("children", POINTER(POINTER(Array))), ("dictionary", POINTER(Array)),
    ("release", c_void_p), ("private_data", c_void_p),
)  # fmt: skip
CAPSULES: dict[type[Any], bytes] = {
    Schema: b"arrow_schema", Array: b"arrow_array", Stream: b"arrow_array_stream",
}  # fmt: skip
# What a stream calls may wait for threads that need the interpreter, so it is called without.
FILL = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)
LAST_ERROR = ctypes.CFUNCTYPE(c_char_p, c_void_p)
WIDTHS = {
    "c": 1, "C": 1, "s": 2, "S": 2, "i": 4, "I": 4, "l": 8, "L": 8, "e": 2, "f": 4, "g": 8, "tdD": 4, "tdm": 8,
    "tts": 4, "ttm": 4, "ttu": 8, "ttn": 8, "tiM": 4, "tiD": 8, "tin": 16,
}  # fmt: skip
MOST_CHUNKS, MOST_FIELDS, MOST_BUFFERS, DEEPEST = 16, 500, 100_000, 64


class Structures:
    """Structures in capsules, or in memory of ours."""

    def __init__(self, **capsules: Any) -> None:
        self.capsules = capsules
        self.items = {name: read_capsule(capsule, name) for name, capsule in capsules.items()}
        self.chunks: list[Any] = []

    def close(self) -> Facts:
        """Release chunks, drop the capsules, and return how often that released each structure."""
        marked = [release(chunk) for chunk in self.chunks]
        watches = {name: Watch(item, "release") for name, item in self.items.items() if item.release}
        self.capsules.clear()
        counts = {name: watch.count for name, watch in watches.items()}
        return {"released": counts, "marked": all(marked)}

    def consume(self) -> Facts:
        """Move the structures out of their capsules as a consumer does, and release them."""
        moved = [type(item).from_buffer_copy(item) for item in self.items.values()]
        for item in self.items.values():
            item.release = None
        self.capsules.clear()
        marked = [release(item) for item in moved]
        return {"marked": all(marked)}


def read_capsule(capsule: object, name: str) -> Any:
    """Return the structure in a capsule."""
    kind = {"schema": Schema, "array": Array, "stream": Stream}[name]
    _, pointer = capsule_pointer(capsule, [CAPSULES[kind]])
    structure = kind.from_address(pointer)
    if not structure.release:
        raise ReadError("a structure that is released already")
    return structure


def release(structure: Any) -> bool:
    """Release a structure, and return whether its producer marked it as released."""
    CALL(structure.release)(ctypes.addressof(structure))
    return not structure.release


def array_structures(value: Any) -> Structures:
    """Export an object as an array."""
    schema, array = pair_of(value.__arrow_c_array__(), "__arrow_c_array__")
    return Structures(schema=schema, array=array)


def stream_structures(value: Any) -> Structures:
    """Export an object as a stream."""
    return Structures(stream=value.__arrow_c_stream__())


def schema_structures(value: Any) -> Structures:
    """Export an object's schema."""
    return Structures(schema=value.__arrow_c_schema__())


def lacks(value: Any, method: str) -> bool:
    """Return whether an object has no such method; a class has that of its objects."""
    return isinstance(value, type) or getattr(value, method, None) is None


def export_schema(value: Any) -> tuple[Facts, Any] | None:
    """Read a schema."""
    if lacks(value, "__arrow_c_schema__"):
        return None
    structures = schema_structures(value)
    return {"schema": list(fields_of(structures.items["schema"])), "layouts": []}, structures


def export_array(value: Any) -> tuple[Facts, Any] | None:
    """Read an array with its schema."""
    if lacks(value, "__arrow_c_array__"):
        return None
    structures = array_structures(value)
    schema, array = structures.items["schema"], structures.items["array"]
    return {**read_chunks(schema, [array]), "complete": True}, structures


def export_stream(value: Any) -> tuple[Facts, Any] | None:
    """Read the first arrays of a stream."""
    if lacks(value, "__arrow_c_stream__"):
        return None
    structures = stream_structures(value)
    stream = structures.items["stream"]
    schema = fill(stream, stream.get_schema, Schema())
    chunks = structures.chunks
    while len(chunks) < MOST_CHUNKS:
        chunk = fill(stream, stream.get_next, Array())
        if not chunk.release:
            break
        chunks.append(chunk)
    facts = read_chunks(schema, chunks)
    chunks.append(schema)
    return {**facts, "complete": len(chunks) <= MOST_CHUNKS}, structures


def fill(stream: Any, function: int, structure: Any) -> Any:
    """Let a stream fill a structure."""
    pointer = ctypes.addressof(stream)
    code = FILL(function)(pointer, ctypes.addressof(structure))
    if code:
        text = LAST_ERROR(stream.get_last_error)(pointer) or b"it does not say why"
        raise ReadError(f"error {code}: {text.decode('utf-8', 'replace')}")
    return structure


def read_chunks(schema: Any, chunks: list[Any]) -> Facts:
    """Read arrays of one schema."""
    rows: list[Facts] = []
    for number, chunk in enumerate(chunks):
        label = f"[{number}]" if len(chunks) > 1 else ""
        rows += walk(schema, chunk, label)
        if len(rows) > MOST_FIELDS:
            break
    layouts = [
        layout(part["start"], 1, [part["size"]], kind="bytes", label=f"{row['path']} {part['role']}".strip())
        for row in rows
        for part in row["buffers"]
        if part["start"] and part["size"]
    ]
    return {
        "schema": list(fields_of(schema)), "arrays": rows, "chunks": len(chunks), "layouts": layouts,
        "rows": sum(chunk.length for chunk in chunks),
    }  # fmt: skip


def fields_of(schema: Any, depth: int = 0) -> Iterator[Facts]:
    """Yield the fields of a schema, each before those in it."""
    if depth > DEEPEST:
        raise ReadError(f"a schema of more than {DEEPEST} levels")
    is_dictionary = bool(schema.dictionary)
    yield {
        "depth": depth, "name": (schema.name or b"").decode("utf-8", "replace"), "format": format_of(schema),
        "nullable": bool(schema.flags & 2), "dictionary": is_dictionary, "metadata": bool(schema.metadata),
    }  # fmt: skip
    for index in range(min(schema.n_children, MOST_FIELDS)):
        yield from fields_of(schema.children[index].contents, depth + 1)
    if is_dictionary:
        yield from fields_of(schema.dictionary.contents, depth + 1)


def format_of(schema: Any) -> str:
    """Return the format of a schema, which has to have one."""
    if schema.format is None:
        raise ReadError("a schema without a format")
    return str(schema.format.decode("utf-8", "replace"))


def walk(schema: Any, array: Any, path: str, depth: int = 0) -> Iterator[Facts]:
    """Yield an array and those in it."""
    if depth > DEEPEST:
        raise ReadError(f"an array of more than {DEEPEST} levels")
    if array.n_children != schema.n_children:
        raise ReadError(f"{array.n_children} children where the schema has {schema.n_children}")
    if min(array.length, array.offset, array.n_buffers) < 0 or array.n_buffers > MOST_BUFFERS:
        raise ReadError(f"length {array.length}, offset {array.offset}, {array.n_buffers} buffers")
    kind = format_of(schema)
    yield {
        "path": path, "format": kind, "length": array.length, "nulls": array.null_count, "offset": array.offset,
        "buffers": [vars_of(part) for part in parts_of(kind, array)],
    }  # fmt: skip
    for index in range(min(array.n_children, MOST_FIELDS)):
        field = schema.children[index].contents
        name = (field.name or b"").decode("utf-8", "replace") or str(index)
        yield from walk(field, array.children[index].contents, f"{path}.{name}".lstrip("."), depth + 1)
    if schema.dictionary and array.dictionary:
        yield from walk(
            schema.dictionary.contents, array.dictionary.contents, f"{path}.dictionary".lstrip("."), depth + 1
        )


def vars_of(part: tuple[str, int | None, int, int | None, int]) -> Facts:
    """Return a buffer's facts by name; the start is that of the part that the array uses."""
    role, address, begin, end, align = part
    size = None if end is None else max(end - begin, 0)
    return {
        "role": role, "address": address, "start": address + begin if address else None, "size": size, "align": align
    }  # fmt: skip


def parts_of(kind: str, array: Any) -> list[tuple[str, int | None, int, int | None, int]]:
    """Return the buffers of an array: role, address, first and last byte that it uses, alignment of an element."""
    addresses = [array.buffers[index] for index in range(array.n_buffers)] if array.buffers else []
    first, last = array.offset, array.offset + array.length
    validity = ("validity", first // 8, (last + 7) // 8, 1)
    known: list[tuple[str, int, int | None, int]] = []
    if width := width_of(kind):
        known = [validity, ("data", first * width, last * width, 1 if kind[0] == "w" else min(width, 8))]
    elif kind == "b":
        known = [validity, ("data", first // 8, (last + 7) // 8, 1)]
    elif kind in {"u", "z", "U", "Z"}:
        wide = 8 if kind.isupper() else 4
        known = [validity, ("offsets", first * wide, (last + 1) * wide, wide)]
        known.append(("data", *ends(addresses, wide, first, last), 1))
    elif kind in {"vu", "vz"}:
        known = [validity, ("views", first * 16, last * 16, 8), *variadic(addresses)]
    elif kind.startswith(("+l", "+m", "+L")):
        wide = 8 if kind == "+L" else 4
        known = [validity, ("offsets", first * wide, (last + 1) * wide, wide)]
    elif kind.startswith("+v"):
        wide = 8 if kind == "+vL" else 4
        known = [validity, *((role, first * wide, last * wide, wide) for role in ("offsets", "sizes"))]
    elif kind.startswith("+u"):
        known = [("types", first, last, 1), ("offsets", first * 4, last * 4, 4)]
    elif kind.startswith(("+s", "+w")):
        known = [validity]
    # A sparse union has no offsets.
    if len(known) > array.n_buffers and not kind.startswith("+us"):
        raise ReadError(f"expected {len(known)} buffers of format `{kind}`, got {array.n_buffers}")
    known += [(f"buffer {number}", 0, None, 1) for number in range(len(known), len(addresses))]
    return [(role, address, *rest) for address, (role, *rest) in zip(addresses, known, strict=False)]


def width_of(kind: str) -> int | None:
    """Return the bytes of an element of a fixed size."""
    if kind.startswith(("ts", "tD")):
        return 8
    if kind.startswith("w:"):
        return int(kind[2:])
    if kind.startswith("d:"):
        numbers = kind[2:].split(",")
        return int(numbers[2]) // 8 if len(numbers) > 2 else 16
    return WIDTHS.get(kind)


def ends(addresses: list[int | None], wide: int, first: int, last: int) -> tuple[int, int | None]:
    """Return the range of a text's bytes, by the offsets before them."""
    place = addresses[1] if len(addresses) > 1 else None
    if not place:
        return 0, 0
    kind = c_int64 if wide == 8 else c_int32
    begin, end = (kind.from_address(place + index * wide).value for index in (first, last))
    return (begin, end) if 0 <= begin <= end else (0, None)


def variadic(addresses: list[int | None]) -> list[tuple[str, int, int | None, int]]:
    """Return the buffers of views: data, and the sizes of the data in the last."""
    count, place = len(addresses) - 3, addresses[-1] if addresses else None
    sizes = [c_int64.from_address(place + index * 8).value if place else None for index in range(count)]
    return [*((f"data {number}", 0, size, 1) for number, size in enumerate(sizes)), ("sizes", 0, count * 8, 8)]
