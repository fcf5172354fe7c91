"""Whatever a user did to a project, no line of theirs is lost, and nothing else changes."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from scaffolder.checkout.manifests import load_toml
from tests.conftest import FEATURES, git, tree
from tests.history import VERSIONS, Answer, commit_all

if TYPE_CHECKING:
    from tests.history import Grow

# `CASES=2000 pytest tests/test_update_properties.py` for more and other ones; by default they are the same each time.
CASES = int(os.environ.get("CASES", "200"))
SEED = secrets.randbits(32) if "CASES" in os.environ else 0
# Apart, so that several processes can share them.
PARTS = 4
ANSWERS = ".copier-answers.yml"
MINE = re.compile(rb"mine-\d+-\xc3\xa4")

KINDS = [
    "insert",
    "insert beside an anchor",
    "change",
    "change beside an anchor",
    "append without a newline",
    "new",
    "in the way",
    "delete",
    "rename",
    "crlf",
    "mode",
]
EDITS = st.tuples(st.sampled_from(KINDS), st.integers(0, 10**6), st.integers(0, 10**6))
ACTIONS = st.one_of(
    st.tuples(st.just("add"), st.lists(st.sampled_from(FEATURES), min_size=1, max_size=2)),
    st.tuples(st.just("remove"), st.lists(st.sampled_from(FEATURES), min_size=1, max_size=2)),
    st.tuples(st.just("remove --force"), st.lists(st.sampled_from(FEATURES), min_size=1, max_size=1)),
    st.tuples(st.just("update"), st.sampled_from([["0.2.0"], ["0.3.0"]])),
)
TURNS = st.lists(st.tuples(st.lists(EDITS, max_size=5), ACTIONS, st.booleans()), min_size=1, max_size=3)


class User:
    """Edits a project, each time with a line that there is nowhere else."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.count = 0

    def line(self) -> bytes:
        self.count += 1
        return f"# mine-{self.count}-ä".encode()

    def edit(self, kind: str, where: int, line: int) -> None:
        """Do one thing to one file."""
        names = [name for name in sorted(tree(self.project)) if name != ANSWERS]
        if kind.endswith("an anchor"):
            names = [name for name in names if b"features: begin" in (self.project / name).read_bytes()] or names
        path = self.project / names[where % len(names)]
        if kind.startswith(("insert", "change")):
            self.write_line(path, line, anchor=kind.endswith("an anchor"), instead=kind.startswith("change"))
        elif kind == "append without a newline":
            path.write_bytes(path.read_bytes() + b"\n" + self.line())
        elif kind == "new":
            self.write(self.project / f"src/own{line % 5}.rs")
        elif kind == "in the way":
            self.write(self.project / ["src/arrays.rs", "docs/async.md", "python/price_tools/ledger.py"][line % 3])
        elif kind == "delete" and len(names) > 5:
            path.unlink()
        elif kind == "rename":
            target = path.with_name(f"moved-{line % 3}-{path.name}")
            path.rename(target)
        elif kind == "crlf":
            path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        elif kind == "mode":
            path.chmod(0o755)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.line() + b"\n")

    def write_line(self, path: Path, line: int, *, anchor: bool, instead: bool) -> None:
        """Write a line between others or in place of one, beside one that the template changes if so asked."""
        lines = path.read_bytes().splitlines(keepends=True)
        anchors = [number for number, text in enumerate(lines) if b"features: " in text or b"release line" in text]
        number = anchors[line % len(anchors)] + line % 2 if anchor and anchors else line % (len(lines) + 1)
        if number and not lines[number - 1].endswith(b"\n"):
            number -= 1
        path.write_bytes(b"".join([*lines[:number], self.line() + b"\n", *lines[number + instead :]]))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_line_of_the_users_is_lost(grow: Grow, tmp_path: Path, part: int) -> None:
    seen = {0: 0, 1: 0, 3: 0}

    @seed(SEED + part)
    @settings(
        max_examples=CASES // PARTS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=True,
    )
    @given(chosen=st.sets(st.sampled_from(FEATURES)), version=st.sampled_from(VERSIONS), raw=st.booleans(), turns=TURNS)
    def check(
        chosen: set[str], version: str, raw: bool, turns: list[tuple[object, tuple[str, list[str]], bool]]
    ) -> None:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        project = grow.project(*sorted(chosen), version=version, folder=f"{folder.name}/price-tools")
        if raw:
            # Now git keeps line endings as they are.
            (project / ".gitattributes").unlink()
            commit_all(project)
        user = User(project)
        for edits, (verb, what), back in turns:
            for edit in edits:  # type: ignore[attr-defined]
                user.edit(*edit)
            commit_all(project)
            # Attributes that went count for the first time now.
            git("add", "--renormalize", ".", cwd=project)
            commit_all(project)
            seen[turn(grow, project, verb, what, back=back)] += 1
        shutil.rmtree(folder)

    check()
    print(seen)
    # How many conflicts a part of the cases has is chance; that they are handled has tests of its own.
    assert seen[0]
    assert seen[1] + seen[3]


