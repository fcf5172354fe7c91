"""The workflows `ci.yml` and `weekly.yml` of a project: what they test, and their `run` lines, executed here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.conftest import FEATURES, git
from tests.template.conftest import bash, read_jobs, step
from tests.template.matrix import PYTHONS, QUESTIONS, THIS_PYTHON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.template.conftest import Make, Run

RUST = str(QUESTIONS["rust_lints"].details["default"])
# What a step is executed by.
EXECUTED = {
    "The Rust that lints": "test_the_pinned_rust_has_no_complaint",
    "Formatting, lints, types, and stubs that match the Rust code": "test_the_pinned_rust_has_no_complaint",
    "Licences, sources and versions": "test_licences_and_sources_are_checked",
    "Nothing breaks callers, unless the version says so": "test_what_breaks_callers_takes_a_new_series",
    "Python and Rust tests": "test_the_oldest_of_everything_passes, and test_build.py runs the session `test`",
    "Python tests in several threads at once, and Rust tests": "test_each_test_runs_in_several_threads",
    "Python and Rust tests, and the lines that they reach": "test_one_report_covers_both_languages",
    "The program with a Python of its own": "test_a_program_brings_its_python",
    "All jobs have passed": "test_one_job_stands_for_all",
    "All checks, without the locks": "test_the_newest_are_tried_once_a_week",
    "Dependencies of both languages": "test_known_vulnerabilities_are_found",
}


def test_every_step_is_executed_by_a_test(make: Make) -> None:
    project = make(FEATURES, "ci-steps")
    jobs = [*read_jobs(project, "ci").values(), *read_jobs(project, "weekly").values()]
    assert {step["name"] for job in jobs for step in job["steps"] if "run" in step} == EXECUTED.keys()
    assert all(job["permissions"] in ({}, {"contents": "read"}) for job in jobs)


@pytest.mark.parametrize("python_min", ["3.10", "3.11", "3.14"])
def test_each_python_is_tested_and_both_ends_on_each_system(make: Make, python_min: str) -> None:
    project = make((), "ci-matrix", python_min=python_min)
    pythons = PYTHONS[PYTHONS.index(python_min) :]
    jobs = read_jobs(project, "ci")
    cells = [(row["os"], row["python"]) for row in jobs["test"]["strategy"]["matrix"]["include"]]
    # Two other jobs are the ends on Linux.
    assert f"--force-python {pythons[-1]}" in jobs["coverage"]["steps"][-2]["run"]
    assert f'@nox.session(python="{python_min}", venv_backend="uv"' in (project / "noxfile.py").read_text("utf-8")
    cells += [("ubuntu-latest", pythons[0]), ("ubuntu-latest", pythons[-1])]
    assert len(cells) == len(set(cells)) == len(pythons) + 4
    assert {python for _, python in cells} == set(pythons)
    ends = {(system, python) for system, python in cells if python in {pythons[0], pythons[-1]}}
    assert len(ends) == 6


@pytest.mark.parametrize(
    ("result", "code"), [("success", 0), ("failure", 1), ("cancelled", 1), ("skipped", 1)], ids=str
)
def test_one_job_stands_for_all(make: Make, tmp_path: Path, result: str, code: int) -> None:
    jobs = read_jobs(make(FEATURES, "ci-steps"), "ci")
    last = jobs.pop("all-green")
    assert set(last["needs"]) == set(jobs)
    # Without it GitHub would skip the job when another has failed, and take that for a pass.
    assert last["if"] == "always()"
    (only,) = last["steps"]
    assert only["env"]["NEEDS"] == "${{ toJSON(needs) }}"
    needs = {key: {"result": "success"} for key in jobs} | {"test": {"result": result}}
    done = bash(only["run"], tmp_path, NEEDS=json.dumps(needs))
    assert done.returncode == code, done.stderr


def test_the_newest_are_tried_once_a_week(
    make: Make, programs: Callable[[str, str], dict[str, str]], tmp_path: Path
) -> None:
    project = make(FEATURES, "ci-steps")
    line = step(project, "newest", "All checks, without the locks", "weekly")["run"]
    for name in ("rustup", "cargo", "uv"):
        variables = programs(name, f'echo {name} "$@"')
    assert bash(line, tmp_path, **variables).stdout.splitlines() == [
        "rustup update stable",
        "uv lock --upgrade",
        "cargo update",
        "uv run --only-group dev nox -s lint test",
    ]


@pytest.fixture(scope="module")
def project(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy a project with every feature, which has been released once."""
    project = tmp_path_factory.mktemp("ci") / "ci-steps"
    shutil.copytree(make(FEATURES, "ci-steps"), project)
    subprocess.run(["cargo", "generate-lockfile", "--quiet"], cwd=project, check=True)
    git("init", "--quiet", cwd=project)
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "--message", "New", cwd=project)
    git("tag", "v0.1.0", cwd=project)
    return project


