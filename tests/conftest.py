"""Run the command as a user does: in a process of its own, away from this machine's settings."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from filelock import FileLock

from scaffolder.skills import load_skills
from scaffolder.template.catalog import load_catalog
from tests import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from tests.history import Grow, History

    Run = Callable[..., str]

CHECKOUT = Path(__file__).resolve().parent.parent
SKILLS = {skill.name: skill for skill in load_skills(CHECKOUT / "skills")}
FEATURES = [feature.name for feature in load_catalog(CHECKOUT).features]
# Where builds are kept from one run to the next.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pyo3-new"
# A shell that starts the tests in the background lets them, and all that they start, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# The locks that a test holds.
LOCKS = pytest.StashKey[ExitStack]()
IDENTITY = "[user]\n  name = Ada Lovelace\n  email = ada@example.org\n"


class Command(Protocol):
    """Runs `pyo3-new` with these arguments."""

    def __call__(self, *arguments: str, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]: ...


def run_or_fail(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> str:
    """Run a program and return what it printed; if it fails, so does the test, with all of that."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        pytest.fail(f"`{' '.join(command)}` in {folder} ended with {done.returncode}:\n{done.stdout}", pytrace=False)
    return done.stdout


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the option that leaves the tests of the other skills to other machines."""
    parser.addoption("--skill", choices=SKILLS, help="run the tests of this skill, its tools and its documents only")


def skill_of(item: pytest.Item) -> str | None:
    """Return the skill that a test is about: that of its tool, or the one that its parameters begin with."""
    folder = item.path.parent
    if folder.parent == CHECKOUT / "tests/tools":
        return next(
            (name for name, skill in SKILLS.items() if folder.name in {tool.name for tool in skill.tools}), None
        )
    name = item.callspec.id.partition("/")[0] if hasattr(item, "callspec") else ""
    return name if name in SKILLS else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what one process does at a time, so that another has the rest to do meanwhile."""
    for item in items:
        if "build_run" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("exclusive"):
            item.add_marker(pytest.mark.exclusive("tools"))
    if wanted := config.getoption("skill"):
        left = [item for item in items if skill_of(item) != wanted]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if skill_of(item) == wanted]
    items.sort(key=lambda item: item.get_closest_marker("exclusive") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test wait until no other process builds in the place where it does, or wants to be alone."""
    mark = item.get_closest_marker("exclusive")
    with ExitStack() as locks:
        if mark is not None:
            CACHE.mkdir(parents=True, exist_ok=True)
            locks.enter_context(FileLock(CACHE / f"{mark.args[0]}.lock"))
        locks.enter_context(quiet.beside_others())
        item.stash[LOCKS] = locks
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test that failed beside others run again alone, where `make test` has pytest-rerunfailures run it again."""
    if getattr(item, "execution_count", 1) > 1:
        item.stash[LOCKS].enter_context(quiet.alone())


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes of pytest-xdist know of each other."""
    if hasattr(config, "workerinput"):
        quiet.join(config.workerinput)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Remove, after a run, what its processes waited for each other with."""
    folder = quiet.folder_of(node.workerinput["testrunuid"])
    node.config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which cells of the matrix were left to the workflow."""
    from tests.template import matrix

    run = [report for kind, reports in terminalreporter.stats.items() if kind != "deselected" for report in reports]
    if matrix.VARIABLE in os.environ or not any("test_build.py" in getattr(report, "nodeid", "") for report in run):
        return
    left = matrix.load().left
    terminalreporter.section(f"{len(left)} cells of the matrix were left to the workflow")
    for system in dict.fromkeys(cell.system for cell in left):
        cells = [cell for cell in left if cell.system == system]
        terminalreporter.write_line(f"{system}: " + ", ".join(cell.short for cell in cells))
    terminalreporter.write_line(
        "`nox -s matrix -- --list` tells them apart, `nox -s matrix -- --help` how to build one"
    )


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Git's settings: who the user is, and nothing else."""
    path = tmp_path_factory.mktemp("settings") / "gitconfig"
    path.write_text(IDENTITY, encoding="utf-8")
    return path


@pytest.fixture
def environment(settings: Path) -> dict[str, str]:
    """The environment that commands run in."""
    unwanted = ("GIT_", "PYO3_", "COPIER_", "NO_COLOR", "FORCE_COLOR", "EMAIL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return kept | {
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONPATH": str(CHECKOUT),
        "PYTHONUTF8": "1",
    }


@pytest.fixture
def hangup() -> Iterator[None]:
    """Let SIGHUP end what the test starts, also under `nohup`, which has it ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def pyo3_new(environment: dict[str, str], tmp_path: Path) -> Command:
    """Run the command in an empty folder and expect an exit code."""

    def run(*arguments: str, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "scaffolder", *arguments],
            cwd=cwd or tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def build_run() -> Run:
    """Run a program that builds the code of a tool's test or of a skill, and return what it printed.

    What it builds is kept in a place of the cache, where one process builds at a time.
    """
    unwanted = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYO3_", "FORCE_COLOR")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)} | {
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_INCREMENTAL": "0",
        "MYPY_CACHE_DIR": str(CACHE / "mypy"),
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def build_run(*command: str, folder: Path, place: str = "tools", **extra: str) -> str:
        places = {
            "CARGO_TARGET_DIR": str(CACHE / place / "target"),
            # One for all that is built there: to cargo another interpreter is a reason to build pyo3 again.
            "UV_PROJECT_ENVIRONMENT": str(CACHE / place / "environment"),
        }
        return run_or_fail(command, folder, variables | places | extra)

    return build_run


def git(*arguments: str, cwd: Path) -> str:
    """Run git, as the person who set up the test."""
    person = ["-c", "user.name=Grace", "-c", "user.email=grace@example.org", "-c", "commit.gpgSign=false"]
    done = subprocess.run(["git", *person, *arguments], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files in a folder with what they hold, the repository aside."""
    files = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(".git/")}


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Three releases of the template."""
    from tests.history import build

    return build(tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder for this run, the same in all processes of pytest-xdist."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if hasattr(request.config, "workerinput") else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def grow(history: History, shared: Path, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Grow:
    """Run the command in this process, with three releases to choose from and no network."""
    from tests.history import Grow

    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    with settings.open("a", encoding="utf-8") as file:
        nowhere = (tmp_path / "nowhere").as_posix()
        file.write(f'[url "{nowhere}"]\n  insteadOf = https://github.com/pyo3-new/pyo3-new\n')
    return Grow(history, tmp_path, monkeypatch, shared)
