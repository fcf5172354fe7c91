"""Scripts that fail lose their turns, and nobody else does; scripts that change are reloaded."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Play

ROBOTS = Path(__file__).parent.parent / "robots"


def test_robots_fight(program: Path) -> None:
    done = subprocess.run(
        [program, ROBOTS, "--limit", "30000"], capture_output=True, encoding="utf-8", timeout=120, check=True
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].partition(" ")[2].startswith("survives with health")


@pytest.mark.parametrize(
    ("script", "line", "error"),
    [
        ("def turn(view):\n    return 1 / 0\n", 2, "ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
        ("def turn(view):\n    raise KeyboardInterrupt\n", 2, "KeyboardInterrupt"),
        ("def turn(view)\n    pass\n", 1, "SyntaxError: expected ':'"),
        ("def turn(view):\n    return turn(view)\n", 2, "RecursionError: maximum recursion depth exceeded"),
        ("def turn(view):\n    view.round = 5\n", 2, "attribute 'round' of 'arena.View' objects is not writable"),
    ],
)
def test_a_script_that_fails_shows_its_line(play: Play, folder: Path, script: str, line: int, error: str) -> None:
    done = play(3, bad=script)
    assert done.returncode == 0
    assert done.stdout.count(": bad loses its turn") == 3
    assert done.stdout.count(": walker moves") == 3
    # The same error is shown once.
    assert done.stderr.count("Traceback") + done.stderr.startswith("  File") == 1
    assert error in done.stderr
    assert f'File "{folder}/bad.py", line {line}' in done.stderr


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("", "module 'robots.bad' has no attribute 'turn'"),
        ("def turn(view):\n    return 'north'\n", "TypeError"),
        ("def turn(view):\n    import pathlib\n    pathlib.Path(__file__).unlink()\n", "No such file"),
    ],
)
def test_a_script_with_no_action_loses_its_turn(play: Play, script: str, error: str) -> None:
    done = play(2, bad=script)
    assert "2: bad loses its turn" in done.stdout
    assert "2: walker moves" in done.stdout
    assert error in done.stderr


@pytest.mark.parametrize(
    "script",
    [
        "while True: pass",
        "def turn(view):\n while True: pass",
        "def turn(view):\n while True:\n  try:\n   while True: pass\n  except Exception: pass",
        "def turn(view):\n while True:\n  try:\n   while True: pass\n  except: pass",
        "def turn(view):\n while True:\n  try: pass\n  except: pass",
        "def turn(view):\n while True:\n  try:\n   while True: pass\n  finally: continue",
        "def turn(view):\n try:\n  while True: pass\n finally:\n  while True: pass",
        "def turn(view):\n try: turn(view)\n except BaseException: turn(view)",
        "import contextlib as c\ndef turn(view):\n while True:\n  with c.suppress(BaseException):\n   while True: pass",
        "def turn(view):\n any(iter(lambda: 0, 1))",
        "import time\ndef turn(view):\n time.sleep(1000)",
        "import threading\nlock = threading.Lock()\nlock.acquire()\ndef turn(view):\n lock.acquire()",
        "import re\ndef turn(view):\n re.match('(a*)*b', 'a' * 99)",
        "class E(Exception):\n def __str__(self):\n  while True: pass\ndef turn(view): raise E",
        "class D:\n def __del__(self):\n  while True: pass\ndef turn(view): D()",
    ],
)  # fmt: skip
def test_a_script_without_an_end_loses_its_turn(play: Play, script: str) -> None:
    done = play(2, 150, endless=script)
    assert done.returncode == 0
    assert "1: endless loses its turn\n" in done.stdout
    assert "2: endless loses its turn\n" in done.stdout
    # On a busy machine the walker can run out of time, too; what counts is that it gets its turn.
    assert "1: walker" in done.stdout
    assert "2: walker" in done.stdout
    assert "TimeIsUp" in done.stderr or "raised what can't be shown" in done.stderr


def test_what_a_script_leaves_behind_does_not_keep_the_program(play: Play) -> None:
    keep = "class D:\n def __del__(self):\n  while True: pass\n\ndef turn(view): view.memory['d'] = D()"
    done = play(1, 300, keep=keep)
    assert "walker survives" in done.stdout


def test_a_c_function_that_ends_late_loses_the_turn(play: Play) -> None:
    done = play(1, 50, late="def turn(view):\n    sum(range(30_000_000))\n")
    assert "1: late loses its turn" in done.stdout


def test_a_script_cleans_up_when_its_time_is_up(play: Play) -> None:
    script = """
