"""What was seen of memory, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffolder.runtime.areas import area_of
from scaffolder.runtime.memory import CONSUMED
from scaffolder.toolkit import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.areas import Sharing
    from scaffolder.runtime.memory import Export, Layout, Memory, Subject

HIDDEN = "can't be seen"
STATES = {
    "exports": "yes", "refuses": "refused", "panics": "panics", "wrong": "can't be read", "crashes": "crashes",
    "hangs": "hangs",
}  # fmt: skip
UNCALLED = {"__buffer__": "Python calls it from 3.12 on"}
FEW_PAIRS = 6
# A page is the most that an allocator aligns by purpose.
PAGE = 4096


def summary_tables(memory: Memory, shared: list[Sharing]) -> tuple[Table, ...]:
    """Return what each object exports, where it is, and what is shared and held."""
    tables = (objects(memory), layouts(memory), places(memory), sharing(shared), requests(memory), releases(memory))
    return tuple(table for table in (*tables, holds(memory)) if table.rows)


def detail_tables(memory: Memory) -> tuple[Table, ...]:
    """Return all that is known of each export."""
    tables = (facts(memory), refusals(memory), schemas(memory), arrays(memory), arrow_buffers(memory), growth(memory))
    return tuple(table for table in tables if table.rows)


def exports_of(memory: Memory) -> Iterator[tuple[Subject, Export]]:
    """Yield all exports that were open."""
    for subject in memory.subjects:
        for export in subject.exports.values():
            if export.is_open:
                yield subject, export


def objects(memory: Memory) -> Table:
    """Return which protocols each object has, and what came of them."""
    rows = []
    for subject in memory.subjects:
        answers = [(export.protocol, STATES[export.state], export.text) for export in subject.exports.values()]
        answers += [(method, "not called", UNCALLED.get(method, "")) for method in subject.named]
        rows += [(subject.name, subject.type, *answer) for answer in merged(answers) or [("none", "no", "")]]
    return Table("Protocols", ("Object", "Type", "Protocol", "Exports", "Answer"), tuple(rows))


def merged(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return rows of protocols and two facts, those with the same facts as one."""
    protocols: dict[tuple[str, str], list[str]] = {}
    for protocol, *values in rows:
        protocols.setdefault((values[0], values[1]), []).append(protocol)
    return [(", ".join(names), *values) for values, names in protocols.items()]


def layouts(memory: Memory) -> Table:
    """Return how elements are laid out."""
    protocols: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for subject, export in exports_of(memory):
        for layout in export.layouts if not export.protocol.startswith("Arrow") else ():
            strides = "behind pointers" if export.facts.get("indirect") else numbers(layout.strides)
            cells = str(layout.itemsize), numbers(layout.shape), strides, order_of(layout)
            protocols.setdefault((subject.name, *cells), []).append((export.protocol, layout.kind))
    rows = [
        (
            name,
            ", ".join(protocol for protocol, _ in pairs),
            ", ".join(dict.fromkeys(kind for _, kind in pairs)),
            *cells,
        )
        for (name, *cells), pairs in protocols.items()
    ]
    return Table("Layouts", ("Object", "Protocols", "Elements", "Bytes", "Shape", "Strides", "Order"), tuple(rows))


def numbers(values: list[int]) -> str:
    """Return a shape or strides as Python writes tuples."""
    return str(tuple(values))


def order_of(layout: Layout) -> str:
    """Return the order of elements in memory."""
    sizes = [(size, stride) for size, stride in zip(layout.shape, layout.strides, strict=True) if size != 1]
    if 0 in layout.shape or not sizes:
        return "C and F"
    names = [name for name, pairs in (("C", sizes[::-1]), ("F", sizes)) if is_compact(pairs, layout.itemsize)]
    return " and ".join(names) or "strided"


def is_compact(pairs: list[tuple[int, int]], expected: int) -> bool:
    """Return whether each dimension begins where the one before, which is inside of it, ends."""
    for size, stride in pairs:
        if stride != expected:
            return False
        expected *= size
    return True


