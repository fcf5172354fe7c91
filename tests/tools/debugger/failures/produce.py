"""Make the outputs in this folder again: break the project in `project/` in the ways of `cases.toml`, and record.

    python tests/skills/failures/produce.py                       every case
    python tests/skills/failures/produce.py already-borrowed-*    these

It needs cargo, maturin, uv and gdb, and the interpreters that a case names (`uv python find` must know them).
"""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NEUTRAL = "/home/ada"


def main() -> None:
    """Record the cases that the command line names."""
    cases = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))
    wanted = sys.argv[1:] or ["*"]
    # The folder stays, so that pyo3 is compiled once and not in each run.
    home = Path(os.environ.get("FAILURES_FOLDER", Path(tempfile.gettempdir(), "pyo3-new-failures")))
    for name, case in cases.items():
        if any(fnmatch.fnmatch(name, pattern) for pattern in wanted):
            text = record(case, home)
            (HERE / f"{name}.txt").write_text(text, encoding="utf-8")
            print(f"{name}: {len(text.splitlines())} lines")


def record(case: dict[str, Any], home: Path) -> str:
    """Return what the command of a case prints, after a line with the command.

    Args:
        case: `files` and `replace` change the project, `before` are commands to run first, `environment` is
            changed for the command itself (an empty value is none), `without` are programs that it does not find.
        home: Where the project is.
    """
    project = home / "price-tools"
    prepare(case, project)
    environment = settings(case, home)
    case["before"] = [f"uv venv -q --clear -p {case.get('python', '3.11')} .venv", *case.get("before", ())]
    for command in case.get("before", ()):
        done = run(command, project, environment)
        if done.returncode and not command.startswith("-"):
            raise SystemExit(done.stdout)
    for key, value in case.get("environment", {}).items():
        environment[key] = value.replace("$HOME", str(home))
        if not value:
            del environment[key]
    if hidden := case.get("without"):
        environment["PATH"] = without(hidden, environment["PATH"], home)
    done = run(case["command"], project, environment, case.get("input"))
    return f"$ {case['command']}\n{neutral(done.stdout, home)}"


def prepare(case: dict[str, Any], project: Path) -> None:
    """Make the project of a case."""
    if project.exists():
        shutil.rmtree(project)
    # New times, since cargo compiles what is newer than what it made.
    unwanted = shutil.ignore_patterns("target", "*.so", "__pycache__", "*.lock")
    shutil.copytree(HERE / "project", project, ignore=unwanted, copy_function=shutil.copy)
    for path, old, new in case.get("replace", ()):
        file = project / path
        text = file.read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"`{old}` is not in {path}")
        file.write_text(text.replace(old, new), encoding="utf-8")
    for path, text in case.get("files", {}).items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")
    for path in case.get("remove", ()):
        (project / path).unlink()


def settings(case: dict[str, Any], home: Path) -> dict[str, str]:
    """Return the environment of every command: the project's virtual environment, and no settings of builds."""
    unwanted = ("CARGO_TARGET", "CARGO_PROFILE", "CONDA", "MATURIN_", "PYO3_", "PYTHON", "RUST_", "RUSTFLAGS")
    found = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    # Interpreters of pyenv are on PATH under their versions only where pyenv is told so.
    others = map(str, Path.home().glob(".pyenv/versions/3.*/bin"))
    path = os.pathsep.join([str(home / "price-tools/.venv/bin"), found["PATH"], *others])
    return found | {
        "CARGO_TARGET_DIR": str(home / case.get("target", "target")),
        "CARGO_INCREMENTAL": "0",
        "CARGO_TERM_COLOR": "never",
        "VIRTUAL_ENV": str(home / "price-tools/.venv"),
        "PATH": path,
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONUTF8": "1",
    }


def without(programs: list[str], path: str, home: Path) -> str:
    """Return a PATH on which some programs are not found: one folder of links to all others."""
    folder = home / "bin"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for place in map(Path, path.split(os.pathsep)):
        for program in place.iterdir() if place.is_dir() else ():
            link = folder / program.name
            if program.name not in programs and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def run(
    command: str, project: Path, environment: dict[str, str], text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in the project; both outputs are one, as in a terminal."""
    return subprocess.run(
        shlex.split(command.removeprefix("-")), cwd=project, env=environment, input=text or "", check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
    )  # fmt: skip


def neutral(text: str, home: Path) -> str:
    """Replace the paths of this machine, and what differs in each run."""
    for place in (home / "target", home / "price-tools/target"):
        text = text.replace(str(place), f"{NEUTRAL}/price-tools/target")
    text = text.replace(str(home), NEUTRAL).replace(str(Path.home()), NEUTRAL)
    text = re.sub(r"registry/src/[^/\s\"]+", "registry/src/registry-0123456789abcdef", text)
    text = re.sub(r"Updating \S+ index", "Updating registry index", text).replace(
        "https://crates.io", "https://registry.example.org"
    )
    text = re.sub(r"/tmp/(\.tmp)?\w+", "/tmp/work", text)  # noqa: S108  (in a text)
    return re.sub(r"thread '(.*?)' \(\d+\) panicked", r"thread '\1' (4242) panicked", text)


if __name__ == "__main__":
    main()
