"""List, verify, enable, disable, run and reload the plugins that a host finds by entry points."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffolder import toolkit
from scaffolder.errors import UsageError, listing
from scaffolder.signals import stop_at_interrupt
from scaffolder.terminal import echo, progress
from scaffolder.textfiles import difference
from scaffolder.toolkit import AsData, Document, DryRun, Finding, Result, Table
from scaffolder.toolkit import PythonOfProject as Python

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from scaffolder.anatomy.hosts import Host
    from scaffolder.machine.entry_points import Plugin, Plugins
    from scaffolder.machine.environment import Environment
    from scaffolder.tools.plugin_manager.generations import HotPlugin, Reload
    from scaffolder.tools.plugin_manager.running import Call

TOOL = "plugin_manager"
SKILL = "pyo3-classes-modules"
STATES = {"kept": "state kept", "none": "it has no state to keep", "lost": "the state since the last reload is lost"}
app = toolkit.program(
    "List, verify, enable, disable, run and reload the plugins that a host finds by entry points. `list`, `enable` and"
    " `disable` run no code of a plugin; the others run it in child processes. All take `--json` and `--verbose`, and"
    " all but `list` take `--dry-run`."
)

Name = Annotated[
    str,
    typer.Argument(metavar="PLUGIN", help="Its name; `DISTRIBUTION/NAME` if several have it.", show_default=False),
]
Group = Annotated[
    str | None,
    typer.Option("--group", "-g", metavar="GROUP", help="The entry-point group.  [default: the project's]"),
]
Project = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The project's folder.  [default: the enclosing project]")
]
Timeout = Annotated[float, typer.Option(min=0.1, max=1e6, metavar="SECONDS", help="Give up a step after this time.")]
AsIs = Annotated[bool, typer.Option("--as-is", help="Don't call a class: take what the entry point names.")]
Method = Annotated[str, typer.Argument(metavar="METHOD", help="The method.", show_default=False)]
Arguments = Annotated[
    list[str] | None, typer.Argument(metavar="ARGUMENT", help="Its arguments: JSON, or else text.", show_default=False)
]
Keywords = Annotated[
    list[str] | None,
    typer.Option("--keyword", "-k", metavar="NAME=VALUE", help="An argument by name; repeatable.", show_default=False),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also print files, and what is in order.")]


@dataclass(frozen=True)
class Context:
    """What every command begins with: the host, the environment, its plugins, and which are disabled."""

    host: Host
    environment: Environment
    plugins: Plugins
    settings: Path
    disabled: frozenset[str]

    @property
    def enabled(self) -> Plugins:
        """The plugins that are not disabled."""
        kept = (plugin for plugin in self.plugins.plugins if plugin.name not in self.disabled)
        return replace(self.plugins, plugins=tuple(kept))


@app.command("list")
def list_plugins(
    group: Group = None, python: Python = None, project: Project = None, verbose: Verbose = False,
    as_data: AsData = False,
) -> None:  # fmt: skip
    """List plugins by their metadata; none of them is run.

    Shown are distribution, version, what the entry point names, whether it is an extension, and whether it is enabled.

    \b
    Examples:
      pyo3-new tool plugin_manager list
      pyo3-new tool plugin_manager list --group pytest11 --python .venv
    """
    toolkit.show(describe(prepare(group, python, project), whole=verbose or as_data), as_data=as_data, verbose=verbose)


@app.command()
def verify(  # noqa: PLR0913, PLR0917
    name: Annotated[str | None, typer.Argument(metavar="PLUGIN", help="One of them.  [default: all enabled]")] = None,
    contract: Annotated[
        str | None,
        typer.Option(metavar="MODULE:PROTOCOL", help="What they keep.  [default: the protocol beside the registry]"),
    ] = None,
    timeout: Timeout = 10, as_is: AsIs = False, group: Group = None, python: Python = None, project: Project = None,
    dry_run: DryRun = False, verbose: Verbose = False, as_data: AsData = False,
) -> None:  # fmt: skip
    """Load plugins, and compare them with the contract.

    Each is loaded in a child process; one that crashes, hangs or raises an exception is reported with its traceback.

    The contract is a `typing.Protocol`: the plugin must have its members, methods that take the same calls, and an
    `api_version` that equals the host's `API_VERSION`. What methods return is not verified: that takes a call.
    """
    from scaffolder.tools.plugin_manager import verifying

    context = prepare(group, python, project)
    plugins = context.plugins if name else context.enabled
    chosen = (plugins.require(name),) if name else plugins.plugins
    contract = contract or context.host.contract
    create = contract is not None and not as_is
    if dry_run:
        result = plan(context, chosen)
    else:
        with progress("Verifying", visible=not as_data):
            result = verifying.verify(context.environment, plugins, chosen, contract, timeout, create=create)
        result = replace(result, findings=(*result.findings, *remarks(context, off=name is None)))
    toolkit.show(result, as_data=as_data, verbose=verbose)


@app.command()
def enable(  # noqa: PLR0913, PLR0917
    name: Name, group: Group = None, python: Python = None, project: Project = None, dry_run: DryRun = False,
    as_data: AsData = False, verbose: Verbose = False,
) -> None:  # fmt: skip
    """Let the host load a plugin again: take it from `plugins.toml`."""
    result = switch(prepare(group, python, project), name, disable=False, dry_run=dry_run)
    toolkit.show(result, as_data=as_data, verbose=verbose)


@app.command()
def disable(  # noqa: PLR0913, PLR0917
    name: Name, group: Group = None, python: Python = None, project: Project = None, dry_run: DryRun = False,
    as_data: AsData = False, verbose: Verbose = False,
) -> None:  # fmt: skip
    """Let the host leave a plugin out: add it to `plugins.toml`.

    \b
    Example of such a file:
      ["text_filters.filters"]
      disabled = ["shout"]
    """
    result = switch(prepare(group, python, project), name, disable=True, dry_run=dry_run)
    toolkit.show(result, as_data=as_data, verbose=verbose)


@app.command()
def run(  # noqa: PLR0913, PLR0917
    name: Name, method: Method, arguments: Arguments = None, keywords: Keywords = None, timeout: Timeout = 60,
    as_is: AsIs = False, group: Group = None, python: Python = None, project: Project = None, dry_run: DryRun = False,
    as_data: AsData = False, verbose: Verbose = False,
) -> None:  # fmt: skip
    """Call a method of a plugin in a child process.

    Shown are result, time and peak memory, or the exception or signal that ended it.

    What the plugin prints goes to stderr. A function is called by the method `__call__`.

    \b
    Example:
      pyo3-new tool plugin_manager run shout apply 'some text'
    """
    from scaffolder.tools.plugin_manager import running

    call = running.read_call(method, arguments or (), keywords or ())
    context = prepare(group, python, project)
    plugin = context.plugins.require(name)
    if dry_run:
        result = plan(context, (plugin,))
    else:
        with running.begin(context.environment, pass_on) as child:
            result = running.run(child, plugin, call, timeout, create=not as_is)
    toolkit.show(result, as_data=as_data, verbose=verbose)


@app.command()
def watch(  # noqa: PLR0913, PLR0917
    name: Name, method: Annotated[
        str | None, typer.Argument(metavar="METHOD", help="A method to call in each generation.", show_default=False)
    ] = None, arguments: Arguments = None, keywords: Keywords = None,
    reloads: Annotated[
        int | None, typer.Option(min=1, metavar="COUNT", help="End after this many reloads.  [default: at Ctrl-C]")
    ] = None, timeout: Timeout = 60, as_is: AsIs = False, group: Group = None, python: Python = None,
    project: Project = None, dry_run: DryRun = False, as_data: AsData = False, verbose: Verbose = False,
) -> None:  # fmt: skip
    """Reload a plugin when its files change, with its state.

    Each version runs in a child process of its own, so a rebuilt extension is loaded, too.

    The state is what pickle takes from an object: what `__getstate__` returns, or its `__dict__`; it is handed to
    `__setstate__`, or put into the `__dict__`. A version that fails to load leaves the one before it running.

    \b
    Example:
      pyo3-new tool plugin_manager watch shout apply 'some text'
    """
    from scaffolder.machine.children import ChildError
    from scaffolder.tools.plugin_manager import running
    from scaffolder.tools.plugin_manager.generations import HotPlugin

    call = running.read_call(method, arguments or (), keywords or ()) if method else None
    context = prepare(group, python, project)
    plugin = context.plugins.require(name)
    hot = HotPlugin(context.environment, plugin, timeout, create=not as_is, show=pass_on)
    if dry_run:
        result = plan(context, (plugin,))
    else:
        try:
            with stop_at_interrupt() as stop, hot:
                result = conclude(hot, list(follow(hot, call, stop, reloads)))
        except ChildError as error:
            result = Result(TOOL, f"`{name}` can't be loaded", (running.failure(plugin, "when it is loaded", error),))
    toolkit.show(result, as_data=as_data, verbose=verbose)


def prepare(group: str | None, python: str | None, project: Path | None) -> Context:
    """Find the host, the environment and its plugins.

    Raises:
        UsageError: One of them is missing.
    """
    from scaffolder.anatomy.hosts import SETTINGS, find_host, find_project
    from scaffolder.machine.entry_points import find_plugins, list_groups
    from scaffolder.machine.environment import find_environment
    from scaffolder.tools.plugin_manager.settings import read_disabled

    folder = find_project(project)
    environment = find_environment(python, folder or Path.cwd(), os.environ)
    host = find_host(folder, group)
    if host is None:
        groups = list_groups(environment)
        there = f"; in `{environment.name}` there are {listing(groups, 'and')}" if groups else ""
        raise UsageError("no project here reads entry points", f"name a group: `--group GROUP`{there}")
    plugins = find_plugins(environment, host.group, required=group is not None)
    settings = host.folder / SETTINGS
    return Context(host, environment, plugins, settings, read_disabled(settings, host.group))


def describe(context: Context, *, whole: bool) -> Result:
    """Return the list of the plugins, and warnings."""
    from scaffolder.tools.plugin_manager.verifying import broken_entry_point, duplicate_names

    plugins = context.plugins.plugins
    columns = ("name", "distribution", "version", "entry point", "code", "enabled", *(["file"] if whole else []))
    facts = [{**plugin.facts, "enabled": "no" if plugin.name in context.disabled else "yes"} for plugin in plugins]
    table = Table("Plugins", columns, tuple(tuple(row[column] for column in columns) for row in facts))
    same = (replace(finding, level="warning") for finding in duplicate_names(context.enabled, plugins))
    text = "its module is in no folder of the environment: it is missing, or an import hook provides it"
    nowhere = (
        Finding("no-file", "note", text, plugin.label) for plugin in plugins if plugin.module and not plugin.file
    )
    broken = (replace(broken_entry_point(plugin), level="warning") for plugin in plugins if not plugin.module)
    off = sum(plugin.name in context.disabled for plugin in plugins)
    count = f"{len(plugins)} plugin{'s' if len(plugins) != 1 else ''} of `{context.host.group}`"
    summary = f"{count} in `{context.environment.name}`" + (f", {off} disabled in `{context.settings}`" if off else "")
    findings = (*same, *broken, *remarks(context), *nowhere)
    return Result(TOOL, summary, findings, (table,) if plugins else ())


def remarks(context: Context, *, off: bool = False) -> Iterator[Finding]:
    """Return the distributions whose metadata can't be read, and the plugins that were passed over."""
    for place, reason in context.plugins.unreadable:
        yield Finding("unreadable-metadata", "warning", f"the metadata can't be read: {reason}", place)
    if off and (skipped := [plugin.name for plugin in context.plugins.plugins if plugin.name in context.disabled]):
        yield Finding("disabled", "note", f"not verified, because disabled: {listing(skipped, 'and')}")