def places(memory: Memory) -> Table:
    """Return where each export is in memory, once for all protocols that say the same."""
    protocols: dict[tuple[str, ...], list[str]] = {}
    for subject, export in exports_of(memory):
        if export.layouts:
            protocols.setdefault((subject.name, *place_of(export)), []).append(export.protocol)
    rows = [(name, ", ".join(names), *cells) for (name, *cells), names in protocols.items()]
    return Table("Memory", ("Object", "Protocols", "Address", "Aligned", "Bytes", "Writable"), tuple(rows))


def place_of(export: Export) -> tuple[str, str, str, str]:
    """Return where an export is: address, alignment, bytes of those from end to end, whether it is writable."""
    reached = area_of(export)
    address = min(layout.address for layout in export.layouts)
    length = reached.runs[-1][1] - reached.runs[0][0] if reached.runs else 0
    size = f"{reached.size:,}"
    if export.facts.get("indirect"):
        size = HIDDEN
    elif len(export.layouts) > 1:
        size += f" in {len(export.layouts)} buffers"
    elif not reached.is_exact:
        size += " at most"
    elif reached.size < length:
        size += f" of {length:,}"
    return f"{address:#x}", aligned(address), size, writable(export)


def aligned(address: int) -> str:
    """Return the largest power of two that an address is a multiple of."""
    return str(min(address & -address, PAGE)) if address else "NULL"


def writable(export: Export) -> str:
    """Return whether the memory may be changed, where the protocol says."""
    readonly = export.facts.get("readonly")
    return {True: "no", False: "yes"}.get(readonly, "no" if export.protocol.startswith("Arrow") else HIDDEN)  # type: ignore[arg-type]


def sharing(shared: list[Sharing]) -> Table:
    """Return what each two objects share."""
    rows = [
        (
            f"{item.first[0]} ({item.first[1]})", f"{item.second[0]} ({item.second[1]})", f"{item.shared:,}",
            f"{item.size:,}", f"{item.other_size:,}", "every byte" if item.is_exact else "ends only",
        )
        for item in shared
        # Of many objects most share nothing.
        if item.shared or len(shared) <= FEW_PAIRS
    ]  # fmt: skip
    return Table("Shared memory", ("Object", "With", "Shared", "Of", "And of", "Compared"), tuple(rows))


def requests(memory: Memory) -> Table:
    """Return which requests of the buffer protocol are answered."""
    rows = []
    for subject, export in exports_of(memory):
        if "requests" in export.facts:
            answers = export.facts["requests"]
            rows += [(subject.name, *("no" if refusal else "yes" for refusal in answers.values()))]
    names = ("SIMPLE", "WRITABLE", "FORMAT", "ND", "STRIDES", "C", "F", "ANY", "INDIRECT", "STRIDED")
    return Table("Buffer requests accepted", ("Object", *names), tuple(rows))


def refusals(memory: Memory) -> Table:
    """Return why requests are refused."""
    rows = [
        (subject.name, f"PyBUF_{name}", refusal)
        for subject, export in exports_of(memory)
        for name, refusal in export.facts.get("requests", {}).items()
        if refusal
    ]
    return Table("Buffer requests refused", ("Object", "Request", "Answer"), tuple(rows))


def releases(memory: Memory) -> Table:
    """Return whether what is exported is released once."""
    rows = [
        (subject.name, export.protocol, dropped(export), consumed(export))
        for subject, export in exports_of(memory)
        if export.protocol in CONSUMED and (export.freed or export.consumed)
    ]
    return Table("Releases", ("Object", "Protocol", "Capsule dropped", "Capsule consumed"), tuple(rows))


def dropped(export: Export) -> str:
    """Return what dropping a capsule that nobody consumed has called."""
    if export.freed.get("deleter") is False:
        return "it has no deleter"
    counts = [export.freed["freed"]] if "freed" in export.freed else list(export.freed.get("released", {}).values())
    if not counts:
        return HIDDEN
    name = "deleter" if export.protocol == "DLPack" else "release"
    if len(set(counts)) > 1:
        return f"{name} called {' and '.join(map(str, counts))} times"
    return f"{name} called {counts[0]} time{'s' if counts[0] != 1 else ''}{' each' if len(counts) > 1 else ''}"


