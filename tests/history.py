"""A history of the template to test updates on, and the command with that history as its own.

The newest release is the working tree with a little more; the older ones have an older pyo3, files in other places,
other lines beside every anchor, one question less and one feature less.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from scaffolder.checkout import update
from scaffolder.cli import app as cli
from scaffolder.template import generate, releases
from scaffolder.template import source as template
from scaffolder.template.bundle import write_bundle
from scaffolder.terminal import run
from tests.conftest import CHECKOUT, git

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from scaffolder.template.source import Template

VERSIONS = ("0.1.0", "0.2.0", "0.3.0")
TAGS = tuple(f"v{version}" for version in VERSIONS)
NEWEST = VERSIONS[-1]
BASE = Path("templates/{{base}}")
CRATE = BASE / "{{crate_folder}}"
# Where the template of the answers file is in the first release, and from the second one on.
ANSWERS = (BASE / "{{_copier_conf.answers_file}}.jinja", Path("templates/{{_copier_conf.answers_file}}.jinja"))
SAMPLE = Path("templates/{{sample}}")
# Where a file is in the first release, and from the second one on.
MOVED = ("tests/test_distance.py", "tests/words/test_distance.py")
MINI = {
    "docs/mini.md": "# Mini\n",
    "python/{{package_name}}/mini.py": '"""Small things."""\n\nSMALL = 1\n',
    "src/mini.rs": "//! Small things.\n",
}


@dataclass(frozen=True)
class History:
    """A repository with a tag for each release, and the bundle of it."""

    repository: Path
    bundle: Path


def build(folder: Path) -> History:
    """Make the releases."""
    repository = folder / "template"
    snapshot(repository)
    git("init", "--quiet", "--initial-branch=main", cwd=repository)
    for version in VERSIONS:
        make_release(repository, version)
        git("add", "--all", cwd=repository)
        git("commit", "--quiet", "--message", version, cwd=repository)
        git("tag", f"v{version}", cwd=repository)
    bundle = folder / "template.bundle"
    write_bundle(repository, NEWEST, bundle)
    return History(repository, bundle)


def snapshot(target: Path) -> None:
    """Copy the working tree's template."""
    files = git("ls-files", "-z", "-co", "--exclude-standard", "--", "copier.yml", "templates", cwd=CHECKOUT)
    for name in filter(None, files.split("\0")):
        if (CHECKOUT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, target / name)


def make_release(repository: Path, version: str) -> None:
    """Change the template from the release before."""
    number = VERSIONS.index(version)
    change(repository / "templates/versions.yml", r'pyo3: "[^"]*"', f'pyo3: "0.{28 + number}"')
    for path in anchored(repository):
        move_on(path, version)
    sections = [f"## {past}\n\n- What is new in {past}.\n" for past in reversed(VERSIONS[: number + 1])]
    (repository / "CHANGELOG.md").write_text("# Changelog\n\n" + "\n".join(sections), encoding="utf-8")
    if number == 0:
        (repository / ANSWERS[1]).rename(repository / ANSWERS[0])
    if number == 1:
        (repository / ANSWERS[0]).rename(repository / ANSWERS[1])
        move(repository)
        add_question(repository)
        add_feature(repository)
    if number == 2:
        change(repository / SAMPLE / f"{MOVED[1]}.jinja", r"\Z", "\n\n# The third release.\n")


def anchored(repository: Path) -> list[Path]:
    """Return the shared files."""
    return [
        path for path in sorted((repository / BASE).rglob("*.jinja")) if "features: begin" in path.read_text("utf-8")
    ]


def move_on(path: Path, version: str) -> None:
    """Change the line before and the line after each pair of anchors."""
    lines = []
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if "release line" in line:
            continue
        if re.search(r"^\s*\S+ features: begin", line):
            lines.append(line.replace("features: begin", f"release line {version}, before"))
        lines.append(line)
        if re.search(r"^\s*\S+ features: end", line):
            lines.append(line.replace("features: end", f"release line {version}, after"))
    path.write_text("".join(lines), encoding="utf-8")


def move(repository: Path) -> None:
    old, new = (repository / SAMPLE / f"{name}.jinja" for name in MOVED)
    new.parent.mkdir(parents=True)
    old.rename(new)


def add_question(repository: Path) -> None:
    question = 'homepage:\n  type: str\n  help: Homepage\n  default: ""\n\n'
    change(repository / "copier.yml", r"(?m)^# Computed answers", f"{question}# Computed answers")
    change(repository / BASE / "README.md.jinja", r"\Z", "{% if homepage %}\nSee {{ homepage }}.\n{% endif %}\n")


