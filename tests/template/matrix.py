"""What is built: the cells that the rules of `matrix.yml` come to for the features of `copier.yml`, and the skills."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shlex
import sys
import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from scaffolder.template.catalog import load_catalog
from tests.conftest import CHECKOUT, FEATURES, SKILLS
from tests.template.covering import cover

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Features = tuple[str, ...]

QUESTIONS = {question.name: question for question in load_catalog(CHECKOUT).questions}
LINES: list[str] = list(QUESTIONS["crates_by_line"].details["default"])
PYTHONS: list[str] = QUESTIONS["supported_pythons"].details["default"]
FREE_THREADED: str = QUESTIONS["free_threaded"].details["default"]
HELD_BACK = set(QUESTIONS["held_back"].details["default"])
# What a word of a rule stands for.
KINDS = {
    "supported": PYTHONS,
    "oldest": PYTHONS[:1],
    "free-threaded": [FREE_THREADED],
    "older": LINES[1:],
}
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
THIS_SYSTEM = {"Darwin": "macos", "Windows": "windows"}.get(platform.system(), "linux")
# What a project is built with; together with its features and the system, a cell.
WAYS = ("python", "wheels", "front", "pyo3")
AXES = ("features", "system", *WAYS)
# Holds the options of `nox -s matrix`, for the tests that it starts.
VARIABLE = "PYO3_NEW_MATRIX"
LONGEST_NAME = 40


def set_name(features: Iterable[str]) -> str:
    """Name a set of features, for the tests' ids and for projects that must not share a name."""
    chosen = list(features)
    return "all" if chosen == FEATURES else "-".join(chosen) or "none"


def project_name(*words: str) -> str:
    """Join words to a name that is short enough for a project, and no other's."""
    name = "-".join(words)
    return name if len(name) <= LONGEST_NAME else f"{name[:31].rstrip('-')}-{zlib.crc32(name.encode()):08x}"


def line_of(features: Iterable[str]) -> str:
    """Return the line of pyo3 that a user gets with these features."""
    return LINES[1 if HELD_BACK.intersection(features) else 0]


def release(python: str) -> tuple[int, ...]:
    """Return the numbers of a Python version, free-threaded or not."""
    return tuple(map(int, python.rstrip("t").split(".")))


@dataclass(frozen=True)
class Cell:
    """One project, and what it is built with."""

    features: Features
    python: str = THIS_PYTHON
    system: str = THIS_SYSTEM
    wheels: str = str(QUESTIONS["wheels"].details["default"])
    front: str = "uv"
    pyo3: str = LINES[0]
    checks: tuple[str, ...] = ("test",)

    @property
    def short(self) -> str:
        """The features and what the project is built with, but not where."""
        return "/".join([set_name(self.features), *(getattr(self, way) for way in WAYS)])

    @property
    def name(self) -> str:
        """The project's name: no two cells may have the same, as their builds share a folder."""
        plain = Cell(self.features)
        differs = [getattr(self, way) for way in WAYS if getattr(self, way) != getattr(plain, way)]
        return project_name("built", set_name(self.features), *(value.replace(".", "") for value in differs))

    @property
    def answers(self) -> dict[str, str]:
        """The answers that differ from the defaults."""
        oldest = str(QUESTIONS["python_min"].details["default"])
        answers = {"wheels": self.wheels} if self.wheels != QUESTIONS["wheels"].details["default"] else {}
        return answers | ({"python_min": self.python} if release(self.python) < release(oldest) else {})

    @property
    def off_line(self) -> bool:
        """Whether a user with these features gets another line of pyo3."""
        return self.pyo3 != line_of(self.features)

    @property
    def command(self) -> str:
        """What builds this cell, and no other."""
        chosen = "all" if set_name(self.features) == "all" else ",".join(self.features) or "none"
        options = {"--only": chosen}
        options |= {f"--{way}": getattr(self, way) for way in WAYS}
        return f"nox -s matrix -- {shlex.join(word for option in options.items() for word in option)}"


