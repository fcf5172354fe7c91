"""What happened to the data of a call, by the memory that it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from scaffolder.runtime.units import bytes_of

if TYPE_CHECKING:
    from scaffolder.runtime.timing import Profile, Weight

    Fate = Literal["copied", "borrowed", "unknown"]
    Result = Literal["built once", "copied", "shared", "small", "unknown"]

# Bytes of input below which pages and counters say nothing, and how far sizes may be from each other to be one.
LEAST, PART = 4_000_000, 0.2


@dataclass(frozen=True)
class Verdict:
    """What happened to data.

    Attributes:
        argument: Whether the input was copied, or read where it is.
        result: Whether the result was copied once more, was built once and handed over, shares memory, or is small.
        reason: What shows it, or why it is unknown.
    """

    argument: Fate
    result: Result
    reason: str


def judge(profile: Profile, index: int) -> Verdict:
    """Return what happened to the data of a call."""
    weight = profile.weights.get(index)
    if weight is None:
        return Verdict("unknown", "unknown", "its memory was not measured")
    if weight.identical or weight.shared:
        result: Result = "shared"
    else:
        result = "small" if weight.result[1] < LEAST * PART else "unknown"
    if not profile.steps[-1].is_read(index):
        return Verdict("borrowed", result, "a call takes too short a time to read it")
    payload = weight.payload
    if payload is None or payload < LEAST:
        what = "the size of the input is not known"
        what = what if payload is None else f"an input of {bytes_of(payload)} is too small to tell"
        return Verdict("unknown", result, what)
    if weight.peak is None:
        is_copied = weight.traced is not None and weight.traced > (1 - PART) * payload and result == "small"
        return Verdict(
            "copied" if is_copied else "unknown", result, "this system does not say how much memory was used"
        )
    least, most = (weigh_against(weight, size, payload, weight.peak - size, result) for size in weight.result)
    if least.argument == most.argument and least.result == most.result:
        return most
    return Verdict("unknown", "unknown", f"{most.reason}, or less")


def weigh_against(weight: Weight, own: int, payload: int, extra: int, result: Result) -> Verdict:
    """Compare the memory beside the result with the size of the input and of the result."""
    reason = f"memory grew by {bytes_of(weight.peak or 0)} for an input of {bytes_of(payload)}"
    is_large = result == "unknown"
    if is_large:
        reason += f" and a result of {bytes_of(own)}"
    room = PART * payload
    if extra <= room:
        return Verdict("borrowed", "built once" if is_large else result, reason)
    like_result = is_large and abs(extra - own) <= PART * own
    if like_result and own < (1 - PART) * payload:
        return Verdict("borrowed", "copied", reason)
    like_input = abs(extra - payload) <= room
    if like_input and like_result:
        return Verdict("unknown", "unknown", f"{reason}: one of them was copied")
    if is_large and abs(extra - payload - own) <= room:
        return Verdict("copied", "copied", reason)
    if like_input:
        return Verdict("copied", "built once" if is_large else result, reason)
    return Verdict("unknown", result, f"{reason}, which may be a copy in another form, or room to work")
