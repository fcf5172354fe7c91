"""Raise the PyO3 that templates, skills and tools are written for: `make bump PYO3=0.31`.

`templates/versions.yml` says which release series that is. Manifests of examples and snippets, the guides' first lines
and the requirements that documents and tools print repeat it; here they are found by what they look like.
A sentence such as "since 0.30" is history: it stays as it is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from docs.documents import ROOT
from scaffolder.anatomy.versions import companions
from scaffolder.skills import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABLE = Path("templates/versions.yml")
FACTS = Path("scaffolder/anatomy/versions.toml")
CRATES = "|".join(sorted({"pyo3", *companions()}))
REQUIREMENT = rf'(?<![\w-])(?:{CRATES}) = (?:\{{+ ?version = )?"(?P<series>\d+\.\d+)"'
READ_FOR = r"\bFor PyO3 (?P<series>\d+\.\d+)"
# Which files may name the series, and how.
STATEMENTS = (
    ("skills/*/examples/*/Cargo.toml", REQUIREMENT),
    ("skills/*/examples/*/*/Cargo.toml", REQUIREMENT),
    ("skills/*/snippets/Cargo.toml", REQUIREMENT),
    ("skills/*/snippets/*/Cargo.toml", REQUIREMENT),
    ("skills/*/snippets/*/rust/Cargo.toml", REQUIREMENT),
    ("skills/*/SKILL.md", REQUIREMENT),
    ("skills/*/SKILL.md", READ_FOR),
    ("skills/*/references/*.md", REQUIREMENT),
    ("skills/*/references/REFERENCE.md", READ_FOR),
    ("scaffolder/tools/**/*.py", REQUIREMENT),
    ("scaffolder/tools/**/*.toml", REQUIREMENT),
)


@dataclass(frozen=True)
class Mention:
    """A place that names the release series of PyO3.

    Attributes:
        path: The file, from the repository's root.
        span: From where to where in its text the series is.
        series: The series that is named.
        expected: The series that it has to be.
    """

    path: Path
    span: tuple[int, int]
    series: str
    expected: str


def main() -> int:
    """Raise the version, say what changed and what a person has to look at, and return the exit code."""
    series = sys.argv[1] if len(sys.argv) == 2 else ""
    current = supported_series(ROOT)[0]
    if not re.fullmatch(r"\d+\.\d+", series) or as_numbers(series) <= as_numbers(current):
        print(f"error: `{series}` is not a release series after {current}\n", file=sys.stderr)
        print("hint: run `make bump PYO3=SERIES`, as in `PYO3=0.31`", file=sys.stderr)
        return 2
    changed = bump(ROOT, series)
    print("\n".join([*(f"changed {path}" for path in changed), "", *remaining_steps(current, series, changed)]))
    skills = sorted({path.parents[-3] for path in changed if path.name == "Cargo.toml"})
    renewals = [(skill, ["cargo", "update", "--workspace"]) for skill in skills]
    for folder, command in [*renewals, (Path(), [sys.executable, "-m", "docs.documents"])]:
        if subprocess.run(command, cwd=ROOT / folder, check=False).returncode:
            print(f"error: `{' '.join(command)}` in `{folder}` failed\n", file=sys.stderr)
            print("hint: `git restore .` goes back", file=sys.stderr)
            return 1
    return 0


def bump(root: Path, series: str) -> list[Path]:
    """Write a new release series wherever the current one is named, and return the files that changed."""
    table, facts = root / TABLE, root / FACTS
    before = {path: path.read_text(encoding="utf-8") for path in (table, facts)}
    write(table, with_series(before[table], series))
    write(facts, with_facts(before[facts], series))
    stale = [mention for mention in mentions(root) if mention.series != mention.expected]
    for mention in sorted(stale, key=lambda mention: mention.span, reverse=True):
        text = (root / mention.path).read_text(encoding="utf-8")
        start, end = mention.span
        write(root / mention.path, text[:start] + mention.expected + text[end:])
    return sorted({
        *(path.relative_to(root) for path, text in before.items() if path.read_text(encoding="utf-8") != text),
        *(mention.path for mention in stale),
    })  # fmt: skip


def mentions(root: Path) -> Iterator[Mention]:
    """Find each place that names the series, with what it has to name."""
    for pattern, expression in STATEMENTS:
        for path in sorted(root.glob(pattern)):
            expected = expected_series(root, path.relative_to(root))
            for match in re.finditer(expression, path.read_text(encoding="utf-8")):
                yield Mention(path.relative_to(root), match.span("series"), match["series"], expected)


def expected_series(root: Path, path: Path) -> str:
    """Return the series for a file: the older one in a skill whose feature is held back, else the newest."""
    newest, older = supported_series(root)
    features = Skill(root / "skills" / path.parts[1]).features if path.parts[0] == "skills" else ()
    return older if set(features) & set(versions(root, "held_back")) else newest


def supported_series(root: Path) -> tuple[str, str]:
    """Return the newest series and the one that features may be held back to."""
    newest, older = versions(root, "crates_by_line")
    return newest, older


def versions(root: Path, name: str) -> Sequence[str]:
    """Return a list, or the keys of a table, of `templates/versions.yml`."""
    return list(read_table((root / TABLE).read_text(encoding="utf-8"))[name]["default"])


@lru_cache(maxsize=2)
def read_table(text: str) -> dict[str, Any]:
    """Read the table; every file that names the series asks for it."""
    table: dict[str, Any] = yaml.safe_load(text)
    return table


def with_series(text: str, series: str) -> str:
    """Put a series at the head of `crates_by_line`, and drop the last of the two that were there."""
    rows = re.search(r'(?m)^    "(?P<newest>\d+\.\d+)": \{.*\}\n    "\d+\.\d+": \{.*\}\n', text)
    if rows is None:
        raise ValueError(f"`{TABLE}` does not have two rows in `crates_by_line`")
    newest = rows[0].splitlines()[0]
    return text.replace(rows[0], f"{newest.replace(rows['newest'], series)}\n{newest}\n")


def with_facts(text: str, series: str) -> str:
    """Add a series to the table of what works with which PyO3, with the facts of the one before."""
    if f'name = "{series}"' in text:
        return text
    last = re.findall(r'(?s)\[\[series\]\]\nname = ".*?\n(?=\n|\Z)', text)[-1]
    return text.replace(last, last + "\n" + re.sub(r'name = "[\d.]+"', f'name = "{series}"', last))


def remaining_steps(old: str, new: str, changed: Sequence[Path]) -> list[str]:
    """Return what no program can decide."""
    facts = f"note: `{FACTS}` repeats the facts of {old} for {new}; look them up where its first lines say"
    pages = [
        path.relative_to(ROOT)
        for path in sorted(ROOT.glob("skills/*/**/*.md"))
        if re.search(rf"\b{re.escape(old)}\b", path.read_text(encoding="utf-8"))
    ]
    return [
        *([facts] if FACTS in changed else []),
        f"note: `{TABLE}` names {new} for every companion; a feature whose crate has none yet belongs in `held_back`",
        f"note: read again what these pages say of {old}: {', '.join(map(str, pages))}",
        "note: `make test` shows what no longer compiles or warns",
    ]


def as_numbers(series: str) -> tuple[int, ...]:
    """Return a series as numbers that compare."""
    return tuple(map(int, series.split(".")))


def write(path: Path, text: str) -> None:
    """Write a file with the line ends that the repository has."""
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