def turn(view):
    if view.memory:
        print("memory:", view.memory)
        return
    try:
        while True:
            pass
    finally:
        view.memory["clean"] = True
"""
    assert "memory: {'clean': True}\n" in play(2, 1_500, tidy=script).stdout


def test_a_script_is_reloaded_with_its_memory(play: Play) -> None:
    # `editor` comes first in each round, and changes `target`, in versions of equal size.
    editor = """
from pathlib import Path
TARGET = Path(__file__).with_name("target.py")
VERSIONS = ["print('v1', view.memory)", "print('v2', view.memory", "print('v3', view.memory)", "1 / 0 # the old line    ", "1 / 0 # the new line    "]
def turn(view):
    text = f"def turn(view):\\n    view.memory[view.round] = True\\n    {VERSIONS[view.round - 1]}\\n"
    TARGET.write_text(text, encoding="utf-8")
"""  # noqa: E501
    done = play(5, editor=editor, target="")
    lines = [line for line in done.stdout.splitlines() if "walker" not in line and "survives" not in line]
    assert lines == [
        "v1 {1: True}",
        "2: target loses its turn",
        "v3 {1: True, 3: True}",
        "4: target loses its turn",
        "5: target loses its turn",
    ]
    assert [word for word in ("SyntaxError", "the old line", "the new line") if done.stderr.count(word) != 1] == []


def test_a_script_has_a_module_of_its_own(play: Play) -> None:
    script = """
from __future__ import annotations
import random, sys
from dataclasses import dataclass

@dataclass
class Plan:
    steps: list[int]

def turn(view: object) -> None:
    print(__name__, Plan([random.randint(3, 3)]), sys.path[0].startswith(sys.prefix))
"""
    done = play(1, random=script, other=script)
    assert done.stderr == ""
    assert done.stdout.splitlines()[:2] == [f"robots.{name} Plan(steps=[3]) True" for name in ("other", "random")]


def test_variables_for_another_python_change_nothing(program: Path, tmp_path: Path) -> None:
    variables = {"PYTHONHOME": "/nowhere", "PYTHONPATH": str(tmp_path), "PYTHONSTARTUP": "/nowhere"}
    (tmp_path / "linecache.py").write_text("raise RuntimeError", encoding="utf-8")
    done = subprocess.run(
        [program, ROBOTS, "--limit", "30000"], env=variables, capture_output=True, timeout=120, check=True
    )
    assert done.stderr == b""


@pytest.mark.parametrize("words", [[], ["robots", "--limit", "0"], ["robots", "--rounds"], ["robots", "--speed", "1"]])
def test_wrong_usage_is_an_error(program: Path, words: list[str]) -> None:
    done = subprocess.run([program, *words], capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: robot-arena ROBOTS")


def test_a_folder_that_is_not_there_is_an_error(program: Path, tmp_path: Path) -> None:
    done = subprocess.run([program, tmp_path / "none"], capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: `{tmp_path}/none`: ")


def test_the_stub_has_what_scripts_see(play: Play) -> None:
    tree = ast.parse((ROBOTS / "arena.pyi").read_text(encoding="utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    names = {
        f"{owner}.{item.name}"
        for owner in ("Robot", "View")
        for item in classes[owner].body
        if isinstance(item, ast.FunctionDef)
    }
    script = """import arena
def turn(view):
    print(*(name for name in vars(arena) if name[0] != "_"))
    print(*(f"{kind.__name__}.{name}" for kind in (arena.Robot, arena.View) for name in vars(kind) if name[0] != "_"))
"""
    done = play(1, look=script)
    first, second = done.stdout.splitlines()[:2]
    assert set(first.split()) == set(classes)
    assert set(second.split()) == names
