"""What Rust source does with threads, as findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.toolkit import Finding, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.rust.threads import Scan, SourcePlace
    from scaffolder.toolkit import Level

SKILL = "pyo3-performance-gil-parallel"
# More of one kind are one finding.
MOST = 5


@dataclass(frozen=True)
class Hazard:
    """What a kind of place means.

    Attributes:
        message: What is there; `{0}` and `{1}` are its names.
        many: What is there in many places.
        cause: Why it is dangerous.
        fix: What to write instead.
        chapter: The chapter that explains it, with the section after a `#`.
    """

    message: str
    many: str
    cause: str
    fix: str
    chapter: str


HAZARDS = {
    "static-mut": Hazard(
        "`static mut {0}`", "`static mut`",
        "any thread may read it while another one writes it, and that is undefined behaviour, with a GIL as well where "
        "a call detaches", "use an atomic, a `Mutex` or a `OnceLock`", "locks",
    ),
    "static-cell": Hazard(
        "`static {0}` can be changed through `&`, without a lock",
        "statics that can be changed through `&`, without a lock",
        "nothing orders the accesses of several threads", "use an atomic, a `Mutex`, or `thread_local!`", "locks",
    ),
    "unsafe-send": Hazard(
        "`unsafe impl {0} for {1}`", "`unsafe impl Send` and `Sync`",
        "the compiler no longer checks what several threads do with it, nor what later fields do",
        "let `Send` and `Sync` follow from the fields, or say in a `SAFETY:` comment what orders the accesses",
        "free-threading",
    ),
    "unsendable": Hazard(
        "`{0}` is `unsendable`", "`unsendable` classes",
        "its methods panic in every thread but the one that made the object, in which it must be freed, too",
        "make it `Send` and `Sync`: atomics, or a `Mutex`, in place of `Cell`, `RefCell` and `Rc`",
        "python-threads#a-shared-object",
    ),
    "cell-in-class": Hazard(
        "`{1}` of the class `{0}` can be changed through `&`, without a lock",
        "fields of classes that can be changed through `&`, without a lock",
        "methods of several threads get the same object", "use an atomic or a `Mutex`",
        "python-threads#a-shared-object",
    ),
    "gil-protected": Hazard(
        "`GILProtected` protects nothing without a GIL", "`GILProtected`", "PyO3 0.29 and newer do not have it",
        "use a `Mutex` with `MutexExt::lock_py_attached`", "locks#lock_py_attached",
    ),
    "gil-used": Hazard(
        "`gil_used = true`: free-threaded Python turns the GIL on when it imports the module", "`gil_used = true`",
        "all other code of the process gets it back, too", "leave it out once the module is safe without",
        "free-threading",
    ),
    "lock-across-detach": Hazard(
        "`{0}` is locked here, and the thread detaches in line {1}", "locks held while the thread detaches",
        "to attach again it waits for the interpreter, whose thread may wait for this lock",
        "detach first and lock inside, or drop the guard before", "locks#long-work-under-a-lock",
    ),
    "lock-across-call": Hazard(
        "`{0}` is locked here, and Python code runs in line {1}", "locks held while Python code runs",
        "that code lets other threads run, which may wait for this lock while attached; and it may come back here",
        "take what you need out of the lock, and call without it", "deadlocks#python-code-under-a-lock",
    ),
    "lock-across-attach": Hazard(
        "`{0}` is locked here, and the thread attaches in line {1}", "locks held while the thread attaches",
        "a thread that is attached takes the same lock elsewhere: each may wait for the other one",
        "attach before you lock, or drop the guard before", "deadlocks#workers",
    ),
    "waits-attached": Hazard(
        "`{0}` waits for other threads while attached", "waits for other threads while attached",
        "no other thread runs Python code meanwhile; if one that it waits for needs the interpreter, it waits for ever",
        "wait in `py.detach(|| …)`", "deadlocks#workers",
    ),
    "lost-update": Hazard(
        "`{0}` is stored with what was loaded from it before", "atomics that are loaded, then stored",
        "what another thread stores in between is lost",
        "use `fetch_add`, `compare_exchange`, or `try_update` (up to Rust 1.94 `fetch_update`)",
        "atomics#one-step-not-two",
    ),
    "check-then-act": Hazard(
        "`{0}` is checked under its lock here, and changed under another acquisition in line {1}",
        "checks under a lock, with the change under another acquisition",
        "in between another thread may do the same", "keep the guard, or check again under the second",
        "locks#ask-python-between-two-locks",
    ),
    "pointer-in-detach": Hazard(
        "raw memory is used while detached", "raw memory that is used while detached",
        "other threads run meanwhile, and may change or free what it points to; the compiler does not check it",
        "keep the owner borrowed, pass a slice, or copy it", "detaching#what-goes-into-the-closure",
    ),
}  # fmt: skip


def describe_spots(scan: Scan) -> Iterator[Finding]:
    """Yield the findings of a scan; one for many places of a kind."""
    groups: dict[tuple[str, bool], list[SourcePlace]] = {}
    for spot in scan.spots:
        groups.setdefault((spot.id, spot.is_minor), []).append(spot)
    for spots in groups.values():
        if len(spots) <= MOST:
            yield from (finding(spot, HAZARDS[spot.id].message.format(*spot.names), None) for spot in spots)
        else:
            lines = (f"{spot.path}:{spot.line}  {' '.join(spot.names)}".rstrip() for spot in spots)
            yield finding(spots[0], f"{HAZARDS[spots[0].id].many}, in {len(spots)} places", "\n".join(lines))


def finding(spot: SourcePlace, message: str, evidence: str | None) -> Finding:
    """Return the finding of a place."""
    hazard = HAZARDS[spot.id]
    level: Level = "note" if spot.is_minor else "warning"
    page = reference(SKILL, *hazard.chapter.split("#"))
    return Finding(spot.id, level, message, f"{spot.path}:{spot.line}", evidence, hazard.fix, page, hazard.cause)