def install_rust(version: str, folder: Path) -> None:
    """Have rustup get a toolchain, or skip the test."""
    command = ["rustup", "toolchain", "install", version, "--profile", "minimal", "--no-self-update"]
    if shutil.which("rustup") is None:
        pytest.skip("rustup is not installed")
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        pytest.skip(f"rustup cannot get Rust {version} here: {done.stderr.strip().splitlines()[-1]}")


@pytest.mark.slow
@pytest.mark.exclusive("lint-pinned")
def test_the_pinned_rust_has_no_complaint(project: Path, workflow: Run) -> None:
    install_rust(RUST, project)
    job = read_jobs(project, "ci")["lint"]
    lines = [step["run"] for step in job["steps"] if "run" in step]
    workflow(*lines, folder=project, place="lint-pinned", **job["env"])


@pytest.mark.slow
@pytest.mark.exclusive("oldest")
def test_the_oldest_of_everything_passes(project: Path, workflow: Run, cache: Path) -> None:
    rust = str(QUESTIONS["rust_version"].details["default"])
    install_rust(rust, project)
    locked = (project / "Cargo.lock").read_bytes()
    line = step(project, "oldest", "Python and Rust tests", "ci")["run"]
    # The oldest Python need not be on this machine.
    printed = workflow(f"{line} --force-python {THIS_PYTHON}", folder=project, place="oldest")
    assert re.search(r"^=+ [1-9]\d* passed", printed, re.MULTILINE), printed
    assert re.search(r"^test result: ok\. [1-9]", printed, re.MULTILINE), printed
    assert (project / "Cargo.lock").read_bytes() == locked
    (lock,) = (cache / "nox").glob("oldest*/tmp/project/Cargo.lock")
    assert 'name = "thiserror"\nversion = "2.0.0"' in lock.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.exclusive("threads")
def test_each_test_runs_in_several_threads(project: Path, workflow: Run) -> None:
    # No free-threaded Python can be had here; that the GIL is off is asserted by a test of the project.
    line = step(project, "threads", "Python tests in several threads at once, and Rust tests", "ci")["run"]
    printed = workflow(f"{line} --force-python {THIS_PYTHON}", folder=project, place="threads")
    assert re.search(r"Collected ([4-9]\d|\d{3}) items to run in parallel", printed), printed
    assert re.search(r"^=* ?[1-9]\d* passed", printed, re.MULTILINE), printed
    assert re.search(r"^test result: ok\. [1-9]", printed, re.MULTILINE), printed


