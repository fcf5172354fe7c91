"""Each section of PyO3's migration guide has a rule, a note, or a reason why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffolder.migration.companions import number
from scaffolder.migration.rules import load_rules, releases

FOLDER = Path(__file__).parents[2] / "scaffolder/migration/rules"


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


GUIDE: dict[str, list[str]] = read("guide.yml")
SECTIONS = [(release, section) for release, sections in GUIDE.items() for section in sections]
UNCOVERED = {(entry["release"], entry["section"]): entry["reason"] for entry in read("uncovered.yml")}
# What the guide says of a release to come is deprecated in the newest one.
RULES = [(release, rule.section) for release in releases() for rule in load_rules(release) if rule.section]


def test_the_guide_is_read_up_to_the_newest_release() -> None:
    assert max(map(number, GUIDE)) >= max(map(number, releases()))
    assert min(map(number, GUIDE)) == min(map(number, releases()))


@pytest.mark.parametrize(("release", "section"), SECTIONS)
def test_a_section_has_a_rule_or_a_reason_why_not(release: str, section: str) -> None:
    rules = [named for at, named in RULES if named == section and number(at) <= number(release)]
    assert bool(rules) != bool(UNCOVERED.get((release, section)))


def test_rules_and_reasons_are_about_sections_of_the_guide() -> None:
    assert {section for _, section in RULES} <= {section for _, section in SECTIONS}
    assert set(UNCOVERED) <= set(SECTIONS)
