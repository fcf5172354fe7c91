"""From an empty folder to the first green test, and from an edited line of Rust to its tests."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cases import OURS, Case, run
from benchmarks.startup import NAME, PACKAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.peers import Peers

# The one test that these tools leave to their users to write.
TESTS = {
    "uv": f"from {PACKAGE} import hello_from_bin\n\n\ndef test_hello():\n    assert hello_from_bin()\n",
    "maturin": f"from {PACKAGE} import sum_as_string\n\n\ndef test_sum():\n    assert sum_as_string(1, 2) == '3'\n",
}
EDITED = {OURS: "src/distance.rs", "uv": "src/lib.rs", "maturin": "src/lib.rs"}
BUILD_TOOL = "maturin>=1.0,<2.0"
OFFLINE = {"CARGO_NET_OFFLINE": "true", "UV_OFFLINE": "1"}
# In uv's cache: what uv has built itself. The rest was downloaded.
BUILT = ("sdists-*", "builds-*", "environments-*")


@dataclass(frozen=True)
class Way:
    """How a tool gets to a green test, by what its own guide tells people to type.

    Attributes:
        who: The tool.
        make: The command that makes the project.
        test: The commands that build it and run its tests, the first time.
        again: The same after an edit.
        folder: The empty folder.
        environment: The variables, with a build folder and a download cache of its own.
    """

    who: str
    make: list[str]
    test: list[list[str]]
    again: list[list[str]]
    folder: Path
    environment: Mapping[str, str]

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder / NAME

    def start(self) -> None:
        """Go from the empty folder to the first green test."""
        run(self.make, self.folder, self.environment)
        if self.who in TESTS:
            (self.project / "tests").mkdir()
            (self.project / "tests/test_first.py").write_text(TESTS[self.who], encoding="utf-8")
        for command in self.test:
            run(command, self.project, self.environment)

    def retry(self) -> None:
        """Go from an edit to green tests."""
        for command in self.again:
            run(command, self.project, self.environment)

    def forget(self, *, everything: bool) -> None:
        """Go back to the empty folder, and remove what was built if `everything` is to go."""
        built = [self.folder]
        if everything:
            cache = Path(self.environment["UV_CACHE_DIR"])
            built += [Path(self.environment["CARGO_TARGET_DIR"])]
            built += [path for pattern in BUILT for path in cache.glob(pattern)]
        for path in built:
            shutil.rmtree(path, ignore_errors=True)
        self.folder.mkdir(parents=True)


def ways(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> Iterator[Way]:
    """Say how each tool does it."""
    uv, maturin = peers.program("uv"), peers.program("maturin")
    test = [uv, "run", "--quiet", "pytest"]
    develop = [[maturin, "develop", "--uv", "--quiet"], [".venv/bin/pytest"]]
    typed = {
        OURS: ([peers.program(OURS), "new", NAME, "--defaults", "--quiet"], [test], [test]),
        "uv": (
            [uv, "init", "--quiet", "--build-backend", "maturin", NAME],
            [[uv, "add", "--quiet", "--dev", "pytest"], [uv, "sync", "--quiet"], test],
            [test],
        ),
        "maturin": (
            [maturin, "new", "--bindings", "pyo3", NAME],
            [[uv, "venv", "--quiet"], [uv, "pip", "install", "--quiet", "pytest"], *develop],
            develop,
        ),
    }
    for who, commands in typed.items():
        private = {"CARGO_TARGET_DIR": str(workspace / "built" / who), "UV_CACHE_DIR": str(workspace / "cache" / who)}
        yield Way(who, *commands, workspace / "journey" / who, {**environment, **private, **OFFLINE})


def download(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> None:
    """Fetch what everybody needs and build nothing: the network is not measured, and not there when they are."""
    uv = peers.program("uv")
    sync = [uv, "sync", "--quiet", "--no-install-project"]
    # What each way asks the index for; `maturin` is what uv builds with.
    fetched = {
        OURS: [sync],
        "uv": [[uv, "add", "--quiet", "--dev", "pytest", "--no-sync"], sync, [uv, "pip", "install", BUILD_TOOL]],
        "maturin": [[uv, "venv", "--quiet"], [uv, "pip", "install", "--quiet", "pytest"]],
    }
    for way in ways(peers, workspace, environment):
        online = {name: value for name, value in way.environment.items() if name not in OFFLINE}
        way.forget(everything=False)
        run(way.make, way.folder, online)
        for command in [*fetched[way.who], ["cargo", "fetch", "--quiet"]]:
            run(command, way.project, online)


def first_tests(peers: Peers, workspace: Path, environment: Mapping[str, str], *, cold: bool) -> Iterator[Case]:
    """Measure the way to the first green test, with nothing built yet, or with the dependencies built."""
    work = f"empty folder to green tests, {'nothing' if cold else 'dependencies'} built before"
    for way in ways(peers, workspace, environment):
        yield Case("first test", work, way.who, way.start, partial(way.forget, everything=cold))


def edits(peers: Peers, workspace: Path, environment: Mapping[str, str]) -> Iterator[Case]:
    """Measure the way from an edited line to its tests, in the projects that are there already."""
    for way in ways(peers, workspace, environment):
        edit = editor(way.project / EDITED[way.who])
        yield Case("edit", "edited line of Rust to green tests", way.who, way.retry, edit)


def editor(path: Path) -> Callable[[], None]:
    """Return what changes the first documentation line of a Rust file, which is compiled into the module."""
    numbers = count(1)

    def change() -> None:
        text = path.read_text(encoding="utf-8")
        changed = re.sub(r"(?m)^(\s*/// [^\n]*?)( Edit \d+\.)?$", rf"\1 Edit {next(numbers)}.", text, count=1)
        path.write_text(changed, encoding="utf-8")

    return change
