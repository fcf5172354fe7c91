"""`plugin_manager list`: what the metadata says, and nothing run."""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING

from scaffolder.anatomy.hosts import find_host
from scaffolder.skills import find_example
from tests.tools.plugin_manager.conftest import GROUP, Tool, install
from tests.tools.results import read_result

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command


def test_plugins_are_listed_without_running_any(site: Path, tool: Tool) -> None:
    source = "open('ran', 'w')"
    install(site, "pure", {"b": "pure_source:B", "a": "pure_source"}, pure_source=source)
    (site / "start.pth").write_text(f"import sys; {source}\n{site}\n", encoding="utf-8")
    install(site, "fast", {"c": "fast_source._native:C", "d": "fast_source:D", "e": "gone.away:E", "f": "a b"})
    (site / "fast_source").mkdir()
    (site / "fast_source/__init__.py").write_text(source, encoding="utf-8")
    library = site / f"fast_source/_native{EXTENSION_SUFFIXES[0]}"
    library.write_bytes(b"")
    result = read_result(tool("list", "--json")[0])
    rows = {row[0]: row[1:] for row in result["tables"][0]["rows"]}
    assert list(rows) == ["a", "b", "c", "d", "e", "f"]
    assert rows["b"] == ["pure", "1.2", "pure_source:B", "Python", "yes", str(site / "pure_source.py")]
    assert rows["c"] == ["fast", "1.2", "fast_source._native:C", "extension", "yes", str(library)]
    assert rows["d"][3] == "Python, extension"
    assert [rows[name][3:] for name in "ef"] == [["unknown", "yes", "unknown"]] * 2
    assert [item["id"] for item in result["findings"]] == ["broken-entry-point", "no-file"]
    assert result["summary"].startswith(f"6 plugins of `{GROUP}` in ")
    assert not list(site.parent.rglob("ran"))
    assert ["file" in tool("list", *flags)[0].splitlines()[2] for flags in ((), ("--verbose",))] == [False, True]


def test_the_example_and_the_feature_say_what_their_plugins_are(pyo3_new: Command, tmp_path: Path) -> None:
    example = find_host(find_example("text-filters").path, None)
    assert example is not None
    assert (example.group, example.contract) == ("text_filters.filters", "text_filters.registry:Filter")
    pyo3_new("new", "tide-tables", "--defaults", "--with", "plugins")
    project = find_host(tmp_path / "tide-tables", None)
    assert project is not None
    assert (project.group, project.contract) == ("tide_tables.filters", "tide_tables.plugins:Filter")