def consumed(export: Export) -> str:
    """Return what became of a capsule that was consumed."""
    facts = export.consumed
    if "once" in facts:
        return "can be exported once"
    if "freed_consumed" in facts:
        return "not freed twice" if not facts["freed_consumed"] else "freed twice"
    return ("marked as released" if facts["marked"] else "not marked as released") if "marked" in facts else HIDDEN


def holds(memory: Memory) -> Table:
    """Return which objects are held."""
    words = {True: "yes", False: "no", None: HIDDEN}
    rows = [
        (subject.name, words[subject.held], str(subject.views), words[subject.held_after])
        for subject in memory.subjects
        if "buffer" in subject.exports
    ]
    return Table("Exports left open", ("Object", "Before", "Memoryviews", "After all releases"), tuple(rows))


def facts(memory: Memory) -> Table:
    """Return what a protocol says that others don't."""
    names = ("suboffsets", "device", "capsule", "version", "byte_offset", "copied", "rows", "chunks")
    rows = [
        (subject.name, export.protocol, name.replace("_", " "), text_of(export.facts[name]))
        for subject, export in exports_of(memory)
        for name in dict.fromkeys(names)
        if name in export.facts
    ]
    return Table("Facts", ("Object", "Protocol", "Fact", "Value"), tuple(rows))


def text_of(value: Any) -> str:
    """Return a fact in words."""
    return {None: "none", True: "yes", False: "no"}[value] if value is None or isinstance(value, bool) else str(value)


def schemas(memory: Memory) -> Table:
    """Return the trees of Arrow schemas."""
    rows = [
        (
            subject.name, export.protocol, f"{'  ' * entry['depth']}{entry['name'] or '·'}", entry["format"],
            ", ".join(name for name in ("nullable", "dictionary", "metadata") if entry[name]),
        )
        for subject, export in exports_of(memory)
        for entry in export.facts.get("schema", [])
    ]  # fmt: skip
    return Table("Arrow schemas", ("Object", "Protocol", "Field", "Format", "Flags"), tuple(rows))


def arrays(memory: Memory) -> Table:
    """Return Arrow arrays, and those in them."""
    rows = [
        (subject.name, row["path"] or "·", row["format"], str(row["length"]), nulls(row["nulls"]), str(row["offset"]))
        for subject, export in exports_of(memory)
        for row in export.facts.get("arrays", [])
    ]
    return Table("Arrow arrays", ("Object", "Field", "Format", "Length", "Nulls", "Offset"), tuple(rows))


def arrow_buffers(memory: Memory) -> Table:
    """Return the buffers of Arrow arrays."""
    rows = [
        (subject.name, row["path"] or "·", *buffer_cells(part))
        for subject, export in exports_of(memory)
        for row in export.facts.get("arrays", [])
        for part in row["buffers"]
    ]
    return Table("Arrow buffers", ("Object", "Field", "Buffer", "Address", "Aligned", "Bytes used"), tuple(rows))


def nulls(count: int) -> str:
    """Return a number of nulls; -1 is one that nobody has counted."""
    return "not counted" if count == -1 else str(count)


def buffer_cells(part: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return the cells of a buffer."""
    address = part["address"] or 0
    size = "unknown" if part["size"] is None else f"{part['size']:,}" if address else "0"
    return part["role"], f"{address:#x}" if address else "NULL", aligned(address), size


def growth(memory: Memory) -> Table:
    """Return what repeated exports let grow."""
    names = ("references", "traced", "native", "resident")
    rows = [
        (
            subject.name, export.protocol, f"{export.growth['rounds']:,}",
            *(grown(export.growth["steps"], name) for name in names),
        )
        for subject, export in exports_of(memory)
        if "rounds" in export.growth
    ]  # fmt: skip
    columns = ("Object", "Protocol", "Times", "References", "Python's bytes", "malloc's bytes", "Resident bytes")
    return Table("Growth by exports that are released", columns, tuple(rows))


def grown(steps: list[dict[str, int]], name: str) -> str:
    """Return by how much a size has grown in all steps."""
    return f"{sum(step[name] for step in steps):+,}" if name in steps[0] else HIDDEN
