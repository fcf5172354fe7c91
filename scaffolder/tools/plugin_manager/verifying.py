"""Load plugins, one child process each, and compare them with the contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError, UsageError, listing
from scaffolder.machine.children import ChildError
from scaffolder.python import protocols
from scaffolder.toolkit import Finding, Result, Table, by_level
from scaffolder.tools.plugin_manager.running import TOOL, begin, failure, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffolder.machine.children import Child
    from scaffolder.machine.entry_points import Plugin, Plugins
    from scaffolder.machine.environment import Environment

PROTOCOLS = Path(protocols.__file__)


def verify(
    environment: Environment,
    plugins: Plugins,
    chosen: Sequence[Plugin],
    contract: str | None,
    timeout: float,
    *,
    create: bool,
) -> Result:
    """Verify plugins.

    Args:
        environment: Where they are installed.
        plugins: All that the host loads.
        chosen: Those to verify.
        contract: The protocol, `module:Protocol`; none if there is nothing to compare with.
        timeout: Seconds for each step.
        create: Whether classes are called without arguments.

    Raises:
        ScaffolderError: The contract can't be loaded.
    """
    version = None
    if contract:
        # Before any plugin, so that nothing is blamed on one.
        with begin(environment) as child:
            version = load_contract(child, contract, timeout)["version"]
    findings = [*duplicate_names(plugins, chosen)]
    for plugin in chosen:
        findings += verify_one(environment, plugin, contract, timeout, create=create)
    broken = {finding.where for finding in findings if finding.level == "error"}
    if contract is None:
        message = "there is no contract to compare with, so each plugin was only loaded"
        findings.append(Finding("no-contract", "note", message, fix="name a protocol: `--contract MODULE:PROTOCOL`"))
    elif version is None:
        message = f"the version of the contract is not verified: `{contract.partition(':')[0]}` has no `API_VERSION`"
        findings.append(Finding("no-version", "note", message))
    good = sum(plugin.label not in broken for plugin in chosen)
    verb = f"keep the contract `{contract}`" if contract else "can be loaded"
    summary = f"{good} of {len(chosen)} plugins of `{plugins.group}` in `{environment.name}` {verb}"
    return Result(TOOL, summary, by_level(findings), (_table(chosen, findings),) if chosen else ())


def verify_one(
    environment: Environment, plugin: Plugin, contract: str | None, timeout: float, *, create: bool
) -> Iterator[Finding]:
    """Load a plugin in a process of its own, and compare it with the contract."""
    if not plugin.module:
        yield broken_entry_point(plugin)
        return
    with begin(environment) as child:
        version = load_contract(child, contract, timeout)["version"] if contract else None
        try:
            kind = load(child, plugin, timeout, create=create)["kind"]
            answer = child.ask("check", timeout, program=str(PROTOCOLS)) if contract else None
        except ChildError as error:
            yield failure(plugin, "when it is loaded", error)
            return
    findings = list(compare(plugin, answer, version)) if answer else []
    yield from findings
    if all(finding.level == "note" for finding in findings):
        yield Finding("loads", "ok", f"is {kind}{' that keeps the contract' if answer else ''}", plugin.label)


def broken_entry_point(plugin: Plugin) -> Finding:
    """Return the finding for a plugin without a module."""
    return Finding("broken-entry-point", "error", f"`{plugin.value}` is not `module:attribute`", plugin.label)


def load_contract(child: Child, contract: str, timeout: float) -> dict[str, Any]:
    """Let a child import a protocol, and return what it says of it.

    Raises:
        UsageError: It is not `module:Protocol`.
        ScaffolderError: It can't be imported, or is no protocol.
    """
    module, _, name = contract.partition(":")
    if not module or not name:
        raise UsageError(f"`{contract}` is not `MODULE:PROTOCOL`", "write it such as `--contract text_filters:Filter`")
    try:
        return child.ask("read_contract", timeout, module=module, name=name)
    except ChildError as error:
        hint = "install the host into the environment, or name another protocol: `--contract MODULE:PROTOCOL`"
        reason = error.message.splitlines()[-1]
        raise ScaffolderError(f"the contract `{contract}` can't be loaded: {reason}", hint) from error


def compare(plugin: Plugin, answer: dict[str, Any], version: Any) -> Iterator[Finding]:
    """Return what a comparison with the contract came to."""
    for problem in answer["problems"]:
        yield Finding("breaks-contract", "error", f"`{problem['member']}` {problem['reason']}", plugin.label)
    # A version that is missing or of another type is reported as a member.
    is_wrong = any(problem["member"] == "api_version" for problem in answer["problems"])
    if version is not None and answer["version"] != version and not is_wrong:
        own = "names no version" if answer["version"] is None else f"is for version {answer['version']}"
        yield Finding(
            "wrong-version", "error", f"{own} of the contract, and the host has version {version}", plugin.label
        )
    for item in answer["unverified"]:
        yield Finding("not-verified", "note", f"`{item['member']}`: {item['reason']}", plugin.label)


def duplicate_names(plugins: Plugins, chosen: Sequence[Plugin]) -> Iterator[Finding]:
    """Return a finding for each plugin whose name another one has."""
    for plugin in chosen:
        owners = [rival.distribution for rival in plugins.plugins if rival.name == plugin.name and rival != plugin]
        if plugin in plugins.plugins and owners:
            verb = "have" if len(owners) > 1 else "has"
            message = f"{listing(owners, 'and')} {verb} a plugin `{plugin.name}`, too"
            fix = "uninstall one of the distributions, or rename the entry point"
            yield Finding("duplicate-name", "error", message, plugin.label, fix=fix)


def _table(chosen: Sequence[Plugin], findings: Sequence[Finding]) -> Table:
    """Return the plugins, each with the names of what was found."""
    ids = {plugin: dict.fromkeys(item.id for item in findings if item.where == plugin.label) for plugin in chosen}
    rows = tuple((plugin.name, f"{plugin.distribution} {plugin.version}", ", ".join(ids[plugin])) for plugin in chosen)
    return Table("Plugins", ("name", "distribution", "findings"), rows)