def switch(context: Context, name: str, *, disable: bool, dry_run: bool) -> Result:
    """Enable or disable a plugin in the settings."""
    from scaffolder.tools.plugin_manager import settings

    # The name is what the host goes by, whoever has it. One that is no longer installed can still leave the list.
    if name not in context.disabled and all(plugin.name != name for plugin in context.plugins.plugins):
        name = context.plugins.require(name).name
    state, path = "disabled" if disable else "enabled", context.settings
    texts = settings.change(path, context.host.group, name, disable=disable)
    if texts is None:
        return Result(TOOL, f"`{name}` is already {state}", dry_run=dry_run)
    if not dry_run:
        toolkit.replace_file(path, texts[1])
    message = f"no source of the project in `{context.host.folder}` names `{path.name}`, so its host may not read it"
    cause = "plugins are left out only by a registry that reads `disabled` in the table of its group"
    findings = () if context.host.reads_settings else (Finding("settings-not-read", "warning", message, cause=cause),)
    document = Document("diff", difference((f"a/{path.name}" if texts[0] else "/dev/null", f"b/{path.name}"), *texts))
    return Result(TOOL, f"`{name}` {'would be' if dry_run else 'is'} {state}", findings, (), (document,), dry_run)


def follow(hot: HotPlugin, call: Call | None, stop: threading.Event, reloads: int | None) -> Iterator[Reload]:
    """Reload a plugin when its files change, report each attempt on stderr, and yield it."""
    from scaffolder.tools.plugin_manager import generations

    places = listing(map(str, hot.places), "and")
    report(hot, call, f"generation 1 runs; a change of {places} reloads it, Ctrl-C ends it")
    for count, attempt in enumerate(generations.watch(hot, stop), 1):
        if attempt.failure:
            echo(f"{attempt.failure.evidence or ''}\nthe new version fails: {attempt.failure.message}", to_stderr=True)
            report(hot, None, f"generation {attempt.generation} stays")
        else:
            text = f"generation {attempt.generation} runs after {attempt.seconds:.2f} s, {STATES[attempt.state]}"
            report(hot, call, text)
        yield attempt
        if count == reloads:
            return


