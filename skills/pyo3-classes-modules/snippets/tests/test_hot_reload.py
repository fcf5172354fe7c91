"""What a running process can replace: no library, some Python, and child processes as often as it likes."""

from __future__ import annotations

import importlib
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import classes_snippets
import pytest
from classes_snippets._core import hot_reload
from classes_snippets.generations import Generations, fingerprint

if TYPE_CHECKING:
    from types import ModuleType

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not replace a loaded library")

# region: plugin
PLUGIN = """
from classes_snippets.generations import Votes

class Plugin:
    def __init__(self, state):
        self.votes = Votes(state)

    def handle(self, name):
        self.votes.add(name)
        return VERSION

    def state(self):
        return self.votes.data()
"""
# endregion: plugin


def write(path: Path, version: int) -> None:
    path.write_text(f"VERSION = {version}\n{PLUGIN}", encoding="utf-8")


def test_the_code_changes_a_hundred_times_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "plugin.py"
    write(path, 0)
    host = Generations(path, {})
    processes = [host.child.process]
    for version in range(1, 101):
        assert host.ask("Ada") == version - 1
        write(path, version)
        host.renew()
        processes.append(host.child.process)
    assert host.ask("state") == {"Ada": 100}
    host.child.stop()
    # Each has been waited for: none is left, not even as a zombie.
    assert {process.returncode for process in processes} == {0}


def test_code_that_does_not_start_leaves_the_old_one_running(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plugin.py"
    write(path, 1)
    host = Generations(path, {"Ada": 6})
    path.write_text("class Plugin(:", encoding="utf-8")
    with pytest.raises(RuntimeError, match="the plugin ended with code 1"):
        host.renew()
    assert "SyntaxError" in capfd.readouterr().err
    assert (host.ask("Ada"), host.number) == (1, 1)
    assert host.ask("state") == {"Ada": 7}
    host.child.stop()


def test_a_crash_is_an_error_and_no_end_of_the_host(tmp_path: Path) -> None:
    path = tmp_path / "plugin.py"
    path.write_text(
        "import os\nclass Plugin:\n    def __init__(self, state): pass\n    def handle(self, name): os.abort()\n"
    )
    host = Generations(path, {})
    with pytest.raises(RuntimeError, match="the plugin ended with code"):
        host.ask("Ada")
    host.child.stop()


@POSIX
def test_a_child_ends_with_its_host(tmp_path: Path) -> None:
    write(tmp_path / "plugin.py", 1)
    program = (
        "import sys, pathlib, time\n"
        "from classes_snippets.generations import Generations\n"
        "host = Generations(pathlib.Path(sys.argv[1]), {})\n"
        "print(host.ask('Ada'), flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "plugin.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as host:
        assert host.stdout
        assert host.stdout.readline() == "1\n"
        host.kill()
        # The child has the host's stderr, too: it ends only when both have.
        assert host.communicate(timeout=30) == ("", "")


def test_what_a_plugin_prints_is_no_answer(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plugin.py"
    write(path, 1)
    path.write_text(
        path.read_text(encoding="utf-8").replace("return VERSION", "print('heard'); return VERSION"), "utf-8"
    )
    host = Generations(path, {})
    assert host.ask("Ada") == 1
    host.child.stop()
    assert capfd.readouterr().err == "heard\n"


def test_changes_are_seen(tmp_path: Path) -> None:
    before = fingerprint(tmp_path)
    write(tmp_path / "plugin.py", 1)
    after = fingerprint(tmp_path)
    assert after != before
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "plugin.cpython-311.pyc").touch()
    assert fingerprint(tmp_path) == after


def test_a_file_that_vanishes_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "plugin.py", 1)
    monkeypatch.setattr(Path, "rglob", lambda folder, pattern: [folder / "plugin.py", folder / "renamed.py"])
    assert list(fingerprint(tmp_path)) == [tmp_path / "plugin.py"]


def test_a_library_is_not_loaded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = hot_reload.count_call()
    core = sys.modules["classes_snippets._core"]
    assert importlib.reload(core) is core
    assert core.hot_reload.count_call() == calls + 1
    monkeypatch.delitem(sys.modules, "classes_snippets._core")
    again = importlib.import_module("classes_snippets._core")
    assert again is not core
    assert again.hot_reload.count_call() == calls + 2
    assert again.hot_reload.Votes is hot_reload.Votes


def test_a_second_copy_is_a_second_library(second_copy: ModuleType) -> None:
    calls = hot_reload.count_call()
    assert second_copy.hot_reload.count_call() == 1
    assert hot_reload.count_call() == calls + 1
    assert not isinstance(hot_reload.Votes({}), second_copy.hot_reload.Votes)


LOAD = """
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location

def load():
    loader = ExtensionFileLoader("copy._core", sys.argv[1])
    spec = spec_from_file_location("copy._core", sys.argv[1], loader=loader)
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module.hot_reload

first = load()
print(first.count_call(), flush=True)
"""


def replace(folder: Path, change: str) -> subprocess.CompletedProcess[str]:
    """Run a program that loads a library, changes its file, and calls it again, before and after another import."""
    library = next(Path(classes_snippets.__file__).parent.glob("_core.*"))
    copies = [shutil.copy(library, folder / name) for name in ("old.so", "new.so")]
    program = f"{LOAD}\nimport os\n{change}\nprint(first.count_call())\nprint(load().count_call())\n"
    command = [sys.executable, "-c", program, *map(str, copies)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@POSIX
def test_a_new_file_at_the_same_path_is_not_loaded(tmp_path: Path) -> None:
    assert replace(tmp_path, "os.rename(sys.argv[2], sys.argv[1])").stdout.split() == ["1", "2", "3"]


@POSIX
def test_writing_into_a_loaded_library_ends_the_process(tmp_path: Path) -> None:
    done = replace(tmp_path, "open(sys.argv[1], 'wb').close()")
    assert done.returncode < 0
    assert done.stdout.split() == ["1"]


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a Python module that can be imported as `rules`, and is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "rules.py"
    path.write_text("LIMIT = 1\nclass Rule:\n    def limit(self): return LIMIT\n", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "rules", None)
    monkeypatch.delitem(sys.modules, "rules")
    return path


def test_objects_keep_their_class_when_a_module_is_reloaded(rules: Path) -> None:
    module = importlib.import_module("rules")
    kept, rule = module.Rule, module.Rule()
    rules.write_text("LIMIT = 2\nclass Rule:\n    def limit(self): return LIMIT + 10\n", encoding="utf-8")
    importlib.reload(module)
    assert module.Rule is not kept
    assert not isinstance(rule, module.Rule)
    # The old method, with the new global of its module.
    assert (rule.limit(), module.Rule().limit()) == (2, 12)
    rule.__class__ = module.Rule
    assert rule.limit() == 12
    with pytest.raises(TypeError, match="object layout differs"):
        hot_reload.Votes({}).__class__ = module.Rule
    with pytest.raises(pickle.PicklingError, match="not the same object"):
        pickle.dumps(kept())


def test_a_cached_module_may_be_older_than_its_file(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    module = importlib.import_module("rules")
    time_of_first = rules.stat().st_mtime_ns
    rules.write_text(rules.read_text(encoding="utf-8").replace("1", "2"), encoding="utf-8")
    # In the same second, and of the same size.
    os.utime(rules, ns=(time_of_first, time_of_first))
    importlib.reload(module)
    assert module.LIMIT == 1
