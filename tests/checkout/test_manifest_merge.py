"""Manifests in an order of their own take what the template changes."""

from __future__ import annotations

from scaffolder.checkout.manifest_merge import merge_manifest

BASE = """\
[project]
dependencies = []

[dependency-groups]
dev = ["mypy"]

[tool.typos.words]

[tool.maturin]
profile = "editable"
"""
THEIRS = """\
[project]
dependencies = ["numpy>=2"]

[dependency-groups]
dev = ["mypy", "pyarrow>=18"]
callers = [{ include-group = "dev" }, "pandas"]

[tool.typos.words]
writeable = "writeable"

[tool.maturin]
profile = "editable"
"""


def merge(ours: str, base: str = BASE, theirs: str = THEIRS) -> str | None:
    return merge_manifest(base, ours, theirs)


def test_what_is_missing_is_added_where_it_belongs() -> None:
    ours = """\
# Mine.
[dependency-groups] # first
dev = [
    "pytest", # to test
]

[project]
name = "soil"

[tool.other]
a = 1
"""
    assert (
        merge(ours)
        == """\
# Mine.
[dependency-groups] # first
dev = [
    "pytest", # to test
    "pyarrow>=18",
]
callers = [{ include-group = "dev" }, "pandas"]

[project]
name = "soil"
dependencies = ["numpy>=2"]

[tool.other]
a = 1
"""
    )


def test_a_tool_that_the_project_does_without_stays_out() -> None:
    assert "typos" not in (merge("[project]\nname = 'soil'\n") or "typos")


def test_an_included_group_is_there() -> None:
    merged = merge("[project]\nname = 'soil'\n", "", '[dependency-groups]\ndocs = [{ include-group = "dev" }]\n')
    assert merged
    assert "dev = []" in merged


def test_the_requirement_of_the_user_wins() -> None:
    merged = merge('[project]\ndependencies = ["NumPy >= 1.26"]\n')
    assert merged
    assert merged.startswith('[project]\ndependencies = ["NumPy >= 1.26"]\n')


def test_adding_and_removing_gives_back_what_was_there() -> None:
    ours = '[project]\ndependencies = [\n  "attrs",\n]\n\n[dependency-groups]\ndev = ["mypy"]\n'
    merged = merge(ours)
    assert merged
    assert merge(merged, THEIRS, BASE) == ours


def test_a_key_that_both_changed_is_left_to_git() -> None:
    newer = BASE.replace("editable", "release")
    assert merge(BASE.replace("editable", "mine"), BASE, newer) is None
    assert merge(BASE.replace('profile = "editable"\n', ""), BASE, newer) == BASE.replace('profile = "editable"\n', "")


def test_dependencies_that_are_computed_are_left_to_git() -> None:
    assert merge('[project]\ndynamic = ["dependencies"]\n') is None


def test_line_endings_stay() -> None:
    merged = merge("[project]\r\nname = 'soil'\r\n")
    assert merged
    assert merged.count("\r\n") == merged.count("\n")