def report(hot: HotPlugin, call: Call | None, text: str) -> None:
    """Report the state of a plugin on stderr, with the result of a call."""
    from scaffolder.machine.children import ChildError
    from scaffolder.tools.plugin_manager.running import duration

    echo(text, to_stderr=True)
    if call:
        try:
            answer = hot.call(call["method"], *call["arguments"], **call["keywords"])
            text = f"returned {answer['result']} in {duration(answer['seconds'])}"
        except ChildError as error:
            text = error.message
        echo(f"`{call['method']}`: {text}", to_stderr=True)


def conclude(hot: HotPlugin, attempts: list[Reload]) -> Result:
    """Return the reloads as a result."""
    failures = [attempt.failure for attempt in attempts if attempt.failure]
    rows = (
        (str(item.generation), f"{item.seconds:.3f}", item.failure.message if item.failure else STATES[item.state])
        for item in attempts
    )
    table = Table("Reloads", ("generation", "seconds", "outcome"), tuple(rows))
    reloads = f"{len(attempts)} reload{'s' if len(attempts) != 1 else ''}"
    return Result(
        TOOL, f"`{hot.plugin.name}`: {reloads}, {len(failures)} of them failed", (), (table,) if attempts else ()
    )


def plan(context: Context, chosen: tuple[Plugin, ...]) -> Result:
    """Return what would be run."""
    from scaffolder.machine.children import child_command
    from scaffolder.tools.plugin_manager.running import SESSION

    command = shlex.join(child_command(context.environment.python, SESSION))
    names = listing((plugin.label for plugin in chosen), "and")
    return Result(TOOL, f"would load {names}, each in a process of its own: `{command}`", dry_run=True)


def pass_on(piece: bytes) -> None:
    """Pass the output of a plugin on to stderr."""
    sys.stderr.buffer.write(piece)
    sys.stderr.flush()
