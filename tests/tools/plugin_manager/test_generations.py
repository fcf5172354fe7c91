"""A plugin that changes while its host runs: a new process each time, the state kept, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.machine.entry_points import find_plugins
from scaffolder.machine.environment import find_environment
from scaffolder.skills import find_tool
from scaffolder.tools.plugin_manager.generations import HotPlugin, watch
from tests.tools.plugin_manager.conftest import GROUP, Tool, install

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTER = """
class Counter:
    def __init__(self):
        self.count, self.log = 0, []

    def add(self):
        self.count += 1
        self.log.append(0)
        return [0, self.count, self.log[-3:], len(self.log)]
"""


def version(number: int) -> str:
    """Return the plugin's source in a version; all are of the same size."""
    return COUNTER.replace("0)", f"{number})").replace("[0,", f"[{number},")


def replace(path: Path, text: str) -> None:
    """Replace a file as editors do."""
    temporary = path.with_suffix(".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


@pytest.fixture
def hot(site: Path) -> Iterator[HotPlugin]:
    """Return a plugin that counts its calls, loaded in its first version."""
    install(site, "counting", {"counter": "counting_source:Counter"}, counting_source=version(100))
    environment = find_environment(sys.executable, Path.cwd(), os.environ)
    with HotPlugin(environment, find_plugins(environment, GROUP).require("counter"), 20) as hot:
        yield hot


def children() -> list[str]:
    """Return the processes that this one has started and that are there."""
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=True)
    return sorted(text.stdout.split())[:-1]


def descriptors() -> list[str]:
    """Return the open files of this process."""
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes and open files are counted in /proc")
def test_a_plugin_is_changed_a_hundred_times_while_its_host_runs(hot: HotPlugin, site: Path) -> None:
    answers: list[tuple[int, int]] = []
    stop, failures = threading.Event(), []

    def host() -> None:
        while not stop.is_set():
            try:
                number, count, _, length = hot.call("add")["value"]
                assert length == count
                answers.append((number, count))
                time.sleep(0.001)
            except BaseException as error:
                failures.append(error)
                raise

    before = len(children()), len(descriptors()), threading.active_count()
    caller = threading.Thread(target=host)
    caller.start()
    source = site / "counting_source.py"
    reloads = watch(hot, stop, interval=0.005)
    for number in range(101, 201):
        replace(source, version(number))
        assert next(reloads).generation == number - 99
    time.sleep(0.05)
    stop.set()
    caller.join()
    assert not failures
    assert [count for _, count in answers] == list(range(1, len(answers) + 1))
    numbers = [number for number, _ in answers]
    assert numbers == sorted(numbers)
    assert set(numbers) >= {100, 200}
    assert len(set(numbers)) > 90
    assert hot.call("add")["value"][:2] == [200, len(answers) + 1]
    assert (len(children()), len(descriptors()), threading.active_count()) == before


def test_a_version_that_fails_leaves_the_old_one_running(hot: HotPlugin, site: Path) -> None:
    hot.call("add")
    for broken in ("class Counter(:\n", "raise ImportError('no')\n", "import os\nos._exit(3)\n", "class Other: pass\n"):
        replace(site / "counting_source.py", broken)
        assert hot.reload().failure
        assert hot.generation == 1
    assert hot.call("add")["value"][:2] == [100, 2]
    replace(site / "counting_source.py", version(101))
    assert hot.reload().state == "kept"
    assert hot.call("add")["value"][:2] == [101, 3]


def test_the_plugin_decides_what_its_state_is(site: Path) -> None:
    source = (
        "class Cache:\n    def __init__(self): self.hits, self.lock = 0, open(__file__)\n"
        "    def hit(self): self.hits += 1; return self.hits\n"
        "    def __getstate__(self): return {'hits': self.hits}\n"
        "    def __setstate__(self, state): self.hits = state['hits'] * 10\n"
    )
    install(site, "caching", {"cache": "caching:Cache"}, caching=source)
    environment = find_environment(sys.executable, Path.cwd(), os.environ)
    with HotPlugin(environment, find_plugins(environment, GROUP).require("cache")) as hot:
        hot.call("hit")
        assert hot.reload().state == "kept"
        assert hot.call("hit")["value"] == 11


