"""The catalogue of known problems: signs, cause and fix."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from scaffolder.output.rust_types import bound_type, defined_name, shorten_type
from scaffolder.output.scene import holds
from scaffolder.toolkit import reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.output.scene import Scene
    from scaffolder.toolkit import Level

SKILL = "pyo3-fundamentals"
PROBLEMS = Path(__file__).resolve().parent / "problems"
# A sign's group `owner` names the package that a message is about; these are known not to be the reader's.
FOREIGN = (sys.stdlib_module_names | {"matplotlib", "numpy", "pandas", "PIL", "scipy", "torch"}) - {"builtins"}
# In the order in which things go wrong: what is earlier is the cause of what is later.
GROUPS = {"build": "Build", "rust": "Rust", "packaging": "Packaging", "imports": "Import", "running": "Run time"}
INSTALL = """\
Nothing of yours is wrong: the installer found no wheel of `$installed` for this Python and platform, so it compiles it.
Use a Python that it has wheels for (the files on its index page show which): uv venv --python $other_python
Or another release of it, one with a wheel: pip install --only-binary :all: $installed
If there is none, report it to its authors."""
# What a text may name in any output: a Python with wheels, and the package being installed.
SURROUNDINGS = {"other_python": "3.12", "installed": "PACKAGE"}


@dataclass(frozen=True)
class Sign:
    """A pattern to find in unindented text; a space also matches a line break."""

    pattern: str

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        parts, inside, position = [], False, 0
        while position < len(self.pattern):
            character = self.pattern[position]
            if character == "\\":
                character = self.pattern[position : position + 2]
            elif character in "[]":
                inside = character == "["
            repeated = self.pattern[position + 1 : position + 2] in {"*", "+", "?", "{"}
            parts.append("[ \n]" if character == " " and not inside and not repeated else character)
            position += len(character) if character[0] == "\\" else 1
        return re.compile("".join(parts), re.MULTILINE)

    @cached_property
    def word(self) -> str:
        """The longest word in every match; empty if there is none."""
        plain = re.sub(r"\\(.)", lambda escape: " " if escape[1] in "[]" else escape[0], self.pattern)
        plain = re.sub(r"\[(?:\\.|[^\]\\])*\](?:[?*+]|\{[^}]*\})?", " ", plain)
        while (shorter := re.sub(r"\((?:\\.|[^()\\])*\)(?:[?*+]|\{[^}]*\})?[?+]?", " ", plain)) != plain:
            plain = shorter
        if "|" in re.sub(r"\\.", "", plain):
            return ""
        plain = re.sub(r"(?:\\.|.)[?*{]", " ", re.sub(r"\\[A-Za-z]", " ", plain))
        return max(re.findall(r"[A-Za-z_]{3,}", plain), key=len, default="")

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the matches."""
        if self.word in text:
            yield from self.expression.finditer(text)

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first match."""
        return next(self.find(text), None)


@dataclass(frozen=True)
class Variant:
    """A variation of a problem under some conditions, all of which must hold.

    Attributes:
        platform: The output is of this platform.
        pyo3: PyO3's version is known, and fits this: `<0.26`.
        maturin: The same for maturin.
        installs: A third-party package is being installed.
        shows: The output contains this.
        values: The problem's fields that it replaces.
    """

    values: Mapping[str, str]
    platform: str | None = None
    pyo3: str | None = None
    maturin: str | None = None
    installs: bool = False
    shows: Sign | None = None

    def applies(self, scene: Scene, text: str) -> bool:
        """Return whether all conditions hold."""
        return (
            self.platform in {None, scene.platform}
            and (self.pyo3 is None or holds(self.pyo3, scene.pyo3))
            and (self.maturin is None or holds(self.maturin, scene.maturin))
            and (not self.installs or scene.package is not None)
            and (self.shows is None or self.shows.search(text) is not None)
        )


@dataclass(frozen=True)
class Problem:
    """A known problem.

    Attributes:
        id: Its name, which never changes its meaning.
        group: A key of `GROUPS`; the file that it is in.
        title: What is wrong, in one line; may name what the signs capture.
        signs: Any of these identifies it.
        cause: Why it happens.
        fix: What to type or to change; may name what the signs capture, as `$name`.
        chapter: The chapter that explains it, and the section if there is one: `testing#rust-tests`; that of another
            skill with its name, `pyo3-classes-modules/pickling`. Empty if there is no such chapter.
        threads: Where people ask about it: `pyo3#340`.
        needs: Signs that must match as well.
        unless: None of these may be there.
        also: What is shown with it, if it is there.
        level: Whether it is a failure.
        each: The capture group whose every value becomes a finding.
        leads_to: Problems that follow from it, and are not worth a word beside it.
        names: What a value that a sign shows is called now; `$new` in the fix.
        variants: What differs with the platform, the versions and the reader; the first that applies counts.
        source: Whether the fix changes the source of the package, and so is of no use to who installs it.
        general: Whether it is a whole kind of failure, which is reported only if nothing more specific is.
        installs: Whether it is one only where a third-party package is being installed.
        last_resort: Whether it is so broad a kind that it is reported only if nothing else is known.
    """

    id: str
    group: str
    title: str
    signs: tuple[Sign, ...]
    cause: str
    fix: str
    chapter: str = ""
    threads: tuple[str, ...] = ()
    needs: tuple[Sign, ...] = ()
    unless: tuple[Sign, ...] = ()
    also: tuple[Sign, ...] = ()
    level: Level = "error"
    each: str | None = None
    leads_to: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    source: bool = True
    general: bool = False
    installs: bool = False
    last_resort: bool = False

    @property
    def reference(self) -> str:
        """The URL of the section that explains it, or of its line in the index of problems."""
        page, _, anchor = self.chapter.partition("#")
        skill, _, chapter = page.rpartition("/")
        return reference(skill or SKILL, chapter or "troubleshooting", anchor if chapter else self.id)

    def suit(self, scene: Scene, text: str) -> Problem:
        """Return the problem with the variants that apply to this output."""
        variant = next((variant for variant in self.variants if variant.applies(scene, text)), None)
        if variant is None:
            installs = scene.package is not None and self.source and self.group in {"build", "rust", "packaging"}
            return replace(self, fix=INSTALL) if installs else self
        return replace(self, **variant.values)  # type: ignore[arg-type]

    def fill(self, text: str, values: Mapping[str, str]) -> str:
        """Fill what a sign captured into a title, a cause or a fix."""
        new = next((self.names[value] for value in values.values() if value in self.names), "")
        whole = values.get("whole") or values.get("type", "")
        types = {"shown": shorten_type(whole), "bound": bound_type(whole), "named": defined_name(whole)}
        plain = {name: shorten_type(value) if name == "type" else value for name, value in values.items()}
        return Template(text).substitute({**SURROUNDINGS, **types, **plain, "new": new})


@cache
def load_problems() -> tuple[Problem, ...]:
    """Load the catalogue, causes before effects."""
    return tuple(
        Problem(id=name, group=group, **_fields(entry))
        for group in GROUPS
        for name, entry in tomllib.loads((PROBLEMS / f"{group}.toml").read_text(encoding="utf-8")).items()
    )


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: _field(key, value) for key, value in entry.items()}


def _field(key: str, value: Any) -> Any:
    if key == "variants":
        return tuple(map(_variant, value))
    if key == "shows":
        return Sign(value)
    if isinstance(value, list):
        return tuple(map(Sign, value)) if key in {"signs", "needs", "unless", "also"} else tuple(value)
    return value.strip() if isinstance(value, str) else value


def _variant(entry: dict[str, Any]) -> Variant:
    fields = _fields(entry)
    values: dict[str, str] = {key: fields.pop(key) for key in ("title", "cause", "fix") if key in fields}
    return Variant(values, **fields)
