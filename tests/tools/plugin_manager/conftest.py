"""A host with plugins of all kinds, installed as an installer leaves them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

import pytest

from scaffolder.tools.plugin_manager.app import app
from tests.tools.results import call_tool

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "tide_tables.sources"
HOST = '''
"""Tide tables from sources that plugins add."""

from importlib.metadata import entry_points
from typing import Final, Protocol

API_VERSION = 2
GROUP: Final = "tide_tables.sources"


class Source(Protocol):
    """The contract."""

    unit: str

    @property
    def api_version(self) -> int: ...

    def height(self, port: str, /, hour: int = 0, *, datum: str = "LAT") -> float: ...


def sources():
    return entry_points(group=GROUP)
'''
PLUGINS = """
import ctypes
import os
import subprocess
import sys
import time


class Good:
    api_version = 2
    unit = "m"

    def height(self, port, hour=0, *, datum="LAT"):
        print("asked for", port)
        return len(port) + hour / 10

    def crash(self):
        ctypes.string_at(0)

    def endless(self, note="note"):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open(note, "w") as file:
            file.write(str(process.pid))
        while True:
            pass

    def fill(self, mebibytes):
        return len(bytearray(mebibytes * 2**20))

    def nothing(self):
        return self

    def fail(self):
        raise ValueError("no such port")


class Wide(Good):
    def height(self, *arguments, **keywords):
        return 0.0


class TooOld(Good):
    api_version = 1


class WrongType(Good):
    api_version = "2"


class NoMethod:
    api_version = 2
    unit = "m"


class NoMember(Good):
    unit = property()


class NoCall(Good):
    height = 3


class NoHour(Good):
    def height(self, port, *, datum="LAT"):
        return 0.0


class OtherKeyword(Good):
    def height(self, port, hour=0, *, level="LAT"):
        return 0.0


class Demanding(Good):
    def height(self, port, hour, *, datum="LAT"):
        return 0.0


class Arguments(Good):
    def __init__(self, path):
        self.path = path


class Crashes(Good):
    def __init__(self):
        ctypes.string_at(0)


class Exits(Good):
    def __init__(self):
        os._exit(0)


class Leaves(Good):
    def __init__(self):
        sys.exit("no licence")


class Hangs(Good):
    def __init__(self):
        time.sleep(60)


class Unreadable(Good):
    height = iter

instance = Good()
"""


class Tool(Protocol):
    """Runs the tool, and returns what it printed on stdout and stderr."""

    def __call__(self, *arguments: str, code: int = 0) -> tuple[str, str]: ...


def install(site: Path, distribution: str, points: dict[str, str], *, group: str = GROUP, **files: str) -> None:
    """Put a distribution into a folder of packages."""
    for name, text in files.items():
        (site / f"{name}.py").write_text(text, encoding="utf-8")
    metadata = site / f"{distribution.replace('-', '_')}-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n", encoding="utf-8")
    lines = [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of packages with the host; the current folder is its project."""
    project, site = tmp_path / "project", tmp_path / "site"
    (project / "tide_tables").mkdir(parents=True)
    site.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "tide-tables"\n', encoding="utf-8")
    (project / "tide_tables/__init__.py").write_text(HOST, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{project}:{site}" if sys.platform != "win32" else f"{project};{site}")
    monkeypatch.chdir(project)
    return site


@pytest.fixture
def tool(capsys: pytest.CaptureFixture[str]) -> Tool:
    """Run the tool in this process."""

    def run(*arguments: str, code: int = 0) -> tuple[str, str]:
        verb, *rest = arguments
        return call_tool(app, "plugin_manager", [verb, "--python", sys.executable, *rest], capsys, code)

    return run
