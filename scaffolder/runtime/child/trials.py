"""Try objects: print, compare, hash, copy and pickle them, use them in a thread, and make cycles of them."""

from __future__ import annotations

import copy
import gc
import itertools
import pickle
import threading
import traceback
import weakref
from functools import partial

from scaffolder.runtime.child.classes import PLUMBING, look_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any

# Of the text of an exception, which may hold all that an object does.
LONGEST = 1000
REFUSAL = "unsendable, but sent to another thread"


class Witness:
    """An object that refers to another one, and can be called."""

    subject: object = None

    def __call__(self, *_: object, **__: object) -> None:
        """Take any call."""


def describe(error: BaseException) -> str:
    """Return an exception in one line."""
    try:
        text = traceback.format_exception_only(type(error), error)[-1].strip()
    except BaseException:  # noqa: BLE001  (its text is somebody else's code)
        return type(error).__name__
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


class Subject:
    """An object of a class, and how to make another one like it."""

    def __init__(self, label: str, value: Any, remake: Callable[[], Any] | None = None) -> None:
        self.label, self.value, self.remake = label, value, remake


def compare(subject: Subject, result: Any) -> tuple[str, str]:
    """Compare an object with what became of it: `equal`, `unequal`, `identical`, or `unknown` for want of a `==`."""
    value = subject.value
    if type(result) is not type(value):
        return "unequal", f"the result is of type `{type(result).__qualname__}`"
    if result is value:
        return "identical", ""
    if look_up(type(value), "__eq__") is None or (value == value) is not True:  # noqa: PLR0124
        return "unknown", ""
    equal = value == result
    # Where not even one that was made in the same way is equal, `==` is no measure.
    if not isinstance(equal, bool) or (not equal and subject.remake and (value == subject.remake()) is not True):
        return "unknown", ""
    return "equal" if equal else "unequal", ""


def try_repr(subject: Subject) -> tuple[str, str]:
    """Print an object."""
    return "works", repr(subject.value)[:200]


def try_eq(subject: Subject) -> tuple[str, str]:
    """Compare an object with itself."""
    return "works" if subject.value == subject.value else "differs", ""


def try_hash(subject: Subject) -> tuple[str, str]:
    """Hash an object, and one that is equal to it."""
    value = subject.value
    if getattr(type(value), "__hash__", None) is None:
        return "none", ""
    number = hash(value)
    makers: list[Callable[[], Any]] = [subject.remake or (lambda: value), lambda: copy.copy(value)]
    for make in makers:
        try:
            twin = make()
        except Exception:  # noqa: BLE001, S112  (another step says why)
            continue
        if type(twin) is type(value) and (twin == value) is True and hash(twin) != number:
            return "differs", f"equal objects hash to {number} and {hash(twin)}"
    return "works", ""


def try_order(subject: Subject, peers: list[Subject]) -> tuple[str, str]:
    """Compare an object with the others of its class, and look for contradictions."""
    try:
        _ = subject.value < subject.value
    except TypeError:
        return "none", ""
    for first, second in itertools.product([subject], peers):
        a, b = first.value, second.value
        less, greater, at_most, equal, mirrored = a < b, a > b, a <= b, a == b, b > a
        if not all(isinstance(answer, bool) for answer in (less, greater, at_most, equal, mirrored)):
            return "unknown", "comparisons do not return `bool`"
        is_wrong = less != mirrored or (less and greater) or (equal and less) or at_most != (less or equal)
        if is_wrong:
            answers = f"`<` {less}, `>` {greater}, `<=` {at_most}, `==` {equal}; reflected `>` {mirrored}"
            return "differs", f"{first.label} and {second.label}: {answers}"
    return "works", ""


def try_thread(subject: Subject) -> tuple[str, str]:
    """Use an object in another thread."""
    value: Any = subject.value
    errors: list[str] = []
    getters = (name for name, member in type(value).__dict__.items() if type(member).__name__ == "getset_descriptor")
    uses: list[Callable[[], object]] = [lambda: repr(value), lambda: hash(value)]
    uses += [partial(getattr, value, name) for name in getters if name not in PLUMBING]

    def use() -> None:
        for call in uses:
            try:
                call()
            except BaseException as error:  # noqa: BLE001  (a Rust panic is none of `Exception`)
                errors.append(describe(error))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    refusal = next((text for text in errors if REFUSAL in text), None)
    return ("refused", refusal) if refusal else ("works", "")


def is_kept(arrange: Callable[[Witness], Any], *, refers: bool) -> bool | None:
    """Return whether what an object keeps outlives it; none if it does not keep it."""
    witness = Witness()
    subject = arrange(witness)
    witness.subject = subject if refers else None
    watched = weakref.ref(witness)
    del witness
    gc.collect()
    is_taken = watched() is not None
    del subject
    for _ in range(3):
        gc.collect()
    return watched() is not None if is_taken else None


def try_cycle(arrange: Callable[[Witness], Any]) -> tuple[str, str]:
    """Make a cycle through an object, and see whether it is collected."""
    alone = is_kept(arrange, refers=False)
    if alone is None:
        return "unknown", "the object does not keep `witness`"
    if alone:
        return "unknown", "something else keeps the object"
    # A cycle needs a second reference: one that the witness has.
    return ("leaks", "") if is_kept(arrange, refers=True) else ("works", "")


def in_dict(make: Callable[[], Any], witness: Witness) -> Any:
    """Return an object with a witness in its own `__dict__`."""
    subject = make()
    vars(subject)["witness"] = witness
    return subject


def by_statement(code: CodeType, names: dict[str, Any], make: Callable[[], Any], witness: Witness) -> Any:
    """Return the object that a statement lets keep a witness."""
    scope = {**names, "obj": make(), "witness": witness}
    exec(code, scope)  # noqa: S102
    return scope["obj"]


def trials_of(subject: Subject, peers: list[Subject]) -> Iterator[tuple[str, Callable[[], tuple[str, str]]]]:
    """Yield the trials of an object: a name, and a function."""
    value = subject.value
    yield "repr", lambda: try_repr(subject)
    yield "eq", lambda: try_eq(subject)
    yield "hash", lambda: try_hash(subject)
    yield "order", lambda: try_order(subject, peers)
    yield "copy", lambda: compare(subject, copy.copy(value))
    yield "deepcopy", lambda: compare(subject, copy.deepcopy(value))
    for number in range(pickle.HIGHEST_PROTOCOL + 1):
        yield f"pickle {number}", partial(try_pickle, subject, number)
    yield "thread", lambda: try_thread(subject)
    if hasattr(value, "__dict__") and subject.remake:
        yield "cycle", partial(try_cycle, partial(in_dict, subject.remake))


def try_pickle(subject: Subject, protocol: int) -> tuple[str, str]:
    """Pickle an object and load it."""
    return compare(subject, pickle.loads(pickle.dumps(subject.value, protocol)))  # noqa: S301


def cycle_of(statement: str, subjects: list[Subject], names: dict[str, Any]) -> Callable[[], tuple[str, str]]:
    """Return the trial of a cycle that a statement makes, of an object if there is a way to make one."""
    make = next((subject.remake for subject in subjects if subject.remake), lambda: None)

    def try_statement() -> tuple[str, str]:
        return try_cycle(partial(by_statement, compile(statement, "--cycle", "exec"), names, make))

    return try_statement
