"""The release workflow of a project: what it builds, and its `run` lines, executed here one after the other."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.conftest import FEATURES, git
from tests.template.conftest import bash, read_jobs, step
from tests.template.matrix import QUESTIONS, THIS_PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.template.conftest import Make, Run

PLATFORMS: list[dict[str, Any]] = QUESTIONS["platforms"].details["default"]
OTHERS: list[dict[str, Any]] = QUESTIONS["other_platforms"].details["default"]
ABI3T = str(QUESTIONS["abi3t"].details["default"])
# What a step is executed by: a test of this file, or the reason that it cannot be executed here.
EXECUTED = {
    "The tag is the version, and the changelog says what is new": "test_a_tag_is_compared_with_the_version",
    "The date of the commit": "test_wheels_of_the_matrix_are_built_installed_and_tested",
    "CI has passed for this commit": "test_a_release_waits_for_ci",
    "Build": "test_wheels_of_the_matrix_are_built_installed_and_tested",
    f"Build for Python {ABI3T} and later, with and without the GIL": "test_newest_python.py builds and tests it",
    "Install the wheels and run the tests": "test_wheels_of_the_matrix_are_built_installed_and_tested",
    "Install the wheels and run the tests in a container": "test_wheels_are_tested_in_the_container_of_their_platform",
    "Build with that Python": "no other Python than CPython can be downloaded here",
    "Install the wheel and run the tests, on GraalPy only import it": "no other Python than CPython can be had here",
    "Build, and check what was built": "test_the_source_distribution_builds_from_its_own_lock",
    "Build a wheel from the source distribution with the crates of its lock file and no others": (
        "test_the_source_distribution_builds_from_its_own_lock"
    ),
    "Install that wheel and run the tests": "test_the_source_distribution_builds_from_its_own_lock",
    "Check all files": "test_wheels_of_the_matrix_are_built_installed_and_tested",
    "Package the crate, and build what is in the package": "test_workspace.py",
    "Publish the crate, unless this version is there": "test_workspace.py",
    "Show them": "test_wheels_of_the_matrix_are_built_installed_and_tested",
    "Create the release": "test_a_release_on_github_has_the_notes",
}


def rows(project: Path) -> dict[str, dict[str, str]]:
    """Return the matrix of wheels by the names of its rows."""
    return {row["name"]: row for row in read_jobs(project)["wheels"]["strategy"]["matrix"]["include"]}


@pytest.mark.parametrize("wheels", ["abi3", "version"])
def test_every_step_is_executed_by_a_test(make: Make, wheels: str) -> None:
    jobs = read_jobs(make(FEATURES, "release-steps", wheels=wheels, targets="wide"))
    steps = [step for job in jobs.values() for step in job.get("steps", [])]
    names = {
        step.get("name", "nameless") for step in steps if "run" in step or "maturin-action" in step.get("uses", "")
    }
    assert names <= EXECUTED.keys()
    assert wheels == "version" or names == EXECUTED.keys()


@pytest.mark.parametrize(
    ("wheels", "python_min", "first"),
    [
        ("abi3", "3.10", "python3.10 python3.14t"),
        ("version", "3.14", "python3.14 python3.15 python3.14t python3.15t"),
    ],
)
@pytest.mark.parametrize("targets", ["common", "wide"])
def test_each_platform_gets_the_wheels_that_the_readme_names(
    make: Make, run: Run, wheels: str, python_min: str, first: str, targets: str
) -> None:
    project = make((), "release-matrix", wheels=wheels, python_min=python_min, targets=targets)
    expected = [platform for platform in PLATFORMS if targets == "wide" or "wide" not in platform]
    found = rows(project)
    assert list(found) == [f"{platform['system']}-{platform['arch']}" for platform in expected]
    known = run("rustc", "--print", "target-list", folder=project).split()
    readme = (project / "README.md").read_text(encoding="utf-8")
    for platform, row in zip(expected, found.values(), strict=True):
        assert row["target"] in known
        assert row["build"] == first
        assert re.search(rf"\| [^\n]*{platform['arch']}", readme)
        assert ("test" in row) == platform.get("tested", True)
        for version in row.get("test", "").split():
            assert version >= max(python_min, platform.get("oldest", "3"))
    steps = read_jobs(project)["wheels"]["steps"]
    builds = [entry["with"]["args"] for entry in steps if "maturin-action" in entry.get("uses", "")]
    assert all(args.startswith("--release --locked --compatibility pypi --out dist -i ") for args in builds)
    assert [args.split(" -i ")[1] for args in builds[1:]] == ([f"python{ABI3T}"] if wheels == "abi3" else [])
    others = read_jobs(project).get("others", {"strategy": {"matrix": {"include": []}}})["strategy"]["matrix"][
        "include"
    ]
    assert len(others) == (len(OTHERS) if targets == "wide" else 0)
    assert ("| GraalPy 3.13 | linux x86_64, linux aarch64, " in readme) == (targets == "wide")


def test_a_platform_is_not_tested_with_what_has_no_wheels_there(make: Make) -> None:
    lacking = next(platform for platform in PLATFORMS if "numpy" in platform.get("lacks", []))
    name = f"{lacking['system']}-{lacking['arch']}"
    assert "test" in rows(make((), "release-matrix", targets="wide"))[name]
    with_numpy = make(("numpy",), "release-matrix", targets="wide")
    assert "test" not in rows(with_numpy)[name]
    others = read_jobs(with_numpy)["others"]["strategy"]["matrix"]["include"]
    assert {row["python"] for row in others} == {row["python"] for row in OTHERS if row.get("numpy", True)}


def test_jobs_may_do_what_they_need_and_no_more(make: Make) -> None:
    jobs = read_jobs(make(FEATURES, "release-steps"))
    permissions = {name: job["permissions"] for name, job in jobs.items()}
    assert permissions.pop("check") == {"contents": "read", "actions": "read"}
    assert permissions.pop("publish") == {"id-token": "write", "attestations": "write"}
    assert permissions.pop("publish-crate") == {"contents": "read", "id-token": "write"}
    assert permissions.pop("announce") == {"contents": "write"}
    assert all(rights == {"contents": "read"} for rights in permissions.values())
    # Nothing is built before the check, and nothing is published in a rehearsal.
    assert {name for name, job in jobs.items() if job.get("needs") == "check"} == {
        "wheels", "sdist", "browser", "crate",
    }  # fmt: skip
    assert jobs["inspect"]["needs"] == ["wheels", "sdist", "browser", "crate"]
    for name in ("publish", "publish-crate"):
        assert (jobs[name]["needs"], jobs[name]["if"]) == ("inspect", "github.event_name == 'push'")
    assert jobs["announce"]["needs"] == ["publish", "publish-crate"]
    assert read_jobs(make((), "release-steps"))["announce"]["needs"] == "publish"


def test_the_wheel_for_browsers_is_published(make: Make) -> None:
    project = make(FEATURES, "release-steps")
    called = read_jobs(project)["browser"]["uses"].removeprefix("$/")
    workflow = yaml.safe_load((project / called).read_text(encoding="utf-8"))
    # YAML's `on` is true.
    assert "workflow_call" in workflow[True]
    (upload,) = [entry for entry in workflow["jobs"]["browser"]["steps"] if "upload-artifact" in entry.get("uses", "")]
    assert upload["with"]["name"].startswith("dist-")
    assert "workflow }}" not in workflow["concurrency"]["group"]


@pytest.fixture
def versioned(make: Make, tmp_path: Path) -> Callable[..., Path]:
    """Return a copy of a project that has these versions and this changelog."""

    def versioned(cargo: str, python: str, changelog: str) -> Path:
        project = tmp_path / "project"
        shutil.copytree(make((), "release-steps"), project)
        for file, version in (("Cargo.toml", cargo), ("pyproject.toml", python)):
            text = (project / file).read_text(encoding="utf-8")
            changed = text.replace('version = "0.1.0"', f'version = "{version}"', 1)
            (project / file).write_text(changed, encoding="utf-8")
        (project / "CHANGELOG.md").write_text(f"# Changelog\n\n{changelog}", encoding="utf-8")
        return project

    return versioned


NOTES = "## Unreleased\n\n- Later.\n\n## {0}\n\n- New: `mean`.\n\n### Fixes\n\n- One.\n\n## 0.9\n\n- Old.\n"


@pytest.mark.parametrize(
    ("tag", "cargo", "python", "heading"),
    [
        ("v1.0.0", "1.0.0", "1.0.0", "1.0.0"),
        ("v1.0.0-rc.1", "1.0.0-rc.1", "1.0.0rc1", "1.0.0-rc.1"),
        ("v1.0.0rc1", "1.0.0-rc.1", "1.0.0rc1", "[1.0.0rc1] - 2026-11-28"),
        ("v1.0.0-alpha.2", "1.0.0-alpha.2", "1.0.0a2", "1.0.0a2 (2026-11-28)"),
        ("v1.0.0b3", "1.0.0-beta.3", "1.0.0-beta.3", "v1.0.0b3"),
        ("", "1.0.0", "1.0.0", "1.0.0"),
    ],
)
def test_a_tag_is_compared_with_the_version(
    versioned: Callable[..., Path],
    programs: Callable[[str, str], dict[str, str]],
    tag: str,
    cargo: str,
    python: str,
    heading: str,
) -> None:
    project = versioned(cargo, python, NOTES.format(heading))
    line = step(project, "check", "The tag is the version, and the changelog says what is new")["run"]
    assert line.startswith("uv run .github/release.py ")
    # This environment has what the script declares.
    variables = programs("uv", f'shift; exec "{sys.executable}" "$@"')
    done = bash(line, project, TAG=tag, **variables)
    assert done.returncode == 0, done.stderr
    notes = (project / "notes.md").read_text(encoding="utf-8")
    # A rehearsal takes what comes first.
    assert notes == ("- New: `mean`.\n\n### Fixes\n\n- One.\n" if tag else "- Later.\n")


@pytest.mark.parametrize(
    ("tag", "cargo", "python", "changelog", "message"),
    [
        ("v1.0.1", "1.0.0", "1.0.0", NOTES.format("1.0.0"), "the tag is `v1.0.1`, and the version is 1.0.0"),
        ("v1.0.0", "1.0.0-rc.1", "1.0.0rc1", NOTES.format("1.0.0"), "the tag is `v1.0.0`, and the version is 1.0.0rc1"),
        ("1.0.0", "1.0.0", "1.0.0", NOTES.format("1.0.0"), "the tag is `1.0.0`, and the version is 1.0.0"),
        ("v1.0.x", "1.0.0", "1.0.0", NOTES.format("1.0.0"), "`1.0.x` in the tag is not a version"),
        (
            "v1.0.0",
            "1.0.0",
            "1.0.1",
            NOTES.format("1.0.0"),
            "Cargo.toml has version 1.0.0, and pyproject.toml has 1.0.1",
        ),
        (
            "v1.0.0",
            "1.0.0-1",
            "1.0.0",
            NOTES.format("1.0.0"),
            "Cargo and Python read `1.0.0-1` in Cargo.toml differently",
        ),
        ("v1.0.0", "1.0.0", "1.0.0", NOTES.format("1.1.0"), "CHANGELOG.md has no section about 1.0.0"),
        ("v1.0.0", "1.0.0", "1.0.0", "## 1.0.0\n\n## 0.9\n\n- Old.\n", "the section `1.0.0` of CHANGELOG.md is empty"),
        ("", "1.0.0", "1.0.0", "", "CHANGELOG.md has no section about 1.0.0"),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(
    versioned: Callable[..., Path], tag: str, cargo: str, python: str, changelog: str, message: str
) -> None:
    project = versioned(cargo, python, changelog)
    command = [sys.executable, ".github/release.py", tag]
    done = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {message}\n\nhint: ")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("states", "code", "message"),
    [
        (["completed success"], 0, "CI: completed success"),
        (["", "queued ", "in_progress ", "completed success"], 0, "CI: has not begun\nCI: queued"),
        (["in_progress ", "completed failure"], 1, "CI has not passed for abc123: push the commit to main first"),
        (["completed cancelled"], 1, "CI has not passed"),
        ([""], 1, "CI has not passed"),
    ],
)
def test_a_release_waits_for_ci(
    make: Make,
    programs: Callable[[str, str], dict[str, str]],
    tmp_path: Path,
    states: list[str],
    code: int,
    message: str,
) -> None:
    line = step(make((), "release-steps"), "check", "CI has passed for this commit")["run"]
    answers = tmp_path / "answers"
    answers.write_text("\n".join(states) + "\n", encoding="utf-8")
    programs("sleep", "true")
    # The first answer, and the last one again and again.
    variables = programs(
        "gh",
        f'echo "$@" >> "{tmp_path}/calls"; head -1 "{answers}"; '
        f'if [ "$(wc -l < "{answers}")" -gt 1 ]; then sed -i 1d "{answers}"; fi',
    )
    done = bash(line, tmp_path, GITHUB_SHA="abc123", **variables)
    assert (done.returncode, message in done.stdout) == (code, True), done.stdout + done.stderr
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[0].startswith("run list --workflow ci.yml --commit abc123 --limit 1 --json status,conclusion --jq ")
    assert len(calls) == (60 if states == [""] else len(states))


@pytest.mark.parametrize(
    ("tag", "early"),
    [("v1.0.0", False), ("v1.0.0-rc.1", True), ("v1.0.0a1", True), ("v1.0.0-beta.2", True), ("v1.0.0.dev3", True)],
)
def test_a_release_on_github_has_the_notes(
    make: Make, programs: Callable[[str, str], dict[str, str]], tmp_path: Path, tag: str, early: bool
) -> None:
    line = step(make((), "release-steps"), "announce", "Create the release")["run"]
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/a.whl").touch()
    variables = programs("gh", 'printf "%s\\n" "$@"')
    done = bash(line, tmp_path, TAG=tag, **variables)
    options = ["--verify-tag", "--title", tag, "--notes-file", "notes.md", *(["--prerelease"] if early else [])]
    assert done.stdout.splitlines() == ["release", "create", tag, *options, "dist/a.whl"], done.stderr


def test_wheels_are_tested_in_the_container_of_their_platform(
    make: Make, programs: Callable[[str, str], dict[str, str]], tmp_path: Path
) -> None:
    project = make((), "release-steps")
    row = rows(project)["musl-x86_64"]
    line = step(project, "wheels", "Install the wheels and run the tests in a container")["run"]
    # No container can be started here: its own command is run, with a nox that says what it was asked for.
    (tmp_path / "nox/bin").mkdir(parents=True)
    programs("python3.14", "true")
    nox = 'printf "%s\\n" "$@"'
    variables = programs("docker", 'while [ "$1" != sh ]; do echo "$1"; shift; done; exec "$@"')
    for program, script in (("pip", "true"), ("nox", nox)):
        (tmp_path / "nox/bin" / program).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / "nox/bin" / program).chmod(0o755)
    done = bash(line.replace("/nox", f"{tmp_path}/nox"), project, PYTHONS=row["test"], IMAGE=row["image"], **variables)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    # In CI a Python that is missing is an error, and elsewhere nox passes it over.
    assert {"quay.io/pypa/musllinux_1_2_x86_64", "CI"} <= set(printed)
    options = printed[printed.index("--envdir") :]
    assert options == ["--envdir", "/environments", "--session", "wheels", "--pythons", *row["test"].split()]


@pytest.fixture(scope="module")
def released(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy a project that is ready to be released: its lock file is there."""
    project = tmp_path_factory.mktemp("released") / "released"
    # Others build with all features; here it is about the steps.
    shutil.copytree(make((), "released"), project)
    subprocess.run(["cargo", "generate-lockfile", "--quiet"], cwd=project, check=True)
    git("init", "--quiet", cwd=project)
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "--message", "New", cwd=project)
    return project


