"""Write the site's page on `pyo3-new migrate`, from its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from scaffolder.migration.companions import number
from scaffolder.migration.rules import load_rules, releases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scaffolder.migration.rules import Rule

RULES = "scaffolder/migration/rules"
PAGE = """\
# Move to a newer PyO3

`pyo3-new migrate` brings a project with PyO3 {oldest} or later to {newest}, one release at a time: first the
manifests, then what the code alone shows, then what the compiler says. It stops at the first release with which the
project does not compile, and says what is left.

```console
pyo3-new migrate --dry-run    # shows the changes, and makes none
pyo3-new migrate
```

The sections are those of [PyO3's migration guide](https://pyo3.rs/v{newest}.1/migration.html). Code is *changed* where
the result is certain; what needs you is *marked*, with the file, the line and the section to read. Imports that a step
makes superfluous go with it.

"Compiles" is said of what `cargo check` compiles on this machine with the default features, those that `[tool.maturin]`
names and those that PyO3 is behind. Code under another `cfg`, for another system or a feature that is off, is changed
only by the rules that need no compiler, and is listed: check it where it is compiled, for instance with
`cargo check --no-default-features`.
"""
RELEASE = """
## To {release}
"""
TABLE = """
| section | what happens |
|---|---|
"""


def migration_page(root: Path) -> dict[Path, str]:
    """Return the page, by its path.

    Args:
        root: The repository.
    """
    names = [name for name in releases() if load_rules(name)]
    text = PAGE.format(oldest=f"0.{number(names[0])[1] - 1}", newest=names[-1])
    return {root / "docs/migrate.md": text + "".join(line for name in names for line in step(root, name, names[-1]))}


def step(root: Path, release: str, newest: str) -> Iterator[str]:
    """Yield what the page says of the step to a release."""
    guide, reasons = read(root, "guide"), read(root, "uncovered")
    rules = load_rules(release)
    # What is to be removed in a release to come is deprecated in the newest one.
    later = [name for name in guide if release == newest and number(name) > number(newest)]
    sections = [section for name in (release, *later) for section in guide.get(name, ())]
    yield RELEASE.format(release=release)
    if sections:
        yield TABLE
        for section in sections:
            reason = next((entry["reason"] for entry in reasons if entry["section"] == section), "")
            yield f"| {section} | {done([rule for rule in rules if rule.section == section]) or reason} |\n"
    rest = list(dict.fromkeys(f"{rule.why} ({done([rule])})" for rule in rules if not rule.section))
    if rest:
        yield "\nNot in the guide:\n\n" if sections else "\n"
        yield from (f"- {line}\n" for line in rest)


def done(rules: Iterable[Rule]) -> str:
    """Return what rules do, in a word."""
    kinds = {rule.decides for rule in rules}
    return " or ".join(word for decides, word in ((True, "changed"), (False, "marked")) if decides in kinds)


def read(root: Path, name: str) -> Any:
    """Read a file of facts beside the rules."""
    return yaml.safe_load((root / RULES / f"{name}.yml").read_text(encoding="utf-8"))
