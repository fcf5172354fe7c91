"""A project is read once, whatever lies in the place of its files."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from scaffolder.anatomy.manifests import find_manifests, read_manifests
from scaffolder.anatomy.project import read_project
from scaffolder.errors import ScaffolderError
from scaffolder.files import Reader, UnreadableFileError, read_regular
from scaffolder.machine.cargo import CargoMetadata
from scaffolder.machine.choices import InterpreterChoice, editor_choices, maturin_choice
from tests.tools.setup_validator.projects import FILES, added, changed, removed, replaced, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scaffolder.anatomy.project import Project
    from tests.tools.setup_validator.projects import Change

CARGO, PYPROJECT, SOURCE = "Cargo.toml", "pyproject.toml", "src/lib.rs"
WORKFLOW, SETTINGS, MODULE = ".github/workflows/x.yml", ".vscode/settings.json", "python/fares/x.py"
ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="there are no such files on Windows")
WATCHED = """
import os, sys
log = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT)

def watch(event, arguments):
    if event == "open":
        os.write(log, f"open {arguments[0]}\\n".encode())
    elif event == "subprocess.Popen":
        os.write(log, f"start {' '.join(map(os.fspath, arguments[1]))}\\n".encode())

sys.addaudithook(watch)
from scaffolder.__main__ import main
main()
"""


@ON_POSIX
@pytest.mark.parametrize("place", ["", "src"])
def test_one_run_opens_a_manifest_once_and_asks_rustc_once(
    place: str, environment: dict[str, str], tmp_path: Path
) -> None:
    project = write(tmp_path / "fares", FILES | {"setup.py": "import setuptools\n"})
    log = tmp_path / "log"
    command = [sys.executable, "-c", WATCHED, str(log), "doctor", "--json"]
    subprocess.run(command, cwd=project / place, env=environment, capture_output=True, check=False, timeout=120)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.endswith(("/fares/pyproject.toml", "/fares/setup.py"))] == [
        f"open {project / PYPROJECT}",
        f"open {project / 'setup.py'}",
    ]
    started = [line for line in lines if line.startswith("start ") and line.endswith("rustc -vV")]
    assert len(started) <= 1
    assert any(line.endswith("cargo --version") for line in lines)


def read(project: Path) -> Project:
    """Read a project, and fail if that takes long."""
    start = time.process_time()
    found = read_project(project)
    list(editor_choices(project, InterpreterChoice("cargo", None, ""), {}))
    assert time.process_time() - start < 10
    return found


def fifo(path: Path) -> None:
    os.mkfifo(path)


def zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(9 * 1024 * 1024)


@ON_POSIX
@pytest.mark.parametrize("name", ["setup.py", ".python-version", MODULE, WORKFLOW, "src/x.rs", "build.rs"])
@pytest.mark.parametrize("make", [fifo, zero, large, loop])
def test_what_is_no_file_to_read_is_a_fact(make: Callable[[Path], None], name: str, tmp_path: Path) -> None:
    project = write(tmp_path / "fares", FILES)
    (project / name).unlink(missing_ok=True)
    make(project / name)
    found = read(project)
    assert {problem.path for problem in found.unreadable} == {project / name}
    assert found.layout.module == "fares._core"


@ON_POSIX
@pytest.mark.parametrize("name", [SETTINGS, ".cargo/config.toml", "uv.lock", "python/fares/py.typed"])
@pytest.mark.parametrize("make", [fifo, zero, large])
def test_what_is_no_file_to_read_is_passed_over(make: Callable[[Path], None], name: str, tmp_path: Path) -> None:
    project = write(tmp_path / "fares", FILES)
    (project / name).unlink(missing_ok=True)
    (project / name).parent.mkdir(exist_ok=True)
    make(project / name)
    assert read(project).layout.package


@ON_POSIX
@pytest.mark.parametrize("name", [CARGO, PYPROJECT, "Cargo.lock"])
@pytest.mark.parametrize("make", [fifo, zero, large, loop])
def test_a_manifest_that_is_no_file_is_an_error_with_its_path(
    make: Callable[[Path], None], name: str, tmp_path: Path
) -> None:
    project = write(tmp_path / "fares", FILES)
    (project / name).unlink(missing_ok=True)
    make(project / name)
    with pytest.raises(ScaffolderError) as refused:
        read_project(project)
    assert refused.value.message.startswith(f"`{project / name}` can't be read: ")


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Be nobody in particular: root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders are closed by their mode")
@pytest.mark.parametrize("name", ["src", SOURCE, "python", "python/fares", ".vscode", ".github/workflows", "target"])
def test_what_may_not_be_read_is_a_fact(name: str, tmp_path: Path) -> None:
    project = write(tmp_path / "fares", FILES | {SETTINGS: "{}", "target/debug/x": ""})
    cargo_metadata = CargoMetadata(project, project / "target", {})
    read(project)  # what is imported meanwhile may be root's
    for above in (tmp_path, *tmp_path.parents[:3]):
        above.chmod(0o755)
    (project / name).chmod(0o000)
    try:
        with ordinary_user():
            found = read_project(project, cargo_metadata)
            assert [choice.tool for choice in editor_choices(project, InterpreterChoice("cargo", None, ""), {})] == [
                "rust-analyzer"
            ]
            assert maturin_choice(project, {}).python is None
    finally:
        (project / name).chmod(0o755)
    unread = {project / name, *([project / "python/fares"] if name == "python" else [])}
    assert {problem.path for problem in found.unreadable} == (unread if name not in {".vscode", "target"} else set())


DEEP = 100_000


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.py", f"RustExtension({'+'.join(['1'] * DEEP)})"),
        ("setup.py", f"RustExtension({'(' * DEEP}"),
        (MODULE, f"x = {'-' * 2 * DEEP}1"),
        (MODULE, "import fares\n" * (DEEP // 4)),
        ("src/x.rs", f"//pymodule\n{'mod a{' * DEEP}{'}' * DEEP}"),
        (WORKFLOW, f"{'[' * DEEP}{']' * DEEP}"),
        (WORKFLOW, "\n".join(f"{' ' * depth}a:" for depth in range(900))),
        (WORKFLOW, "x: 2020-13-45\ny: !!int abc\nz: !!bool zz\n"),
        (SETTINGS, f"{'[' * DEEP}{']' * DEEP}"),
        (SETTINGS, f"{{{'/* ' * (DEEP // 2)}"),
        (SETTINGS, '{' + '\\"' * DEEP),
        (SETTINGS, "{" + '"' * 2 * DEEP),
        (SETTINGS, f'{{"a": 1{"," * 2 * DEEP}'),
        (SETTINGS, f'{{"a": 1,{" " * 2 * DEEP}'),
        (SETTINGS, f'{{"a": "{"," * DEEP * 2}"}}'),
    ],
)  # fmt: skip
def test_deep_and_long_files_are_read(name: str, text: str, tmp_path: Path) -> None:
    assert read(write(tmp_path, changed(added(name, text)))).layout.package


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))


@pytest.mark.parametrize("text", [f"{BOMB}env: *a11\n", "env: &e [*e]\n", "&a ? *a : x\n"])
def test_aliases_that_stand_for_too_much_are_not_followed(text: str, tmp_path: Path) -> None:
    project = read(write(tmp_path, changed(added(WORKFLOW, text))))
    assert [workflow.path.name for workflow in project.workflows] == ["ci.yml"]


@pytest.mark.parametrize("name", [CARGO, PYPROJECT])
@pytest.mark.parametrize(
    "text",
    [
        f"\nx = {'[' * 5000}{']' * 5000}",
        f"\n[{'.'.join('a' * 5000)}]",
        '\nx = "\\u0000"',
        f'\nx = "{"9" * 5000}"',
        f"\nx = {'9' * 5000}",
    ],
)
def test_a_manifest_that_is_too_deep_is_an_error(name: str, text: str, tmp_path: Path) -> None:
    project = write(tmp_path, changed(added(name, text)))
    with pytest.raises(UnreadableFileError) as refused:
        read(project)
    assert refused.value.path == project / name


@ON_POSIX
@pytest.mark.parametrize(
    "change",
    [
        replaced(PYPROJECT, "cache-keys = [", 'cache-keys = [{ file = "/**/*" }, '),
        replaced(PYPROJECT, "cache-keys = [", f'cache-keys = [{{ file = "{"**/a*" * 50}" }}, '),
        replaced(PYPROJECT, "# The", f'exclude = ["{"*a" * 60}b", "{"**/*a/" * 40}b"]\n# The'),
        replaced(PYPROJECT, 'python-source = "python"', 'python-source = "/"'),
        added(CARGO, '\n[workspace]\nmembers = ["**/*", "/**"]\n'),
        replaced(CARGO, "[profile", 'me = { path = "src/a" }\n[profile'),
    ],
)
def test_patterns_and_links_are_not_followed_for_ever(change: Change, tmp_path: Path) -> None:
    project = write(tmp_path / "fares", changed(change))
    for place in ("src/a", "src/b", "python/fares/a", "python/fares/b"):
        (project / place).symlink_to(project if place.endswith("a") else ".")
    write(project, {f"python/fares/{'a' * 200}.pyi": ""})
    assert read(project).crate.field("name") == "fares"


def test_folders_in_folders_end(tmp_path: Path) -> None:
    project = write(tmp_path / "fares", FILES)
    place = project / "src"
    for _ in range(120):
        place /= "a"
    write(place, {"x.rs": ""})
    assert any("too deeply" in problem.reason for problem in read(project).unreadable)


def test_what_is_read_in_all_is_bounded(tmp_path: Path) -> None:
    write(tmp_path, {"a": "x" * 600, "b": "x" * 600, "c": "x"})
    reader = Reader(remaining=1000)
    assert [bool(reader.read(tmp_path / name)) for name in "abc"] == [True, True, False]
    assert [problem.path for problem in reader.problems] == [tmp_path / "c"]
    with pytest.raises(UnreadableFileError, match="it is larger than 0 KiB"):
        read_regular(tmp_path / "a", 599)
    assert read_regular(tmp_path / "a", 600) == b"x" * 600


def test_the_nearest_project_is_found(tmp_path: Path) -> None:
    project = write(tmp_path / "fares", FILES)
    write(project, {"rust/core/Cargo.toml": FILES[CARGO], "rust/core/src/lib.rs": ""})
    for place in ("", "src", "rust/core/src"):
        manifests = find_manifests(project / place)
        assert manifests
        assert manifests.folder == project
    (project / PYPROJECT).unlink()
    manifests = find_manifests(project / "rust/core/src")
    assert manifests
    assert manifests.folder == project / "rust/core"
    assert find_manifests(tmp_path) is None


def test_manifests_are_handed_on(tmp_path: Path) -> None:
    project = write(tmp_path, FILES)
    manifests = read_manifests(project)
    (project / PYPROJECT).unlink()
    assert read_project(project, manifests=manifests).layout.module == "fares._core"
    renamed = dataclasses.replace(manifests, pyproject={"tool": {"maturin": {"module-name": "zones"}}})
    assert read_project(project, manifests=renamed).layout.module == "zones"


def test_a_project_without_anything_beside_its_crate_is_read(tmp_path: Path) -> None:
    names = [name for name in FILES if name not in {CARGO, SOURCE}]
    project = read(write(tmp_path, changed(*map(removed, names))))
    assert project.unreadable == ()
    assert project.layout.package is None
