"""Show the catalogue of problems."""

from __future__ import annotations

import re

from scaffolder.errors import UsageError, near
from scaffolder.toolkit import Finding, Result, Table
from scaffolder.tools.debugger.catalogue import GROUPS, SURROUNDINGS, Problem, load_problems
from scaffolder.tools.debugger.explaining import TOOL


def list_problems() -> Result:
    """List the known problems."""
    rows = tuple(
        (problem.id, GROUPS[problem.group].lower(), general(problem, problem.title)) for problem in load_problems()
    )
    summary = f"{len(rows)} problems; `pyo3-new list problems NAME` describes one"
    return Result(TOOL, summary, tables=(Table("Problems", ("name", "when", "what"), rows),))


def describe_problem(name: str) -> Result:
    """Describe one problem.

    Raises:
        UsageError: There is none of this name.
    """
    problems = {problem.id: problem for problem in load_problems()}
    if name not in problems:
        hint = near(name, problems, "`pyo3-new list problems` has their names")
        raise UsageError(f"there is no problem `{name}`", hint)
    problem = problems[name]
    title, cause, fix = (general(problem, text) for text in (problem.title, problem.cause, problem.fix))
    description = Finding(name, "note", title, fix=fix, reference=problem.reference, cause=cause)
    chapter = [f"explained in the chapter {problem.chapter}"] if problem.chapter else []
    threads = [f"people ask in {', '.join(problem.threads)}"] if problem.threads else []
    return Result(TOOL, "; ".join([*chapter, *threads]) or f"the problem {name}", (description,))


def general(problem: Problem, text: str) -> str:
    """Write a text for no output in particular: `SYMBOL` for what a sign would show."""
    names = {
        # What follows a colon is matched with it: a sign without a reason has neither.
        name: f"{': ' if f'(?P<{name}>: ' in sign.pattern else ''}{name.upper()}"
        for sign in problem.signs
        for name in sign.expression.groupindex
    }
    names |= SURROUNDINGS
    return re.sub(r"\$\$|\$(\w+)", lambda match: names.get(match[1], "NEW") if match[1] else "$", text)