@pytest.mark.slow
@pytest.mark.exclusive("plain")
def test_a_program_brings_its_python(make: Make, workflow: Run, tmp_path: Path) -> None:
    made = make(("embed",), "price-bundle")
    line = step(made, "bundle", "The program with a Python of its own", "ci")["run"]
    printed = workflow(f"{line} --force-python {THIS_PYTHON}", folder=made, place="plain")
    assert re.search(r"^test result: ok\. [1-9]", printed, re.MULTILINE), printed
    moved = tmp_path / "moved"
    shutil.move(made / "dist/price-bundle", moved)
    answers = subprocess.run(
        [moved / "price-bundle", made / "embed/alarms.py"],
        env={},
        input="cellar 20\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert answers.stdout == "cellar: 2.0 °C above the limit\n", answers.stderr


@pytest.mark.slow
@pytest.mark.exclusive("coverage")
def test_one_report_covers_both_languages(project: Path, workflow: Run, tmp_path: Path) -> None:
    line = step(project, "coverage", "Python and Rust tests, and the lines that they reach", "ci")["run"]
    line = re.sub(r"--force-python \S+", f"--force-python {THIS_PYTHON}", line)
    summary = tmp_path / "summary.md"
    workflow(line, folder=project, place="coverage-base", GITHUB_STEP_SUMMARY=str(summary))
    shown = summary.read_text(encoding="utf-8")
    assert re.search(r"^\| src/distance\.rs \| 100% \| \d+ \|$", shown, re.MULTILINE), shown
    assert re.search(r"^\| python/ci_steps/errors\.py \| 100% \| \d+ \|$", shown, re.MULTILINE), shown
    assert re.search(r"^\| \*\*all\*\* \| \d\d% \| \d{3,} \|$", shown, re.MULTILINE), shown
    records = (project / "lcov.info").read_text(encoding="utf-8").split("end_of_record\n")
    hits = {
        record.partition("SF:")[2].partition("\n")[0]: re.findall(r"^DA:\d+,(\d+)", record, re.MULTILINE)
        for record in records
    }
    # No Rust test turns an error into a Python exception: the Python tests do.
    assert set(hits["src/error.rs"]) - {"0"}
    assert not [path for path in hits if path.startswith("/")]


@pytest.mark.slow
@pytest.mark.exclusive("dependencies")
def test_licences_and_sources_are_checked(project: Path, workflow: Run, tmp_path: Path) -> None:
    line = step(project, "dependencies", "Licences, sources and versions", "ci")["run"]
    assert "bans ok, licenses ok, sources ok" in workflow(line, folder=project)
    strict = tmp_path / "strict"
    shutil.copytree(project, strict, ignore=shutil.ignore_patterns(".git"))
    policy = (strict / "deny.toml").read_text(encoding="utf-8")
    (strict / "deny.toml").write_text(policy.replace('  "Unicode-3.0",\n', ""), encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="licenses FAILED"):
        workflow(line, folder=strict)


ADVISORY = """```toml
[advisory]
id = "RUSTSEC-2026-9999"
package = "thiserror"
date = "2026-11-01"
[versions]
patched = {patched}
```

# Errors have too many causes

For a test.
"""


@contextmanager
def serve_vulnerabilities(package: str) -> Iterator[str]:
    """Answer as OSV does: one package has a vulnerability."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = query["package"]["name"]
            affected = [{"package": {"name": name, "ecosystem": "PyPI"}}]
            answer = {"vulns": [{"id": "PYSEC-2026-1", "affected": affected}]} if name == package else {}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
@pytest.mark.exclusive("dependencies")
@pytest.mark.parametrize(
    ("patched", "package", "message"),
    [
        ('[">=1"]', "nothing", None),
        ("[]", "nothing", r"advisories FAILED|RUSTSEC-2026-9999"),
        ('[">=1"]', "numpy", r"numpy +\S+ +PYSEC-2026-1"),
    ],
    ids=["none", "rust", "python"],
)
def test_known_vulnerabilities_are_found(
    project: Path, workflow: Run, tmp_path: Path, patched: str, package: str, message: str | None
) -> None:
    line = step(project, "vulnerabilities", "Dependencies of both languages", "weekly")["run"]
    # The real databases cannot be had here.
    database = tmp_path / "database"
    (database / "crates/thiserror").mkdir(parents=True)
    advisory = database / "crates/thiserror/RUSTSEC-2026-9999.md"
    advisory.write_text(ADVISORY.format(patched=patched), encoding="utf-8")
    git("init", "--quiet", "--initial-branch=main", cwd=database)
    git("add", "--all", cwd=database)
    git("commit", "--quiet", "--message", "One", cwd=database)
    copy = tmp_path / "project"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".git"))
    policy = (copy / "deny.toml").read_text(encoding="utf-8")
    own = f'[advisories]\ndb-path = "{tmp_path}/clones"'
    (copy / "deny.toml").write_text(policy.replace("[advisories]", own), encoding="utf-8")
    redirect = {"KEY": f"url.file://{database}.insteadOf", "VALUE": "https://github.com/RustSec/advisory-db"}
    variables = {"GIT_CONFIG_COUNT": "1"} | {f"GIT_CONFIG_{name}_0": value for name, value in redirect.items()}
    with serve_vulnerabilities(package) as address:
        variables |= {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": address}
        if message is None:
            assert "No known vulnerabilities found" in workflow(line, folder=copy, **variables)
            return
        with pytest.raises(pytest.fail.Exception, match=message):
            workflow(line, folder=copy, **variables)


@pytest.mark.slow
@pytest.mark.exclusive("api")
@pytest.mark.parametrize(
    ("version", "edit", "message"),
    [
        ("0.1.1", ("", ""), None),
        ("0.1.1", ("def closest(word:", "def closest(text:"), r"closest\(word\): Parameter was removed"),
        ("0.2.0", ("def closest(word:", "def closest(text:"), None),
    ],
    ids=["same", "broken", "new-series"],
)
def test_what_breaks_callers_takes_a_new_series(
    project: Path, workflow: Run, tmp_path: Path, version: str, edit: tuple[str, str], message: str | None
) -> None:
    line = step(project, "api", "Nothing breaks callers, unless the version says so", "ci")["run"]
    copy = tmp_path / "ci-steps"
    shutil.copytree(project, copy)
    # Once it is built, the library must not be read in the place of the stubs.
    workflow("uv sync --quiet", folder=copy)
    manifest = copy / "pyproject.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"0.1.0"', f'"{version}"'), encoding="utf-8")
    stub = copy / "python/ci_steps/_core/__init__.pyi"
    stub.write_text(stub.read_text(encoding="utf-8").replace(*edit), encoding="utf-8")
    if message is None:
        workflow(line, folder=copy)
        return
    with pytest.raises(pytest.fail.Exception, match=message):
        workflow(line, folder=copy)


@pytest.mark.slow
@pytest.mark.exclusive("api")
def test_before_the_first_release_nothing_can_break(make: Make, workflow: Run) -> None:
    project = make((), "unreleased", git=True)
    line = step(project, "api", "Nothing breaks callers, unless the version says so", "ci")["run"]
    assert "there is no release to compare with" in workflow(line, folder=project)
