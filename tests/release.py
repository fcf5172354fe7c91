"""Check that this repository is ready to be tagged as a release.

    python -m tests.release [REPOSITORY]

Version, changelog, tags and bundle have to agree, the template has to keep what projects rely on, and a project of
every earlier release has to update to this one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError
from scaffolder.template.bundle import order, read_tags, write_bundle
from scaffolder.template.releases import Releases
from tests.conftest import CHECKOUT, IDENTITY, git, tree
from tests.history import History, package

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scaffolder.template.catalog import Catalog, Question

FORBIDDEN = ("_tasks", "_migrations", "_jinja_extensions")
STEADY = ("_subdirectory", "_answers_file")


def main() -> int:
    """Print what is wrong, and return the exit code."""
    repository = Path(sys.argv[1] if len(sys.argv) > 1 else CHECKOUT).resolve()
    with tempfile.TemporaryDirectory(prefix="pyo3-new-release-") as folder:
        problems = list(check(repository, Path(folder)))
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if not problems:
        print(f"ready: {version_of(repository)}")
    return int(bool(problems))


def version_of(repository: Path) -> str:
    """Return the version that the repository is going to be."""
    text = (repository / "scaffolder/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "(\d+\.\d+\.\d+)"', text)
    return found[1] if found else "0.0.0"


def check(repository: Path, workspace: Path) -> Iterator[str]:
    """Find what keeps a repository from being released."""
    version, bundle = version_of(repository), workspace / "template.bundle"
    heading = next(iter(re.findall(r"(?m)^## (.*)$", (repository / "CHANGELOG.md").read_text("utf-8"))), "nothing")
    if heading.split()[0] != version:
        yield f"CHANGELOG.md begins with `{heading}`, and the version is `{version}`"
    try:
        write_bundle(repository, version, bundle)
    except ScaffolderError as error:
        yield error.message
        return
    tags = read_tags(bundle)
    if tags[-1] != f"v{version}":
        yield f"the newest tag is `{tags[-1]}`, and the version is `{version}`"
    git("clone", "--quiet", "--bare", str(bundle), "releases.git", cwd=workspace)
    catalogs = catalogs_of(workspace / "releases.git", tags, workspace)
    for (old_tag, old), (new_tag, new) in pairwise(catalogs.items()):
        yield from (f"from {old_tag} to {new_tag} {text}" for text in broken_rules(old, new))
    features = {tag: [feature.name for feature in found.features] for tag, found in catalogs.items()}
    yield from failing_updates(History(repository, bundle), features, workspace)


def catalogs_of(repository: Path, tags: Sequence[str], workspace: Path) -> dict[str, Catalog]:
    """Return the questions of each release in a bare repository."""
    releases = Releases(repository, tuple(tags), workspace)
    return {tag: releases.catalog(tag) for tag in tags}


def broken_rules(old: Catalog, new: Catalog) -> Iterator[str]:
    """Find what a release takes away from projects of the one before."""
    questions = {question.name: question for question in new.asked}
    for question in old.asked:
        if question.name not in questions:
            yield f"the question `{question.name}` is gone"
        else:
            yield from broken_question(question, questions[question.name])
    for setting in STEADY:
        if old.settings.get(setting) != new.settings.get(setting):
            yield f"the setting `{setting}` changed"
    for setting in set(FORBIDDEN) & set(new.settings):
        yield f"the setting `{setting}` came, for which users need `--trust`"


def broken_question(old: Question, new: Question) -> Iterator[str]:
    """Find what a question no longer takes."""
    if (old.type, old.multiselect) != (new.type, new.multiselect):
        yield f"the question `{old.name}` takes another type of answer"
    values = [choice.value for choice in new.choices]
    for choice in old.choices:
        if choice.value not in values:
            yield f"the choice `{choice.value}` of `{old.name}` is gone"
    if new.choices and not old.choices:
        yield f"the question `{old.name}` takes certain answers only"


def failing_updates(history: History, features: Mapping[str, Sequence[str]], workspace: Path) -> Iterator[str]:
    """Update a project of each earlier release with all its features, and compare it with a new one."""
    *earlier, newest = sorted(features, key=order)
    installed = package(history, workspace / "installed", newest[1:])
    settings = workspace / "gitconfig"
    settings.write_text(IDENTITY, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "COPIER_"))}
    environment |= {"GIT_CONFIG_GLOBAL": str(settings), "GIT_CONFIG_NOSYSTEM": "1", "PYTHONPATH": str(installed)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "scaffolder", *arguments]
        return subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)

    for tag in earlier:
        made, updated = (workspace / f"{tag}-{name}/price-tools" for name in ("made", "updated"))
        options = ["--defaults", "--quiet", f"--with={','.join(features[tag])}"]
        steps = [
            run("new", str(updated), *options, f"--vcs-ref={tag}"),
            run("update", "--offline", "--project", str(updated)),
            run("new", str(made), *options),
        ]
        if failed := next((done for done in steps if done.returncode), None):
            yield f"a project of {tag} does not update: {failed.stderr or failed.stdout}"
        elif tree(made) != tree(updated):
            yield f"a project of {tag} that is updated differs from a new one"


if __name__ == "__main__":
    sys.exit(main())