def offer_feature(repository: Path, name: str, purpose: str) -> None:
    """Add a feature to the choices, and the switch for its folder."""
    choice = f'    "{name}: {purpose}": {name}\n'
    change(repository / "copier.yml", r"(?m)^(  default: \[\])$", rf"{choice}\1")
    switch = f"{name}: {{type: str, when: false, default: \"{{{{ '.' if '{name}' in features }}}}\"}}\n"
    change(repository / "copier.yml", r"\Z", switch)


def add_feature(repository: Path) -> None:
    offer_feature(repository, "mini", "small things")
    line = '{% if mini %}\nfastrand = "2"\n{% endif %}\n'
    change(repository / CRATE / "Cargo.toml.jinja", r"(?m)^# features: end$", f"{line}# features: end")
    line = "{% if mini %}\npub mod mini;\n{% endif %}\n"
    change(repository / CRATE / "{{source_folder}}/lib.rs.jinja", r"(?m)^// features: end$", f"{line}// features: end")
    for name, text in MINI.items():
        path = repository / "templates/{{mini}}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def change(path: Path, pattern: str, replacement: str) -> None:
    """Change a file of the template, which must have what is changed."""
    text, count = re.subn(pattern, replacement, path.read_text("utf-8"), count=0 if "pyo3" in pattern else 1)
    assert count, f"{path} has no `{pattern}`"
    path.write_text(text, encoding="utf-8")


def package(history: History, folder: Path, version: str = NEWEST) -> Path:
    """Make what a wheel of a release installs, and return the folder to import it from."""
    installed = folder / "scaffolder"
    shutil.copytree(CHECKOUT / "scaffolder", installed, ignore=shutil.ignore_patterns("__pycache__"))
    (installed / "__init__.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    shutil.copy2(history.bundle, installed / "template.bundle")
    for name in ("copier.yml", "templates/reserved_names.yml", "templates/versions.yml"):
        (installed / "questions" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(history.repository / name, installed / "questions" / name)
    return folder


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def data(self) -> Any:
        return json.loads(self.stdout)


class Grow:
    """Runs the command in this process, with the history as its own and with each rendering done but once."""

    def __init__(self, history: History, folder: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        self.history = history
        self.folder = folder
        self.cache = cache
        self.patch = monkeypatch
        monkeypatch.setattr(template, "BUNDLE", history.bundle)
        monkeypatch.setattr(template, "QUESTIONS", history.repository)
        monkeypatch.setattr(template, "__version__", NEWEST)
        monkeypatch.setattr(releases, "__version__", NEWEST)
        self.render = generate.render
        monkeypatch.setattr(generate, "render", self.rendered)
        monkeypatch.setattr(update, "render", self.rendered)

    def rendered(self, source: Template, answers: Mapping[str, Any], folder: Path) -> None:
        """Render as the command does, or copy what was rendered from the same answers before."""
        key = json.dumps([source.source, source.ref, source.official, dict(answers)], sort_keys=True)
        ready = self.cache / hashlib.sha256(key.encode()).hexdigest()
        with FileLock(f"{ready}.lock"):
            if not ready.exists():
                whole = Path(tempfile.mkdtemp(dir=self.cache)) / "whole"
                self.render(source, answers, whole)
                whole.rename(ready)
        shutil.copytree(ready, folder, symlinks=True, dirs_exist_ok=True)

    def __call__(self, *arguments: str, cwd: Path | None = None, code: int | None = 0) -> Answer:
        """Run the command and expect an exit code, if one is named."""
        stdout, stderr = io.StringIO(), io.StringIO()
        with self.patch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
            patch.chdir(cwd or self.folder)
            patch.setattr(sys, "argv", ["pyo3-new", *arguments])
            exit_code = run(cli.app, "pyo3-new")
        answer = Answer(exit_code, stdout.getvalue(), stderr.getvalue())
        assert code is None or exit_code == code, answer.stdout + answer.stderr
        return answer

    def project(self, *features: str, version: str = NEWEST, name: str = "price-tools", folder: str = "") -> Path:
        """Make a project."""
        target = self.folder / (folder or name)
        chosen = [f"--with={','.join(features)}"] if features else []
        self("new", str(target), "--name", name, "--defaults", "--quiet", f"--vcs-ref=v{version}", *chosen)
        return target


def commit_all(project: Path, message: str = "Mine") -> None:
    """Commit what is there."""
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "--allow-empty", "--message", message, cwd=project)
