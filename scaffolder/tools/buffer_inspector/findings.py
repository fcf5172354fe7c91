"""What is wrong with exports, or surprising."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaffolder.errors import listing
from scaffolder.runtime.areas import area, span
from scaffolder.toolkit import Finding, by_level, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.areas import Sharing
    from scaffolder.runtime.facts import Breakdown
    from scaffolder.runtime.memory import Export, Layout, Memory, Subject

SKILL = "pyo3-type-conversion-advanced"
# The chapter that explains a finding, where its protocol does not decide.
CHAPTERS = {
    "shared-memory": "proving", "leak": "proving", "request-violated": "buffers-out", "request-exceeded": "buffers-out",
    "strides-missing": "buffers-out", "shapes-differ": "buffers-out", "memory-differs": "buffers-out",
    "writable-differs": "buffers-out", "held": "buffers-out", "left-open": "buffers-out", "byte-order": "dtypes",
    "zero-dimensional": "layouts", "empty-null": "layouts", "negative-strides": "layouts", "overlapping": "layouts",
    "misaligned": "layouts", "device-differs": "dlpack", "validity-missing": "arrow-types",
}  # fmt: skip
OF_PROTOCOL = {"DLPack": "dlpack", "Arrow schema": "arrow", "Arrow array": "arrow", "Arrow stream": "arrow"}
# What grows in a leak grows each time, by at least this many bytes; the rest is noise.
LEAST = {"references": 0.9, "traced": 16, "native": 16}
LEAST_ROUNDS = 20
STEPS = {
    "export": "exporting", "release": "releasing", "consume": "consuming", "repeat": "exporting and releasing often"
}  # fmt: skip


def find(memory: Memory, shared: list[Sharing]) -> tuple[Finding, ...]:
    """Return all findings, the most serious first."""
    findings = [*find_all(memory), *(describe_sharing(sharing) for sharing in shared if sharing.shared)]
    return by_level(map(link, findings))


def link(finding: Finding, protocol: str = "") -> Finding:
    """Return a finding with the chapter that explains it."""
    chapter = CHAPTERS.get(finding.id) or (OF_PROTOCOL.get(protocol, "buffers-out") if protocol else None)
    return finding if finding.reference or chapter is None else replace(finding, reference=reference(SKILL, chapter))


def describe_sharing(sharing: Sharing) -> Finding:
    """Return what two objects share, in a sentence about the second, which may be made of the first."""
    name, where = sharing.first[0], f"{sharing.second[0]} ({sharing.second[1]})"
    message = f"shares {sharing.shared:,} of {sharing.other_size:,} bytes with `{name}`"
    if sharing.is_within and not sharing.is_exact:
        message = f"is the same memory as `{name}`, or one is a part of the other: zero-copy"
    elif not sharing.is_exact:
        message += " at most: only the ends were compared"
    elif sharing.shared == sharing.other_size:
        message += ": zero-copy"
    return Finding("shared-memory", "note", message, where)


def find_all(memory: Memory) -> Iterator[Finding]:
    """Yield what is wrong or surprising, object by object."""
    for breakdown in memory.breakdowns:
        yield describe_breakdown(breakdown)
    # What several protocols show is one finding.
    places: dict[tuple[str, Finding], list[str]] = {}
    for subject in memory.subjects:
        for export in subject.exports.values():
            for check in CHECKS if export.is_open else (find_failures,):
                for finding in check(export):
                    places.setdefault((subject.name, link(finding, export.protocol)), []).append(export.protocol)
    for (name, finding), protocols in places.items():
        yield replace(finding, where=f"{name} ({', '.join(protocols)})")
    for subject in memory.subjects:
        for compare in (find_contradictions, find_held):
            for finding in compare(subject):
                yield replace(finding, where=subject.name)


def describe_breakdown(breakdown: Breakdown) -> Finding:
    """Return the finding for a step that ended the process, or did not end."""
    verb, name, protocol = breakdown.step
    where, evidence = f"{name} ({protocol})", breakdown.evidence or None
    if breakdown.end is None:
        return Finding("hang", "error", f"{STEPS[verb]} did not end in time", where, evidence)
    page = reference("pyo3-fundamentals", "panics")
    return Finding("crash", "error", f"{STEPS[verb]} {breakdown.end}", where, evidence, reference=page)


def find_failures(export: Export) -> Iterator[Finding]:
    """Yield an export that is no refusal."""
    if export.state == "panics":
        page = reference("pyo3-fundamentals", "panics")
        yield Finding("export-panics", "error", f"the export panics: {export.text}", reference=page)
    elif export.state == "wrong":
        # What is absent here is nobody's flaw.
        level = "note" if export.protocol == "__array__" else "error"
        yield Finding("export-wrong", level, f"the export can't be read: {export.text}")  # type: ignore[arg-type]


def find_flaws(export: Export) -> Iterator[Finding]:
    """Yield answers that are not what the protocol promises."""
    if flaws := export.facts.get("flaws"):
        message = f"{len(flaws)} answer{'s' if len(flaws) > 1 else ''} to buffer requests break the protocol"
        yield Finding("request-violated", "error", message, evidence="\n".join(f"PyBUF_{flaw}" for flaw in flaws))
    if extras := export.facts.get("extras"):
        message = f"the answer to PyBUF_SIMPLE has {listing(extras, 'and')}, which should be NULL"
        yield Finding("request-exceeded", "note", message)
    if export.facts.get("no_strides"):
        yield Finding("strides-missing", "note", "the answer to PyBUF_STRIDES has no strides, so C order is meant")
    if export.facts.get("device_agrees") is False:
        yield Finding("device-differs", "error", "the tensor is on another device than `__dlpack_device__` says")


def find_layout_facts(export: Export) -> Iterator[Finding]:
    """Yield what consumers often do not expect of a layout."""
    if export.facts.get("foreign_order"):
        yield Finding("byte-order", "note", "elements have the byte order of other machines")
    for layout in [] if export.facts.get("indirect") or export.protocol.startswith("Arrow") else export.layouts:
        is_empty = 0 in layout.shape
        if not layout.shape:
            yield Finding("zero-dimensional", "note", "the export has no dimension: it is one element")
        if not is_empty and layout.itemsize and not layout.address:
            yield Finding("null-address", "error", "the export has elements, but its address is NULL")
        if is_empty and not layout.address:
            cause = "a slice in Rust must not be made of NULL, not even an empty one"
            yield Finding("empty-null", "note", "the export is empty, and its address is NULL", cause=cause)
        steps = [stride for size, stride in zip(layout.shape, layout.strides, strict=True) if size > 1]
        if not is_empty and any(stride < 0 for stride in steps):
            message = f"the strides {tuple(layout.strides)} are negative, so memory begins before the address"
            yield Finding("negative-strides", "note", message)
        if not is_empty and overlaps(layout):
            yield Finding("overlapping", "note", f"elements share bytes: shape {tuple(layout.shape)}, strides "
                          f"{tuple(layout.strides)}, {layout.itemsize} bytes each")  # fmt: skip


def overlaps(layout: Layout) -> bool:
    """Return whether elements have bytes in common, as far as every byte is known."""
    count = layout.itemsize
    for size in layout.shape:
        count *= size
    reached = area(layout)
    return reached.is_exact and reached.size < count


def find_missing(export: Export) -> Iterator[Finding]:
    """Yield buffers of Arrow arrays that are NULL and may not be."""
    for row in export.facts.get("arrays", []):
        name = row["path"] or row["format"]
        for part in row["buffers"]:
            if part["address"] or not row["length"]:
                continue
            if part["role"] == "validity" and row["nulls"] > 0:
                count = f"{row['nulls']:,} null{'s' if row['nulls'] != 1 else ''}"
                yield Finding("validity-missing", "error", f"`{name}` has {count}, but its validity buffer is NULL")
            elif part["role"] != "validity" and part["size"]:
                message = f"`{name}` has {part['size']:,} bytes of {part['role']}, but that buffer is NULL"
                yield Finding("null-address", "error", message)


def find_misaligned(export: Export) -> Iterator[Finding]:
    """Yield elements whose address their type does not allow."""
    cause = "a reference in Rust to such an element is undefined behaviour"
    for layout in export.layouts if not export.facts.get("indirect") else ():
        steps = [stride for size, stride in zip(layout.shape, layout.strides, strict=True) if size > 1]
        if 0 not in layout.shape and any(number % layout.align for number in (layout.address, *steps)):
            what = f"address {layout.address:#x}, strides {tuple(layout.strides)}"
            message = f"elements are not aligned to {layout.align} bytes: {what}"
            yield Finding("misaligned", "warning", message, cause=cause)
    for row in export.facts.get("arrays", []):
        for part in row["buffers"]:
            if part["size"] and (part["address"] or 0) % part["align"]:
                what = f"{part['role']} of `{row['path'] or row['format']}` at {part['address']:#x}"
                message = f"{what} {'are' if what.startswith(('offsets', 'views')) else 'is'} not aligned to "
                yield Finding("misaligned", "warning", f"{message}{part['align']} bytes", cause=cause)


def find_releases(export: Export) -> Iterator[Finding]:
    """Yield memory that is freed never or twice."""
    counts = dict(export.freed.get("released", {}))
    counts |= {"tensor": export.freed["freed"]} if "freed" in export.freed else {}
    for name, count in counts.items():
        if count == 0:
            yield Finding("never-released", "error", f"dropping a capsule that nobody consumed leaks its {name}")
        elif count > 1:
            yield Finding("released-twice", "error", f"dropping a capsule that nobody consumed frees its {name} twice")
    if export.consumed.get("freed_consumed"):
        yield Finding("released-twice", "error", "dropping a capsule frees the tensor that a consumer has taken")
    if export.freed.get("marked") is False or export.consumed.get("marked") is False:
        message = "`release` does not set the structure's `release` to NULL"
        yield Finding("release-unmarked", "error", message, cause="a consumer that sees it frees it again")
    for step in (export.freed, export.consumed, export.growth):
        if "failed" in step:
            yield Finding("release-fails", "error", f"the release fails: {step['failed']}")


def find_leaks(export: Export) -> Iterator[Finding]:
    """Yield what grows each time."""
    batches = export.growth.get("batches", [0])
    if min(batches) < LEAST_ROUNDS:
        return
    steps = [
        {name: size / count for name, size in step.items()}
        for step, count in zip(export.growth["steps"], batches, strict=True)
    ]
    words = {
        "references": "references to the object",
        "traced": "bytes of Python objects",
        "native": "bytes of `malloc`",
    }
    grown = {
        name: sum(step[name] for step in export.growth["steps"])
        for name in words
        if name in steps[0] and is_steady([step[name] for step in steps], LEAST[name])
    }
    if grown:
        text = ", ".join(f"{count:,} {words[name]}" for name, count in grown.items())
        yield Finding("leak", "error", f"{sum(batches):,} exports, each released, left behind {text}")


def is_steady(growths: list[float], least: float) -> bool:
    """Return whether something grows each time by nearly the same; what comes and goes is no leak."""
    return min(growths) >= least and max(growths) <= 3 * min(growths)


def find_contradictions(subject: Subject) -> Iterator[Finding]:
    """Yield where protocols say different things of the same object."""
    exports = [
        export for export in subject.exports.values()
        if export.is_open and export.layouts and not export.protocol.startswith("Arrow")
    ]  # fmt: skip
    if not exports or exports[0].facts.get("indirect"):
        return
    first, *others = exports
    place = first.layouts[0]
    shapes = [export for export in others if export.layouts[0].shape != place.shape]
    if shapes:
        text = f"{tuple(place.shape)} by `{first.protocol}`, {tuple(shapes[0].layouts[0].shape)} by {names_of(shapes)}"
        yield Finding("shapes-differ", "warning", f"the shapes differ: {text}")
    same = [export for export in others if span(export.layouts[0]) == span(place)]
    copies = [export for export in others if export not in same + shapes and 0 not in place.shape]
    if copies:
        addresses = ", ".join(f"{export.layouts[0].address:#x}" for export in copies)
        message = f"the memory by {names_of(copies)} ({addresses}) is not that by `{first.protocol}`"
        yield Finding("memory-differs", "note", f"{message} ({place.address:#x})", cause="one of them is a copy")
    flags = {export.protocol: export.facts.get("readonly") for export in [first, *same]}
    if {True, False} <= set(flags.values()):
        writable = listing([name for name, readonly in flags.items() if readonly is False], "and")
        refused = listing([name for name, readonly in flags.items() if readonly], "and")
        yield Finding("writable-differs", "warning", f"the same memory is writable by {writable}, not by {refused}")


def names_of(exports: list[Export]) -> str:
    """Return the protocols of exports for a sentence."""
    return listing([export.protocol for export in exports], "and")


def find_held(subject: Subject) -> Iterator[Finding]:
    """Yield an object that somebody holds."""
    if "buffer" in subject.exports and (subject.held or subject.views):
        views = f"{subject.views} memoryview{'s' if subject.views != 1 else ''}"
        message = "an export is open" if not subject.views else f"an export is open: {views} of it"
        cause = "it can't change its size as long as it is held" if subject.held else None
        yield Finding("held", "note", message, cause=cause)
    if subject.held is False and subject.held_after:
        yield Finding("left-open", "error", "an export is open after all were released")


CHECKS = (find_flaws, find_layout_facts, find_missing, find_misaligned, find_releases, find_leaks)