def test_a_state_that_cannot_be_handed_over_keeps_the_old_generation(hot: HotPlugin, site: Path) -> None:
    text = version(101).replace(
        "self.count, self.log = 0, []", "self.count, self.log, self.file = 0, [], open(__file__)"
    )
    replace(site / "counting_source.py", text)
    assert hot.reload().generation == 2
    hot.call("add")
    reload = hot.reload()
    assert reload.failure is None or "pickle" in reload.failure.message


NATIVE = """
#include <Python.h>
static PyObject *number(PyObject *self, PyObject *none) { return PyLong_FromLong(NUMBER); }
static PyMethodDef methods[] = {{"number", number, METH_NOARGS, ""}, {0}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_native", "", -1, methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&definition); }
"""
HEADERS = Path(sysconfig.get_path("include"))


@pytest.mark.skipif(not shutil.which("cc") or not (HEADERS / "Python.h").is_file(), reason="needs cc and Python.h")
def test_a_rebuilt_extension_is_loaded_and_the_state_kept(site: Path) -> None:
    def build(number: int) -> None:
        command = ["cc", "-shared", "-fPIC", f"-I{HEADERS}", f"-DNUMBER={number}", "-x", "c", "-", "-o", "new.so"]
        command += ["-undefined", "dynamic_lookup"] if sys.platform == "darwin" else []
        subprocess.run(command, cwd=site, input=NATIVE, text=True, check=True)
        (site / "new.so").replace(site / f"fast/_native{EXTENSION_SUFFIXES[0]}")

    (site / "fast").mkdir()
    source = COUNTER.replace("[0,", "[_native.number(),")
    (site / "fast/__init__.py").write_text(f"from fast import _native\n{source}", encoding="utf-8")
    build(1)
    install(site, "fast", {"fast": "fast:Counter"})
    environment = find_environment(sys.executable, Path.cwd(), os.environ)
    with HotPlugin(environment, find_plugins(environment, GROUP).require("fast")) as hot:
        reloads = watch(hot, threading.Event(), interval=0.05)
        for number in (1, 2, 3):
            assert hot.call("add")["value"][:2] == [number, number]
            build(number + 1)
            assert next(reloads).state == "kept"


def test_after_a_crash_a_new_generation_has_the_last_state(hot: HotPlugin, site: Path) -> None:
    hot.call("add")
    replace(
        site / "counting_source.py", version(101) + "\n    def crash(self):\n        import os\n        os.abort()\n"
    )
    assert hot.reload().state == "kept"
    hot.call("add")
    with pytest.raises(Exception, match="ended its process"):
        hot.call("crash")
    assert hot.reload().state == "lost"
    assert hot.call("add")["value"][1] == 2


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the command, and return when the plugin is loaded."""
    command = [sys.executable, str(find_tool("plugin_manager").path), "watch", "--python", sys.executable, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "generation 1 runs" in process.stderr.readline()
    return process


def test_a_command_watches_until_it_has_reloaded(site: Path) -> None:
    install(site, "counting", {"counter": "counting_source:Counter"}, counting_source=version(100))
    with start("counter", "add", "--reloads", "1") as process:
        assert process.stderr is not None
        assert "`add`: returned [100, 1, [100], 1]" in process.stderr.readline()
        replace(site / "counting_source.py", version(101))
        stdout, stderr = process.communicate(timeout=300)
    assert stdout.endswith("`counter`: 1 reload, 0 of them failed\n")
    assert "generation 2 runs after" in stderr
    assert "state kept\n`add`: returned [101, 2, [100, 101], 2]" in stderr


def test_a_plugin_that_cannot_be_loaded_is_not_watched(site: Path, tool: Tool) -> None:
    install(site, "counting", {"counter": "counting_source:Counter"}, counting_source="raise OSError('no table')")
    assert "raises an exception when it is loaded: OSError: no table [raises]" in tool("watch", "counter", code=1)[0]


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_command_and_the_plugin(site: Path, number: signal.Signals, code: int) -> None:
    install(site, "counting", {"counter": "counting_source:Counter"}, counting_source=version(100))
    with start("counter") as process:
        child = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
        )
        process.send_signal(number)
        process.communicate(timeout=300)
    assert process.returncode == code
    assert child.stdout.strip()
    assert all(not Path(f"/proc/{pid}").exists() for pid in child.stdout.split())