@dataclass(frozen=True)
class Matrix:
    """The rules, and the cells that they come to."""

    rules: Mapping[str, Any]
    features: Sequence[str]

    @cached_property
    def here(self) -> list[Cell]:
        """The cells that `make test` builds; the first rule that comes to one says what is checked."""
        cells: dict[Cell, Cell] = {}
        for rule in self.rules["rules"]:
            for cell in self._cells(rule, "here"):
                cells.setdefault(replace(cell, checks=()), cell)
        return list(cells.values())

    @cached_property
    def workflow(self) -> list[Cell]:
        """The cells that the workflow builds, in an order that builds pyo3 seldom."""
        cells = dict.fromkeys(cell for rule in self.rules["rules"] for cell in self._cells(rule, "workflow"))
        return sorted(cells, key=lambda cell: (cell.system, cell.pyo3, release(cell.python), cell.python, cell.wheels))

    @property
    def left(self) -> list[Cell]:
        """The cells that are built by the workflow only."""
        built = {replace(cell, checks=()) for cell in self.here}
        return [cell for cell in self.workflow if replace(cell, checks=()) not in built]

    @property
    def values(self) -> dict[str, list[str]]:
        """The values that there are on each axis but that of the features."""
        return {
            "system": list(self.rules["systems"]),
            "python": [*PYTHONS, FREE_THREADED],
            "wheels": [choice.value for choice in QUESTIONS["wheels"].choices],
            "front": self.rules["fronts"],
            "pyo3": LINES,
        }

    def sets(self, words: Iterable[str]) -> list[Features]:
        """Return the sets of features that a rule's words stand for."""
        kinds: dict[str, list[Features]] = {
            "none": [()],
            "each": [(feature,) for feature in self.features],
            "pairs": self._pairs(),
            "all": [tuple(self.features)],
        }
        return list(dict.fromkeys(chosen for word in words for chosen in kinds[word]))

    def shard(self, system: str, number: int, count: int) -> list[Cell]:
        """Return one of the equal parts of a system's cells."""
        cells = [cell for cell in self.workflow if cell.system == system]
        return cells[len(cells) * (number - 1) // count : len(cells) * number // count]

    def excluded(self, values: Mapping[str, Any]) -> bool:
        """Whether what is known of a cell is enough to leave it out."""
        return self.reason(values) is not None

    def reason(self, values: Mapping[str, Any]) -> str | None:
        """Return why a cell is left out, or none if it is not."""
        if values.get("pyo3") == LINES[0] != line_of(values.get("features", ())):
            return "a feature holds it back"
        for exclusion in self.rules["exclusions"]:
            if all(fits(key, word, values) for key, word in exclusion.items() if key != "because"):
                return str(exclusion["because"])
        return None

    def _pairs(self) -> list[Features]:
        """Return a few sets in which each two features are together, each without the other, and both missing."""
        axes = {feature: [True, False] for feature in self.features}
        # All of them together are a set of their own, and would hide what two do without a third.
        rows = cover(axes, lambda row: row == dict.fromkeys(self.features, True))
        return [tuple(feature for feature, there in row.items() if there) for row in rows]

    def _cells(self, rule: Mapping[str, Any], where: str) -> list[Cell]:
        """Expand one rule: each two values of different axes meet in a cell."""
        if rule["where"] != where:
            return []
        axes: dict[str, list[Any]] = {"features": list(self.sets(rule["sets"]))}
        axes |= {axis: self._values(axis, rule[axis]) for axis in AXES[1:] if axis in rule}
        checks = tuple(rule.get("checks", ["test"]))
        rows = cover(axes, self.excluded) if len(axes) > 1 else [{"features": chosen} for chosen in axes["features"]]
        cells = [Cell(**{"pyo3": line_of(row["features"]), **row}, checks=checks) for row in rows]
        return [cell for cell in cells if not self.excluded(vars(cell))]

    def _values(self, axis: str, words: Iterable[str]) -> list[Any]:
        """Return the values that a rule's words for one axis stand for."""
        kinds = KINDS | {"every": self.values[axis]}
        return [value for word in words for value in (kinds.get(word) or [word])]


def fits(key: str, word: str, values: Mapping[str, Any]) -> bool:
    """Tell whether a cell of which these values are known has what an exclusion is about."""
    if key in {"feature", "features"}:
        features = values.get("features")
        return features is not None and (word in features if key == "feature" else set_name(features) == word)
    return values.get(key) in KINDS.get(word, [word])


def load() -> Matrix:
    """Read the rules."""
    return Matrix(yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8")), FEATURES)


def parse(matrix: Matrix, arguments: Sequence[str]) -> argparse.Namespace:
    """Read the options that choose cells."""
    parser = argparse.ArgumentParser(prog="nox -s matrix --", description=__doc__)
    parser.add_argument("--only", metavar="SET", help="`none`, `all`, or features with commas between them")
    parser.add_argument("--with", dest="feature", metavar="FEATURE", help="sets that this feature is in")
    for axis in AXES[1:]:
        parser.add_argument(f"--{axis}", choices=matrix.values[axis])
    parser.add_argument("--shard", metavar="N/COUNT", help="one part of the cells of --system")
    parser.add_argument("--skill", choices=SKILLS, help="instead of projects, what a skill has, and its tools")
    parser.add_argument("--list", action="store_true", help="print the cells, and build none")
    parser.add_argument("--json", action="store_true", help="print the jobs that the workflow starts")
    options = parser.parse_args(arguments)
    if options.shard and (options.only or options.feature or any(getattr(options, way) for way in WAYS)):
        parser.error("--shard is a part of all cells of a system, and goes with --system only")
    if options.skill and len(arguments) > 2:
        parser.error("--skill goes with no other option")
    if options.shard and not is_part(options.shard):
        parser.error(f"`{options.shard}` is no part of something; the first of three is 1/3")
    for feature in [*features_of(options.only or ""), *([options.feature] if options.feature else [])]:
        if feature not in FEATURES:
            parser.error(f"there is no feature `{feature}`; the features are {', '.join(FEATURES)}")
    return options


def is_part(text: str) -> bool:
    """Whether a text is a number, and how many there are of its kind: `2/3`."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    return found is not None and 1 <= int(found[1]) <= int(found[2])


def features_of(name: str) -> Features:
    """Return the set that is meant by `none`, `all` or names with commas, in the order of the catalog."""
    names = [word for word in name.split(",") if word and name not in {"none", "all"}]
    unknown = [word for word in names if word not in FEATURES]
    return tuple(FEATURES) if name == "all" else (*(word for word in FEATURES if word in names), *unknown)


def choose(matrix: Matrix, options: argparse.Namespace) -> list[Cell]:
    """Return the cells that the options are about: without any, those that are built here.

    A set, Python or other value that no cell has is built all the same, with defaults for the rest.
    """
    if options.shard:
        number, _, count = options.shard.partition("/")
        return matrix.shard(options.system or THIS_SYSTEM, int(number), int(count))
    wanted = {axis: value for axis in AXES[1:] if (value := getattr(options, axis))}
    if options.only:
        wanted["features"] = features_of(options.only)
    if not (wanted or options.feature or options.list):
        return matrix.here
    cells = [
        cell
        for cell in [*matrix.here, *matrix.left]
        if all(getattr(cell, axis) == value for axis, value in wanted.items())
        and (not options.feature or options.feature in cell.features)
    ]
    if not cells:
        features = wanted.pop("features", (options.feature,) if options.feature else ())
        cells = [Cell(features, **{"pyo3": line_of(features), **wanted})]
        if reason := matrix.reason(vars(cells[0])):
            sys.exit(f"error: {cells[0].short} is never built: {reason}")
    return cells


def chosen() -> list[Cell]:
    """Return the cells that these tests build: another system's, too, for what differs there may be seen here."""
    cells: dict[Cell, Cell] = {}
    matrix = load()
    for cell in choose(matrix, parse(matrix, shlex.split(os.environ.get(VARIABLE, "")))):
        cells.setdefault(replace(cell, system=THIS_SYSTEM, checks=()), replace(cell, system=THIS_SYSTEM))
    return list(cells.values())


def jobs(matrix: Matrix) -> dict[str, list[dict[str, str]]]:
    """Return the jobs of the workflow: parts of the projects, and each skill, on each system."""
    systems = matrix.rules["systems"].items()
    projects = [
        {"system": system, "runner": place["runner"], "shard": f"{number}/{place['shards']}"}
        for system, place in systems
        for number in range(1, place["shards"] + 1)
    ]
    skills = [
        {"skill": skill, "system": system, "runner": place["runner"]} for skill in SKILLS for system, place in systems
    ]
    return {"projects": projects, "skills": skills}


def main() -> None:
    """Print the cells, or the workflow's jobs."""
    matrix = load()
    options = parse(matrix, sys.argv[1:])
    if options.json:
        print(json.dumps(jobs(matrix)))
        return
    cells = choose(matrix, options)
    for cell in cells:
        print(
            f"{'here' if cell in matrix.here else 'workflow':10}{cell.system:9}{cell.short:50}{', '.join(cell.checks)}"
        )
    print(f"{len(cells)} cells", file=sys.stderr)


if __name__ == "__main__":
    main()
