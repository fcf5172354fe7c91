"""Load a plugin in a child process, and run one of its methods there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import UsageError, near
from scaffolder.machine.children import ChildError, CrashedError, HangsError, RaisedError, child_command, start_child
from scaffolder.toolkit import Document, Finding, Result, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scaffolder.machine.children import Child
    from scaffolder.machine.entry_points import Plugin
    from scaffolder.machine.environment import Environment

TOOL = "plugin_manager"
SESSION = Path(__file__).with_name("session.py")
Call = dict[str, Any]
IDS: dict[type[ChildError], str] = {RaisedError: "raises", CrashedError: "crashes", HangsError: "hangs"}


def read_call(method: str, arguments: Sequence[str], keywords: Sequence[str]) -> Call:
    """Return the request for a call as it is typed: arguments are JSON or else text, keywords `NAME=VALUE`.

    Raises:
        UsageError: A keyword has no value.
    """
    if wrong := next((keyword for keyword in keywords if "=" not in keyword), None):
        raise UsageError(f"`{wrong}` is not `NAME=VALUE`", f"try `--keyword {wrong}=VALUE`")
    pairs = (keyword.partition("=") for keyword in keywords)
    named = {name: _value(text) for name, _, text in pairs}
    return {"method": method, "arguments": list(map(_value, arguments)), "keywords": named}


def begin(environment: Environment, show: Callable[[bytes], None] | None = None) -> Child:
    """Start a child process for a plugin."""
    return start_child(child_command(environment.python, SESSION), show)


def load(child: Child, plugin: Plugin, timeout: float, *, create: bool, fresh: bool = False) -> dict[str, Any]:
    """Let a child load a plugin: call a class without arguments, or compile it even if there is a cache.

    Raises:
        ChildError: It fails.
    """
    request = {"module": plugin.module or plugin.value, "attribute": plugin.attribute, "create": create, "fresh": fresh}
    return child.ask("load", timeout, **request)


def run(child: Child, plugin: Plugin, call: Call, timeout: float, *, create: bool) -> Result:
    """Load a plugin, call a method, and tell what came of it."""
    when = "when it is loaded"
    try:
        load(child, plugin, timeout, create=create)
        when = f"in `{call['method']}`"
        answer = ask(child, plugin, call, timeout)
    except ChildError as error:
        return Result(TOOL, f"`{plugin.name}` failed {when}", (failure(plugin, when, error),))
    summary = f"`{plugin.name}.{call['method']}` returned `{answer['type']}` in {duration(answer['seconds'])}"
    return Result(TOOL, summary, tables=(_facts(answer),), documents=(_document(answer),))


def ask(child: Child, plugin: Plugin, call: Call, timeout: float) -> dict[str, Any]:
    """Call a method of the plugin in a child.

    Raises:
        UsageError: There is no such method.
        ChildError: It fails.
    """
    answer = child.ask("call", timeout, **call)
    if "methods" in answer:
        hint = near(call["method"], answer["methods"]) if answer["methods"] else "it has no methods"
        raise UsageError(f"the plugin `{plugin.name}` has no method `{call['method']}`", hint)
    return answer


def failure(plugin: Plugin, when: str, error: ChildError) -> Finding:
    """Return the finding for a plugin that failed in its process."""
    what = f"raises an exception {when}: " if isinstance(error, RaisedError) else ""
    message = f"{what}{error.message.splitlines()[-1]}" if what else f"{error.message} {when}"
    return Finding(IDS[type(error)], "error", message, plugin.label, evidence=error.evidence)


def duration(seconds: float) -> str:
    """Return a time as text."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _document(answer: dict[str, Any]) -> Document:
    """Return a result as JSON, or as Python shows it."""
    if answer["value"] is not None:
        return Document("json", json.dumps(answer["value"], ensure_ascii=False, indent=2))
    return Document("python", answer["result"])


def _facts(answer: dict[str, Any]) -> Table:
    """Return what a call took."""
    rows = [("result", answer["type"]), ("time", duration(answer["seconds"]))]
    for fact, key in (("peak memory of the process", "peak"), ("before the call", "memory")):
        size = answer[key]
        rows.append((fact, "not measured on this system" if size is None else f"{size / 1024**2:.1f} MiB"))
    return Table("The call", ("fact", "value"), tuple(rows))
