"""The rules of a migration, which are data: one file for each release of PyO3 in `rules/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from scaffolder.anatomy.versions import release_series

# The oldest release that a migration can begin with.
OLDEST = "0.19"
# Sections of the guide whose old code the compiler takes for longer, and the last release that does.
LASTING = {
    "Migrating from the GIL Refs API to `Bound<T>`": "0.22",
    "Deactivating the `gil-refs` feature": "0.22",
    "`PyCell` has been deprecated": "0.22",
}
# The newest one has the headings of all releases.
GUIDE = "https://pyo3.rs/latest/migration.html"


@dataclass(frozen=True)
class Trigger:
    """What the compiler has to say at a place for a rule to apply there.

    Attributes:
        codes: The codes of its messages, such as `E0599` or `deprecated`.
        mentions: Words that are all in the message, such as the name of a function.
        exact: Whether the message has to be about the whole match, not about a part of it.
    """

    codes: tuple[str, ...]
    mentions: tuple[str, ...] = ()
    exact: bool = False

    def fits(self, code: str, message: str) -> bool:
        """Whether a message of the compiler is one of these."""
        return code in self.codes and all(word in message for word in self.mentions)


@dataclass(frozen=True)
class Rule:
    """What is found in Rust code, and what becomes of it.

    Attributes:
        name: The rule's name, which is unique.
        release: The release of PyO3 that it leads to, such as `0.26`.
        section: The heading in PyO3's migration guide, without its number signs; empty if the guide has none.
        why: What changed in PyO3, in a sentence.
        search: What ast-grep looks for; empty if the compiler's place alone decides.
        fix: What takes the place of a match, with ast-grep's variables; none if a person has to decide.
        rewrite: The function in `rewrites` that computes the edits where a text can't say them.
        needs: Paths that the new code has to import, such as `pyo3::PyClassInitializer`.
        trigger: What the compiler says there; none if the code alone tells.
        feature: A feature of PyO3 that the crate gets, if no rule changes what the compiler speaks of.
        suggested: Whether the edit is what the compiler suggests.
        before: An example.
        after: What becomes of it.
        setup: Code that both need to compile.
        compiles: Whether a test compiles `after` with the release.
    """

    name: str
    release: str
    why: str
    section: str = ""
    search: dict[str, Any] | None = None
    fix: str | None = None
    rewrite: str | None = None
    needs: tuple[str, ...] = ()
    trigger: Trigger | None = None
    feature: str = ""
    suggested: bool = False
    before: str = ""
    after: str = ""
    setup: str = ""
    compiles: bool = True

    @property
    def decides(self) -> bool:
        """Whether the rule changes code; otherwise it marks what a person has to change."""
        return self.fix is not None or self.rewrite is not None or self.suggested or bool(self.feature)

    def is_named_in(self, code: str, message: str) -> bool:
        """Whether a message of the compiler is about the rule."""
        return self.trigger is not None and self.trigger.fits(code, message)


@cache
def load_rules(release: str) -> tuple[Rule, ...]:
    """Return the rules that lead to a release, in their order.

    Args:
        release: A series of PyO3, such as `0.26`.
    """
    file = files("scaffolder.migration") / "rules" / f"{release}.yml"
    entries = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
    return tuple(read_rule(release, entry) for entry in entries or ())


def read_rule(release: str, entry: dict[str, Any]) -> Rule:
    """Read one entry of a file of rules."""
    compiler = entry.pop("compiler", None)
    trigger = read_trigger(compiler) if compiler else None
    keys = [key for key in entry if key in {"rule", "constraints", "utils"}]
    search = {key: entry.pop(key) for key in keys}
    needs = tuple(entry.pop("needs", ()))
    return Rule(name=entry.pop("id"), release=release, search=search or None, trigger=trigger, needs=needs, **entry)


def read_trigger(entry: dict[str, Any]) -> Trigger:
    """Read what the compiler has to say for a rule."""
    return Trigger(tuple(entry["codes"]), tuple(entry.get("mentions", ())), entry.get("exact", False))


def lasting_rules(release: str) -> tuple[Rule, ...]:
    """Return the rules of older releases for code that may still be there in a project that begins with a release.

    Args:
        release: A series of PyO3, such as `0.22`.
    """
    names = releases()
    older = names[: names.index(release)] if release in names else ()
    return tuple(rule for name in older for rule in load_rules(name) if LASTING.get(rule.section) == release)


@cache
def releases() -> tuple[str, ...]:
    """Return the releases that a migration can lead to, from the oldest on."""
    names = [series.name for series in release_series()]
    return tuple(names[names.index(OLDEST) + 1 :])
