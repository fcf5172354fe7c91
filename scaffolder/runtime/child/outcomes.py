"""What came of calls in one thread and in several: how outcomes are compared, and what differs."""

from __future__ import annotations

import itertools
import re
from contextlib import suppress

from scaffolder.runtime.child.calls import describe
from scaffolder.runtime.child.classes import look_up
from scaffolder.runtime.child.trials import REFUSAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Answer = dict[str, Any]
    Key = tuple[str, ...]

BORROWED = ("Already borrowed", "Already mutably borrowed")
# Bytes by which memory has to grow in each round.
GROWTH = 200_000


class Outcomes:
    """What came of all calls.

    Attributes:
        keys: What each returned or raised, as it can be compared.
        state: What the objects look like afterwards.
        objects: What was returned and may be one object, kept so that none gets the address of another one.
        seconds: How long all took.
    """

    def __init__(self, keys: list[Key], state: list[Key], objects: list[Any], seconds: float) -> None:
        self.keys, self.state, self.objects, self.seconds = keys, state, objects, seconds

    @property
    def refusals(self) -> set[Key]:
        """The exceptions that were raised."""
        return {key[:2] for key in self.keys if key[0] == "raises"}

    @property
    def count(self) -> int:
        """How many different objects were returned."""
        return len(set(map(id, self.objects)))


def outcome_key(outcome: tuple[str, Any]) -> Key:
    """Return what tells whether two outcomes are the same."""
    kind, value = outcome
    if kind == "raises":
        return ("raises", value[1], value[0], "" if value[2] else "fatal")
    return ("returns", type(value).__qualname__, stable_text(value))


def stable_text(value: Any, depth: int = 0) -> str:
    """Return a text of a value without addresses, the order of sets and the last digits of floats."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if depth < 4 and type(value) in {list, tuple}:
        return f"[{', '.join(stable_text(item, depth + 1) for item in value)}]"
    if depth < 4 and type(value) in {set, frozenset}:
        return f"{{{', '.join(sorted(stable_text(item, depth + 1) for item in value))}}}"
    if depth < 4 and type(value) is dict:
        pairs = (f"{stable_text(key, depth + 1)}: {stable_text(item, depth + 1)}" for key, item in value.items())
        return f"{{{', '.join(sorted(pairs))}}}"
    try:
        return re.sub(r"\b0x[0-9a-f]+", "0x", repr(value))
    except BaseException as error:  # noqa: BLE001
        return describe(error)


def state_of(value: Any) -> Iterator[Key]:
    """Yield what can be seen of an object without a change of it."""
    for name, member in vars(type(value)).items():
        if type(member).__name__ in {"getset_descriptor", "member_descriptor"} and not name.startswith("__"):
            with suppress(BaseException):
                yield name, stable_text(getattr(value, name))
    if look_up(type(value), "__len__"):
        with suppress(BaseException):
            yield "len", stable_text(len(value))
    if look_up(type(value), "__repr__"):
        yield "repr", stable_text(value)


def grows(sizes: list[tuple[int, int]], calls: int) -> tuple[bool, bool]:
    """Return whether bytes and objects become more in every round."""
    steps = list(itertools.pairwise(sizes))
    in_bytes = all(after[0] - before[0] > GROWTH for before, after in steps)
    return in_bytes, all(after[1] - before[1] >= calls for before, after in steps)


def exceptions_of(usual: Outcomes, others: Outcomes, rounds: list[Outcomes]) -> Iterator[Answer]:
    """Yield the exceptions of other threads than the main one, then those of several at the same time."""
    yield from problems_of([others], usual.refusals, "thread-refused")
    yield from problems_of(rounds, usual.refusals | others.refusals, "thread-fails")


def problems_of(runs: list[Outcomes], known: set[Key], rest: str | None) -> Iterator[Answer]:
    """Yield the exceptions that one thread does not get, by kind.

    Args:
        runs: What came of the calls.
        known: What one thread gets.
        rest: The kind of exceptions that say nothing about threads; none if they are no problem.
    """
    kinds: dict[str | None, list[str]] = {}
    for key in (key for run in runs for key in run.keys if key[0] == "raises" and key[:2] not in known):
        kind = "panic" if key[3] else rest
        kind = "borrow-fails" if key[1].endswith(BORROWED) else "unsendable" if REFUSAL in key[1] else kind
        kinds.setdefault(kind, []).append(key[1])
    total = sum(len(run.keys) for run in runs)
    for kind, texts in kinds.items():
        if kind:
            yield {"id": kind, "count": len(texts), "total": total, "texts": list(dict.fromkeys(texts))[:3]}


def judge_outcomes(alone: list[Outcomes], rounds: list[Outcomes]) -> tuple[str, list[Answer]]:
    """Return what could be compared, and where several threads get other results than one, which was tried often.

    Args:
        alone: What came of the calls in one thread at a time; the first two are of the main thread.
        rounds: What came of them in several.
    """
    usual, *more = alone
    if all(run.keys == usual.keys for run in more):
        return "results", list(differences(usual, rounds, has_state=all(run.state == usual.state for run in more)))
    steps = {progression(run.keys) for run in alone}
    if len(steps) == 1 and (step := steps.pop()):
        lost = [number for run in rounds if (number := gaps(run.keys, step))]
        problems = [{"id": "updates-lost", "count": sum(lost), "total": len(usual.keys) * len(rounds), "texts": []}]
        return "numbers", problems if lost else []
    return "thread" if usual.keys == more[0].keys else "nothing", []


def differences(usual: Outcomes, rounds: list[Outcomes], *, has_state: bool) -> Iterator[Answer]:
    """Yield how rounds differ from one thread."""
    expected = sorted(usual.keys)
    for run in rounds:
        actual = sorted(run.keys)
        if actual != expected:
            strange = [key for key in dict.fromkeys(actual) if actual.count(key) > expected.count(key)]
            missing = [key for key in dict.fromkeys(expected) if expected.count(key) > actual.count(key)]
            count = sum(actual.count(key) - expected.count(key) for key in strange)
            examples = strange[:1] + missing[:1]
            texts = [key[1] if key[0] == "raises" else f"{key[2][:200]} ({key[1]})" for key in examples]
            yield {"id": "results-differ", "count": count, "total": len(actual), "texts": texts}
            return
        if has_state and run.state != usual.state:
            pairs = zip(usual.state, run.state, strict=False)
            name, before, after = next((a[0], a[1], b[1]) for a, b in pairs if a != b)
            yield {"id": "state-differs", "count": 1, "total": 1, "texts": [name, after[:200], before[:200]]}
            return
        if usual.count == 1 and run.count > 1:
            yield {"id": "made-twice", "count": run.count, "total": len(actual), "texts": []}
            return


def progression(keys: list[Key]) -> int:
    """Return the difference between numbers that grow by the same from call to call; else 0."""
    numbers = numbers_of(keys)
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    return steps.pop() if len(numbers) == len(keys) > 2 and len(steps) == 1 else 0


def numbers_of(keys: list[Key]) -> list[int]:
    """Return the integers among results."""
    return [int(key[2]) for key in keys if key[:2] == ("returns", "int")]


def gaps(keys: list[Key], step: int) -> int:
    """Return how many numbers came twice, or not at all."""
    numbers = sorted(numbers_of(keys))
    return (
        len(keys)
        - len(set(numbers))
        + sum(after - before not in {0, abs(step)} for before, after in itertools.pairwise(numbers))
    )
