"""Let a child process call expressions or run a script while others want the GIL, whatever becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.machine.children import ChildError, CrashedError, RaisedError
from scaffolder.runtime.calls import Runner, refuse_unknown, refuse_unmade
from scaffolder.runtime.holds import Beat, Hold, Profile, Round, ScriptRun, Work

if TYPE_CHECKING:
    from scaffolder.runtime.timing import Plan, Show

SESSION = Path(__file__).parent / "child/holding.py"
# Up to which size it is looked whether a call changes its inputs.
SMALL = 1000
# Seconds for each call that is known, and the least that counts as waiting for the GIL where that can't be told from
# waiting for a processor.
CONTROL, NOISE = 0.1, 1e-3
CONTROLS = {"python": "a loop in Python", "asleep": "a sleep", "detached": "a hash, detached"}


@dataclass
class Measurement:
    """A child process that calls expressions, and what it said.

    Attributes:
        runner: The process.
        plan: What to call.
        limit: How many seconds others may wait.
        profile: What it said so far.
        noise: How long beats wait for a processor, where that can't be told from waiting for the GIL.
    """

    runner: Runner
    plan: Plan
    limit: float
    profile: Profile
    noise: float = 0.0

    @property
    def size(self) -> int:
        """The size of inputs."""
        return self.plan.sizes[0]

    def run(self, show: Show) -> None:
        """Measure what is known, then all calls."""
        with show("Measuring what a loop, a sleep and a detached hash do"):
            self.measure_controls()
        with show("Calling each expression once"):
            works = [index for index in range(len(self.plan.expressions)) if self.examine(index)]
        for index in works:
            expression = self.plan.expressions[index]
            with show(f"Calling {expression} while another thread wants the GIL"):
                try:
                    self.profile.holds.append(self.measure_call(index))
                except ChildError as error:
                    self.profile.errors[expression] = error
        self.profile.others = self.runner.ask("others")["others"]

    def measure_controls(self) -> None:
        """Measure calls of which it is known what they do."""
        for name in ("asleep", "detached", "python"):
            answer = self.runner.ask("control", name=name, seconds=CONTROL, limit=self.limit)
            hold = read_hold(CONTROLS[name], answer, self.limit, self.noise)
            self.profile.controls.append(hold)
            if not self.profile.is_exact and name != "python":
                waits = [beat.got - beat.due for part in hold.rounds for beat in part.beats]
                self.noise = max(self.noise, NOISE, 2 * max(waits, default=0.0))

    def examine(self, index: int) -> bool:
        """Call an expression once, and return whether it works."""
        plan, expression = self.plan, self.plan.expressions[index]
        try:
            answer = self.runner.ask("examine", n=self.size, index=index)
            refuse_unmade(answer, plan.makes, self.size)
            (call,) = answer["calls"]
            if "error" in call:
                refuse_unknown("--call", expression, plan.makes, call["unknown"])
                self.profile.errors[expression] = call["error"]
                return False
            is_small = self.size <= SMALL
            small = [call] if is_small else self.runner.ask("examine", n=SMALL, index=index).get("calls", [])
        except ChildError as error:
            self.profile.errors[expression] = error
            return False
        if answer["once"] or any(part.get("changed") for part in small):
            self.profile.fresh.add(expression)
        return True

    def measure_call(self, index: int) -> Hold:
        """Measure a call, then look at what it does with objects if it holds the GIL for long."""
        expression = self.plan.expressions[index]
        request = {"n": self.size, "index": index, "is_fresh": expression in self.profile.fresh}
        seconds = self.plan.seconds
        answer = self.runner.ask("hold", self.runner.timeout + seconds, seconds=seconds, limit=self.limit, **request)
        hold = read_hold(expression, answer, self.limit, self.noise)
        if hold.verdict == "holds" and hold.activity in {"computes", "unknown"}:
            answer = self.runner.ask("work", **request)
            hold.work = Work(*(answer[name] for name in ("inputs", "results", "callbacks", "plain", "traced")))
        return hold


def profile_calls(plan: Plan, python: Path, limit: float, timeout: float, show: Show) -> Profile:
    """Measure for how long calls hold the GIL.

    Raises:
        UsageError: There is no such module, function, library or name, or an input can't be made.
        ScaffolderError: The module can't be imported.
    """
    with Runner(plan.target, python, timeout, SESSION, plan.details) as runner:
        profile = begin(runner, python, plan.sizes[0], limit)
        if profile.has_gil:
            Measurement(runner, plan, limit, profile).run(show)
        return profile


def profile_script(
    plan: Plan, script: Path, arguments: list[str], python: Path, limit: float, timeout: float
) -> tuple[Profile, ScriptRun | None]:  # fmt: skip
    """Run a script, and see where it holds the GIL for long.

    Raises:
        ScaffolderError: The script fails.
    """
    with Runner(plan.target, python, timeout, SESSION, plan.details) as runner:
        profile = begin(runner, python, 1, limit)
        if not profile.has_gil:
            return profile, None
        alone = f"run it alone: `{python} {script}`"
        try:
            answer = runner.ask("script", path=str(script), arguments=arguments, limit=limit)
        except RaisedError as error:
            message = f"`{script}` raises {error.message.splitlines()[-1]}\n\n{(error.evidence or '').rstrip()}"
            raise ScaffolderError(message, alone) from error
        except ChildError as error:
            hint = alone if isinstance(error, CrashedError) else "raise `--timeout`, or let it do less"
            raise ScaffolderError(f"`{script}` {error.message}", hint) from error
        profile.others = runner.ask("others")["others"]
    beats = [Beat.read(values, NOISE) for values in answer["beats"]]
    long = tuple(beat for beat in beats if beat.hold(answer["seconds"]) >= limit)
    return profile, ScriptRun(script, answer["seconds"], answer["count"], answer["code"], long)


def begin(runner: Runner, python: Path, size: int, limit: float) -> Profile:
    """Return what is known before anything is measured.

    Raises:
        UsageError: The Python is not CPython.
    """
    facts = runner.versions
    if facts["implementation"] != "cpython":
        raise UsageError(f"`{python}` is {facts['implementation']}", "pass `--python` with a CPython")
    return Profile(facts["python"], size, limit, facts["has_gil"], facts["exact"], tuple(facts["debug"]))


def read_hold(expression: str, answer: dict[str, Any], limit: float, noise: float) -> Hold:
    """Read what was seen of a call."""
    rounds = [
        Round(part["seconds"], tuple(Beat.read(values, noise) for values in part["beats"]), part["delay"])
        for part in answer["rounds"]
    ]
    return Hold(expression, answer["number"], answer["once"], rounds, limit)