def turn(grow: Grow, project: Path, verb: str, what: list[str], *, back: bool) -> int:
    """Run one command, hold it to what it promises, and commit."""
    before = tree(project)
    names = ["update", "--offline", "--to", *what] if verb == "update" else [*verb.split(), *what]
    answer = grow(*names, "--json", cwd=project, code=None)
    after = tree(project)
    if answer.code == 1:
        assert re.search("can't go back|you edited|conflicts left", answer.data["message"])
        assert after == before
        assert not git("status", "--porcelain", cwd=project)
        return 1
    agree_with_git(project, answer)
    keep_lines(project, before, after, answer, forced="--force" in names)
    change_nothing_else(before, after, answer)
    if answer.code == 0:
        recorded = yaml.safe_load(after[ANSWERS])
        assert recorded["features"] == answer.data["features"]["after"]
        assert recorded["_commit"] == f"v{answer.data['version']['after']}"
    if back:
        for command in answer.data["back"].split(" && "):
            git(*command.split()[1:], cwd=project)
        assert tree(project) == before or lines(tree(project)) == lines(before)
        assert not git("status", "--porcelain", cwd=project)
    elif answer.code == 3:
        solve(project)
    commit_all(project)
    return answer.code


def agree_with_git(project: Path, answer: Answer) -> None:
    """The command's conflicts are git's, and everything else is staged."""
    output = git("ls-files", "-z", "--unmerged", cwd=project)
    unmerged = {entry.partition("\t")[2] for entry in output.split("\0") if entry}
    assert {conflict["path"] for conflict in answer.data["conflicts"]} == unmerged
    assert answer.code == (3 if unmerged else 0)
    output = git("diff", "--name-only", "-z", cwd=project)
    assert set(filter(None, output.split("\0"))) <= unmerged
    assert not git("ls-files", "--others", "--exclude-standard", cwd=project)


def keep_lines(
    project: Path, before: dict[str, bytes], after: dict[str, bytes], answer: Answer, *, forced: bool
) -> None:
    """Every line of the user's is in the tree or in the user's version of a file in conflict."""
    gone = {file["path"] for file in answer.data["files"] if file["change"] == "deleted"} if forced else set()
    mine = {line for name, content in before.items() if name not in gone for line in MINE.findall(content)}
    kept = {line for content in after.values() for line in MINE.findall(content)}
    for conflict in answer.data["conflicts"] if mine - kept else ():
        done = subprocess.run(["git", "show", f":2:{conflict['path']}"], cwd=project, capture_output=True, check=False)
        kept |= set(MINE.findall(done.stdout))
    assert mine <= kept


def change_nothing_else(before: dict[str, bytes], after: dict[str, bytes], answer: Answer) -> None:
    """Files that are not reported are as they were."""
    touched = {entry["path"] for key in ("files", "conflicts") for entry in answer.data[key]}
    assert {name: content for name, content in before.items() if name not in touched} == {
        name: content for name, content in after.items() if name not in touched
    }
    for name in {"Cargo.toml", "pyproject.toml"} & set(after) if answer.code == 0 else ():
        if name in touched:
            load_toml(after[name])


def lines(files: dict[str, bytes]) -> dict[str, list[bytes]]:
    """Return files as lines: git may give other line endings to what it restores."""
    return {name: content.splitlines() for name, content in files.items()}


def solve(project: Path) -> None:
    """Take both sides of every conflict without their base, and in the answers file the template's."""
    for name, content in tree(project).items():
        if name == ANSWERS and b"<<<<<<< yours" in content:
            git("checkout", "--theirs", "--", name, cwd=project)
        elif b"<<<<<<< yours" in content or b">>>>>>> template-v" in content:
            without = re.sub(rb"(?ms)^\|{7} base.*?(?=^=======\r?$)", b"", content)
            markers = rb"(?m)^(<<<<<<< yours|=======\r?$|>>>>>>> template-v).*\n?"
            (project / name).write_bytes(re.sub(markers, b"", without))