@pytest.mark.slow
@pytest.mark.exclusive("build")
@pytest.mark.skipif(sys.platform != "linux", reason="builds the row for Linux")
def test_wheels_of_the_matrix_are_built_installed_and_tested(released: Path, workflow: Run, tmp_path: Path) -> None:
    row = rows(released)["linux-x86_64"]
    arguments = step(released, "wheels", "Build")["with"]["args"].replace("${{ matrix.build }}", row["build"]).split()
    # The container with the older C library cannot be had, so the wheels are for this machine's own.
    arguments = [word for word in arguments if word not in {"--compatibility", "pypi"}]
    arguments[arguments.index("--out") : arguments.index("--out") + 2] = []
    shutil.rmtree(released / "dist", ignore_errors=True)
    output = tmp_path / "output"
    workflow(step(released, "check", "The date of the commit")["run"], folder=released, GITHUB_OUTPUT=str(output))
    date = {"SOURCE_DATE_EPOCH": output.read_text(encoding="utf-8").strip().removeprefix("date=")}
    build = f"maturin build {' '.join(arguments)} --out"
    workflow(f"{build} dist", f"{build} '{tmp_path}/again'", folder=released, **date)
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == {
        path.name: path.read_bytes() for path in (released / "dist").glob("*.whl")
    }
    names = sorted(wheel.name.split("-", 2)[2] for wheel in (released / "dist").glob("*.whl"))
    assert [name.rsplit("-", 1)[0] for name in names] == ["cp311-abi3", "cp314-cp314t"]
    assert THIS_PYTHON in row["test"].split()
    line = step(released, "wheels", "Install the wheels and run the tests")["run"]
    printed = workflow(line, folder=released, PYTHONS=THIS_PYTHON)
    assert len(re.findall(r"^=+ [1-9]\d* passed", printed, re.MULTILINE)) == 1, printed
    summary = tmp_path / "summary"
    lines = [step(released, "inspect", name)["run"] for name in ("Check all files", "Show them")]
    workflow(*lines, folder=released, GITHUB_STEP_SUMMARY=str(summary))
    shown = summary.read_text(encoding="utf-8")
    assert [line.split()[1] for line in shown.splitlines()] == [f"released-0.1.0-{name}" for name in names]


@pytest.mark.slow
@pytest.mark.exclusive("build")
def test_the_source_distribution_builds_from_its_own_lock(released: Path, workflow: Run) -> None:
    steps = [entry for entry in read_jobs(released)["sdist"]["steps"] if "run" in entry]
    # The test uses the Python that there is.
    lines = [re.sub(r"--(pythons?) 3\.\d+", rf"--\1 {THIS_PYTHON}", entry["run"]) for entry in steps]
    printed = ""
    for entry, line in zip(steps, lines, strict=True):
        printed = workflow(line, folder=released, **entry.get("env", {}))
    assert re.search(r"^=+ [1-9]\d* passed", printed, re.MULTILINE), printed
    # The wheel that was tested, and what is uploaded.
    names = sorted(path.suffix for path in (released / "dist").iterdir() if path.suffix in {".gz", ".whl"})
    assert names == [".gz", ".whl"]
