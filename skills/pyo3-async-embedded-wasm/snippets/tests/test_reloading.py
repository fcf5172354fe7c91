"""Reloading: scripts that change while the host runs, and what `importlib.reload` does instead."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import textwrap
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

LENGTH = "def score(message, state):\n    return len(message)\n"


class Scorer:
    """A host that runs, and is asked message by message."""

    def __init__(self, program: Path, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        folder.mkdir()
        self.process = subprocess.Popen(
            [program, folder], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8",
        )  # fmt: skip

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(text), encoding="utf-8")

    def score(self, message: str = "four") -> float:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{message}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self) -> str:
        """End it; return what it wrote about errors."""
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return errors


@pytest.fixture
def scorer(programs: dict[str, Path], cargo_environment: dict[str, str], tmp_path: Path) -> Iterator[Scorer]:
    scorer = Scorer(programs["reloading"], tmp_path / "rules", cargo_environment)
    yield scorer
    scorer.process.kill()
    scorer.process.communicate()


def test_rules_come_change_and_go(scorer: Scorer) -> None:
    assert scorer.score() == 0
    scorer.write("length.py", LENGTH)
    assert scorer.score() == 4
    scorer.write("length.py", LENGTH.replace("len(message)", "9"))
    scorer.write("spam.py", "def score(message, state): return 100 * ('spam' in message)")
    assert scorer.score("spam") == 109
    (scorer.folder / "length.py").unlink()
    assert scorer.score("spam") == 100
    assert scorer.end() == ""


def test_a_change_in_the_same_moment_is_seen(scorer: Scorer) -> None:
    scorer.write("length.py", LENGTH.replace("len(message)", "1"))
    before = (scorer.folder / "length.py").stat()
    assert scorer.score() == 1
    scorer.write("length.py", LENGTH.replace("len(message)", "2"))
    os.utime(scorer.folder / "length.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert scorer.score() == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def score(message, state:", "SyntaxError: "),
        ("raise LookupError('no words')", "LookupError: no words"),
        ("def scores(): pass", "AttributeError: module 'rule_length_2' has no attribute 'score'"),
        ("\0", "nul byte found"),
    ],
    ids=["syntax", "raises", "no score", "zero byte"],
)
def test_an_error_is_told_once_and_the_old_version_stays(scorer: Scorer, text: str, message: str) -> None:
    scorer.write("length.py", LENGTH)
    assert scorer.score() == 4
    scorer.write("length.py", text)
    assert [scorer.score(), scorer.score()] == [4, 4]
    scorer.write("length.py", LENGTH.replace("len(message)", "5"))
    assert scorer.score() == 5
    errors = scorer.end()
    assert errors.count(message) == 1


def test_a_rule_that_raises_has_no_score_and_stops_no_other(scorer: Scorer) -> None:
    scorer.write("broken.py", "def score(message, state): return 1 / 0")
    scorer.write("length.py", LENGTH)
    assert scorer.score() == 4
    assert "ZeroDivisionError" in scorer.end()


def test_state_outlives_versions_and_objects_of_old_classes_do_not_fit(scorer: Scorer) -> None:
    text = """
        class Seen: pass
        def score(message, state):
            state["count"] = state.get("count", 0) + 1
            old = state.setdefault("seen", Seen())
            return state["count"] + (0 if isinstance(old, Seen) else 100)
    """
    scorer.write("count.py", text)
    assert [scorer.score(), scorer.score()] == [1, 2]
    scorer.write("count.py", textwrap.dedent(text) + "# new")
    assert scorer.score() == 103


def test_old_versions_are_freed(scorer: Scorer) -> None:
    text = """
        import gc, sys, types
        def score(message, state):
            gc.collect()
            rules = [name for name in sys.modules if name.startswith("rule_")]
            alive = [thing for thing in gc.get_objects() if isinstance(thing, types.ModuleType)]
            return 10 * len(rules) + len([thing for thing in alive if thing.__name__.startswith("rule_")])
    """
    for number in range(5):
        scorer.write("alive.py", textwrap.dedent(text) + f"# {number}")
        assert scorer.score() == 11


def test_what_a_script_imports_is_not_loaded_again(scorer: Scorer) -> None:
    folder = str(scorer.folder / "parts")
    (scorer.folder / "parts").mkdir()
    scorer.write("parts/weights.py", "WEIGHT = 1")
    text = f"import sys; sys.path.insert(0, {folder!r}); import weights\n"
    text += "def score(message, state): return weights.WEIGHT\n"
    scorer.write("weigh.py", text)
    assert scorer.score() == 1
    scorer.write("parts/weights.py", "WEIGHT = 2000")
    scorer.write("weigh.py", text + "# new")
    assert scorer.score() == 1
    scorer.write("weigh.py", text.replace("import weights", "sys.modules.pop('weights'); import weights"))
    assert scorer.score() == 2000


@pytest.fixture
def prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "prices.py").write_text("class Price: pass\ndef old(): pass\nRATE = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    yield importlib.import_module("prices")
    sys.modules.pop("prices")


def test_reload_keeps_what_is_gone_from_the_file(prices: ModuleType, tmp_path: Path) -> None:
    price = prices.Price()
    (tmp_path / "prices.py").write_text("class Price: pass\nRATE = 22\n", encoding="utf-8")
    importlib.reload(prices)
    assert prices.RATE == 22
    assert hasattr(prices, "old")
    assert not isinstance(price, prices.Price)


def test_reload_stops_halfway(prices: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "prices.py").write_text("RATE = 333\nraise ValueError\n", encoding="utf-8")
    with pytest.raises(ValueError):  # noqa: PT011
        importlib.reload(prices)
    assert prices.RATE == 333
    assert hasattr(prices, "Price")


def test_reload_misses_a_change_of_the_same_second_and_length(prices: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "prices.py"
    before = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("RATE = 1", "RATE = 9"), encoding="utf-8")
    os.utime(path, (before.st_atime, int(before.st_mtime)))
    importlib.reload(prices)
    assert prices.RATE == 1


def test_plugins_are_found_by_their_entry_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shouting.py").write_text("def score(message, state): return message.isupper()\n", encoding="utf-8")
    information = tmp_path / "shouting-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n", encoding="utf-8")
    (information / "entry_points.txt").write_text("[planner.rules]\nshouting = shouting:score\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    (plugin,) = entry_points(group="planner.rules")
    assert (plugin.name, plugin.dist and plugin.dist.version) == ("shouting", "1.0")
    assert plugin.load()("HELLO", {}) is True
    sys.modules.pop("shouting")
