"""What add, remove and update do to a project, and when they refuse to."""

from __future__ import annotations

import hashlib
import random
import re
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from scaffolder.checkout import checkout
from scaffolder.template import releases
from tests import conftest
from tests.conftest import git, tree
from tests.history import MOVED, NEWEST, TAGS, commit_all, package

if TYPE_CHECKING:
    from pathlib import Path

    from tests.history import Grow, History

FEATURES = [*conftest.FEATURES, "mini"]
STUB = "python/price_tools/_core/__init__.pyi"


def everything(folder: Path) -> str:
    """Return a digest of all that is in a folder, the repository included."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path.relative_to(folder)}\0{path.lstat().st_mode}\0".encode())
        if path.is_file() and not path.is_symlink():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def unmerged(project: Path) -> set[str]:
    return set(filter(None, git("diff", "--name-only", "--diff-filter=U", "-z", cwd=project).split("\0")))


def test_adding_a_feature_gives_what_new_gives(grow: Grow) -> None:
    project = grow.project("classes")
    done = grow("add", "numpy", cwd=project)
    assert done.stdout.startswith("numpy added to price-tools")
    assert 'To go on: `git commit -m "Add numpy"`\n' in done.stdout
    assert "git restore --staged --worktree -- ." in done.stdout
    assert tree(project) == tree(grow.project("classes", "numpy", folder="whole"))
    assert not git("diff", "--name-only", cwd=project)
    assert git("diff", "--cached", "--name-only", cwd=project)


def test_the_way_back_undoes_what_both_sides_renamed(grow: Grow) -> None:
    project = grow.project(version="0.1.0")
    (project / "tests/test_distance.py").rename(project / "tests/test_words.py")
    replace(project / "Cargo.toml", "pyo3 =", "# mine\npyo3 =")
    commit_all(project)
    (project / "notes.txt").write_text("not committed\n", encoding="utf-8")
    before = tree(project)
    done = grow("update", "--offline", "--to", "0.2.0", "--json", cwd=project, code=3).data
    assert "rename/rename" in [conflict["kind"] for conflict in done["conflicts"]]
    for command in done["back"].split(" && "):
        git(*command.split()[1:], cwd=project)
    assert tree(project) == before
    assert git("status", "--porcelain", cwd=project) == "?? notes.txt"


def test_the_way_back_works_from_where_the_command_was_run(grow: Grow, tmp_path: Path) -> None:
    project = grow.project()
    before = tree(project)
    for folder in (tmp_path, project / "src"):
        done = grow("add", "numpy", "--project", str(project), cwd=folder)
        back = done.stdout.rpartition("To go back: `")[2].rstrip("`\n")
        assert tree(project) != before
        git(*back.split()[1:], cwd=folder)
        assert tree(project) == before


def test_the_way_back_restores_everything(grow: Grow) -> None:
    project = grow.project()
    before = tree(project)
    back = grow("add", ",".join(FEATURES), "--json", cwd=project).data["back"]
    assert tree(project) != before
    git(*back.split()[1:], cwd=project)
    assert tree(project) == before
    assert not git("status", "--porcelain", cwd=project)


def test_the_way_back_from_conflicts_restores_everything(grow: Grow) -> None:
    project = grow.project("numpy", "mini", version="0.2.0")
    replace(project / "Cargo.toml", "release line 0.2.0, before", "mine")
    append(project / "docs/mini.md", "Mine.\n")
    (project / MOVED[1]).rename(project / "tests/test_words.py")
    commit_all(project)
    before = tree(project)
    assert grow("update", "--offline", cwd=project, code=3).stdout.count("Cargo.toml") >= 2
    git("restore", "--staged", "--worktree", "--", ".", cwd=project)
    assert tree(project) == before
    assert not git("status", "--porcelain", cwd=project)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_one_after_another_is_the_same_as_all_at_once(grow: Grow, seed: int) -> None:
    order = random.Random(seed)
    project = grow.project()
    base = tree(project)
    for name in order.sample(FEATURES, len(FEATURES)):
        grow("add", name, cwd=project)
        commit_all(project)
    assert tree(project) == tree(grow.project(*FEATURES, folder="all"))
    for name in order.sample(FEATURES, len(FEATURES)):
        grow("remove", name, cwd=project)
        commit_all(project)
    assert tree(project) == base


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0"])
def test_every_release_updates_to_the_newest(grow: Grow, version: str) -> None:
    project = grow.project("classes", "async", version=version)
    done = grow("update", "--offline", cwd=project)
    assert f"New in {NEWEST}:\n- What is new in {NEWEST}." in done.stdout
    assert ("New in 0.2.0" in done.stdout) == (version == "0.1.0")
    assert f'To go on: `git commit -m "Update to template v{NEWEST}"`\n' in done.stdout
    assert tree(project) == tree(grow.project("classes", "async", folder="whole"))


def test_edits_beside_anchors_and_in_moved_files_stay(grow: Grow) -> None:
    project = grow.project("numpy", version="0.1.0")
    replace(project / "Cargo.toml", "# features: end\n", '# features: end\nserde = "1"\n')
    replace(project / "Cargo.toml", "# release line 0.1.0, after\n", '# release line 0.1.0, after\nrand = "0.9"\n')
    replace(project / MOVED[0], "import", "# mine\nimport")
    commit_all(project)
    done = grow("update", "--offline", cwd=project, code=None)
    assert not (project / MOVED[0]).exists()
    assert "# mine\n" in (project / MOVED[1]).read_text("utf-8")
    assert 'serde = "1"' in (project / "Cargo.toml").read_text("utf-8")
    assert 'rand = "0.9"' in (project / "Cargo.toml").read_text("utf-8")
    assert done.code == (3 if unmerged(project) else 0)


def test_a_conflict_is_marked_listed_and_left_to_git(grow: Grow) -> None:
    project = grow.project(version="0.1.0")
    replace(project / "Cargo.toml", "release line 0.1.0, before", "mine")
    commit_all(project)
    done = grow("update", "--offline", "--json", cwd=project, code=3).data
    assert [(item["path"], item["kind"]) for item in done["conflicts"]] == [("Cargo.toml", "contents")]
    text = (project / "Cargo.toml").read_text("utf-8")
    base, theirs = (f"# release line {version}, before\n" for version in ("0.1.0", NEWEST))
    assert f"<<<<<<< yours\n# mine\n||||||| base\n{base}=======\n{theirs}>>>>>>> template-v{NEWEST}\n" in text
    assert unmerged(project) == {"Cargo.toml"}
    assert "conflicts left in `Cargo.toml`" in grow("add", "numpy", cwd=project, code=1).stderr
    assert grow("status", "--offline", "--json", cwd=project).data["conflicts"] == ["Cargo.toml"]
    # Marked as solved, but not solved.
    commit_all(project)
    assert "conflicts left in `Cargo.toml`" in grow("add", "numpy", cwd=project, code=1).stderr
    # Half of it solved.
    solved = re.sub(r"(?m)^(<<<<<<< yours|=======|>>>>>>> template-.*)\n", "", text)
    (project / "Cargo.toml").write_text(solved, encoding="utf-8")
    commit_all(project)
    assert "conflicts left in `Cargo.toml`" in grow("add", "numpy", cwd=project, code=1).stderr


def test_generated_stubs_that_git_can_not_merge_are_merged_by_what_they_define(grow: Grow) -> None:
    project = grow.project()
    stub = project / STUB
    replace(stub, '    "closest",\n', '    "closest",\n    "mean",\n')
    replace(stub, "import Final\n", "import Final, SupportsIndex\n")
    append(stub, "\ndef mean(values: list[SupportsIndex]) -> float: ...\n")
    commit_all(project)
    before = stub.read_text("utf-8")
    done = grow("add", "numpy", cwd=project)
    assert f"Renew:\n  uv run nox -s stubs  # {STUB} was merged, definition by definition\n" in done.stdout
    text = stub.read_text("utf-8")
    assert "import Final, SupportsIndex\n\nfrom . import arrays as arrays\n" in text
    assert '    "closest",\n    "mean",\n    "arrays",\n]\n' in text
    assert text.endswith("\ndef mean(values: list[SupportsIndex]) -> float: ...\n")
    assert not unmerged(project)
    commit_all(project)
    assert grow("remove", "numpy", "--json", cwd=project).data["stubs"] == [STUB]
    assert stub.read_text("utf-8") == before


def test_a_conflict_in_generated_stubs_is_settled_by_renewing_them(grow: Grow) -> None:
    project = grow.project()
    replace(project / STUB, '    "closest",\n', '    "closest",\n    "mean",  # mine\n')
    commit_all(project)
    done = grow("add", "numpy", cwd=project, code=3)
    assert f"Conflicts:\n  {STUB}  both sides changed it\n" in done.stdout
    assert f"To go on: run `uv run nox -s stubs` to renew `{STUB}`, then `" in done.stdout
    assert "# mine\n" in (project / STUB).read_text("utf-8")


def test_a_file_that_the_user_deleted_stays_deleted(grow: Grow) -> None:
    project = grow.project(version="0.1.0")
    (project / "AGENTS.md").unlink()
    commit_all(project)
    done = grow("update", "--offline", cwd=project)
    assert "note: `AGENTS.md` changed in the template; it stays deleted as you left it" in done.stderr
    assert not (project / "AGENTS.md").exists()


def test_a_file_of_the_users_where_a_feature_has_one_is_not_called_changed(grow: Grow) -> None:
    project = grow.project()
    (project / "tests/test_tables.py").write_text('"""Furniture."""\n', encoding="utf-8")
    commit_all(project)
    done = grow("add", "arrow", cwd=project, code=3)
    assert "  tests/test_tables.py  both sides added it: if yours is about something else, go back" in done.stdout
    assert '"""Furniture."""\n' in (project / "tests/test_tables.py").read_text("utf-8")


def test_a_deleted_file_that_new_code_needs_is_named_with_the_way_back(grow: Grow) -> None:
    project = grow.project()
    errors = project / "python/price_tools/errors.py"
    text = errors.read_text("utf-8")
    errors.unlink()
    commit_all(project)
    (note,) = [
        note for note in grow("add", "numpy", "--json", cwd=project).data["notes"] if "which you deleted" in note
    ]
    start = "`python/price_tools/arrays.py` needs `python/price_tools/errors.py`, which you deleted: run `"
    assert note.startswith(start)
    subprocess.run(note.removeprefix(start).removesuffix("`").split(), cwd=project, check=True)
    assert errors.read_text("utf-8") == text
    # It is about the code that comes, not about what is there.
    commit_all(project)
    errors.unlink()
    commit_all(project)
    assert not grow("add", "wasm", "--json", cwd=project).data["notes"]


def test_files_committed_with_crlf_take_the_new_lines(grow: Grow) -> None:
    project = grow.project(version="0.1.0")
    (project / ".gitattributes").write_bytes(b"* -text\n")
    for name in ("Cargo.toml", "src/lib.rs"):
        path = project / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"# mine\r\n")
    replace_last = (project / "src/lib.rs").read_bytes().replace(b"# mine\r\n", b"// mine\r\n")
    (project / "src/lib.rs").write_bytes(replace_last)
    commit_all(project)
    grow("add", "numpy", cwd=project)
    for name in ("Cargo.toml", "src/lib.rs"):
        content = (project / name).read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n")
        assert b"mine" in content
    assert b'\r\nnumpy = "' in (project / "Cargo.toml").read_bytes()


def test_a_merge_that_git_calls_clean_can_be_a_conflict(grow: Grow) -> None:
    project = grow.project()
    replace(project / "Cargo.toml", "[build-dependencies]", 'numpy = "0.27"\n\n[build-dependencies]')
    replace(project / "pyproject.toml", "\ndependencies = [\n", '\ndependencies = [\n  "NumPy>=1",\n')
    commit_all(project)
    done = grow("add", "numpy", "--json", cwd=project, code=3).data
    reasons = {item["path"]: item["reason"] for item in done["conflicts"]}
    assert set(reasons) == {"Cargo.toml", "pyproject.toml"} == unmerged(project)
    assert "TOML" in reasons["Cargo.toml"]
    assert reasons["pyproject.toml"] == "`numpy` is listed 2 times in `project.dependencies`"


def test_lock_files_that_no_longer_fit_are_named(grow: Grow) -> None:
    project = grow.project()
    (project / "Cargo.lock").write_text("version = 4\n", encoding="utf-8")
    (project / "uv.lock").write_text("version = 1\n", encoding="utf-8")
    commit_all(project)
    assert grow("add", "classes", "--json", "--dry-run", cwd=project).data["outdated"] == []
    done = grow("add", "numpy", cwd=project)
    assert "  cargo update --workspace  # Cargo.lock is out of date\n" in done.stdout
    assert "  uv lock  # uv.lock is out of date\n" in done.stdout


def test_removing_refuses_edited_files_unless_forced(grow: Grow) -> None:
    project = grow.project("mini", "classes")
    append(project / "docs/mini.md", "Mine.\n")
    commit_all(project)
    before = everything(project)
    refused = grow("remove", "mini", cwd=project, code=1)
    assert "error: you edited `docs/mini.md`, which would be removed" in refused.stderr
    assert "--force" in refused.stderr
    assert everything(project) == before
    grow("remove", "mini", "--force", cwd=project)
    assert tree(project) == tree(grow.project("classes", folder="whole"))


def test_removing_lists_the_users_uses(grow: Grow) -> None:
    project = grow.project("mini", "numpy")
    replace(project / "src/lib.rs", "pub mod error;\n", "pub mod error;\npub mod own;\n")
    (project / "src/own.rs").write_text(
        "//! Arrays and mini things.\n\nuse crate::mini;\nuse numpy::PyArray1;\n", "utf-8"
    )
    (project / "python/price_tools/own.py").write_text("\nfrom price_tools import mini\nimport numpy as np\n", "utf-8")
    commit_all(project)
    done = grow("remove", "mini", "numpy", "--json", cwd=project).data
    assert [(item["path"], item["line"]) for item in done["uses"]] == [
        ("python/price_tools/own.py", 2),
        ("python/price_tools/own.py", 3),
        ("src/own.rs", 3),
        ("src/own.rs", 4),
    ]
    assert (project / "src/own.rs").exists()


def test_a_subfolder_of_a_repository_is_a_project(grow: Grow, tmp_path: Path) -> None:
    git("init", "--quiet", "--initial-branch=main", cwd=tmp_path)
    project = grow.project(version="0.1.0", folder="libraries/price tools [1]")
    (tmp_path / "other.txt").write_text("one\n", encoding="utf-8")
    commit_all(tmp_path)
    (tmp_path / "other.txt").write_text("two\n", encoding="utf-8")
    (tmp_path / "staged.txt").write_text("three\n", encoding="utf-8")
    git("add", "staged.txt", cwd=tmp_path)
    (project / "src/untracked.rs").write_text("// mine\n", encoding="utf-8")
    grow("add", "numpy", cwd=project / "src")
    assert (project / "src/arrays.rs").exists()
    names = git("diff", "--cached", "--name-only", cwd=tmp_path).splitlines()
    assert [name for name in names if not name.startswith("libraries/")] == ["staged.txt"]
    assert git("diff", "--name-only", cwd=tmp_path) == "other.txt"
    git("restore", "--staged", "--worktree", "--", ".", cwd=project)
    assert not (project / "src/arrays.rs").exists()
    assert git("diff", "--cached", "--name-only", cwd=tmp_path) == "staged.txt"


def test_a_linked_working_tree_and_sha256(grow: Grow, tmp_path: Path) -> None:
    project = grow.project()
    git("worktree", "add", "--quiet", "../linked", "-b", "linked", cwd=project)
    grow("add", "numpy", cwd=tmp_path / "linked")
    assert (tmp_path / "linked/src/arrays.rs").exists()
    assert not (project / "src/arrays.rs").exists()
    assert not git("status", "--porcelain", cwd=project)
    other = tmp_path / "sha256"
    (tmp_path / "linked/.git").unlink()
    (tmp_path / "linked").rename(other)
    git("init", "--quiet", "--object-format=sha256", cwd=other)
    commit_all(other)
    grow("add", "classes", cwd=other)
    assert tree(other) == tree(grow.project("numpy", "classes", folder="whole"))


@pytest.mark.parametrize("arguments", [("add", "numpy"), ("remove", "classes"), ("update", "--offline")])
@pytest.mark.parametrize("conflict", [False, True])
def test_a_dry_run_shows_the_difference_and_touches_nothing(
    grow: Grow, arguments: tuple[str, ...], conflict: bool
) -> None:
    project = grow.project("classes", version="0.2.0")
    if conflict:
        lines = (project / "Cargo.toml").read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if "release line" not in line and "features:" not in line]
        (project / "Cargo.toml").write_text("".join(kept), encoding="utf-8")
        replace(project / ".copier-answers.yml", "features:\n- classes", "features:\n- classes # mine")
    commit_all(project)
    before = everything(project)
    wet = conflict
    done = grow(*arguments, "--dry-run", cwd=project, code=3 if wet else 0)
    assert "\ndiff --git a/" in f"\n{done.stdout}"
    assert "\x1b" not in done.stdout
    assert everything(project) == before
    really = grow(*arguments, "--json", cwd=project, code=3 if wet else 0).data
    assert all(f" {file['path']} " in done.stdout for file in really["files"])


def test_features_that_are_there_or_not_need_nothing(grow: Grow) -> None:
    project = grow.project("numpy")
    before = everything(project)
    done = grow("add", "numpy", cwd=project)
    assert "nothing to do" in done.stdout
    assert "note: the project has `numpy` already" in done.stderr
    assert "note: the project does not have `async`" in grow("remove", "async", cwd=project).stderr
    assert f"the project has release `v{NEWEST}` already" in grow("update", "--offline", cwd=project).stderr
    assert everything(project) == before


def test_features_that_there_are_not(grow: Grow) -> None:
    project = grow.project(version="0.1.0")
    done = grow("add", "numpi", cwd=project, code=2)
    assert done.stderr.strip() == "error: `numpi` is not a feature\n\nhint: did you mean `numpy`?"
    done = grow("add", "mini", cwd=project, code=2)
    assert "`mini` is not a feature of release `v0.1.0`" in done.stderr
    assert "hint: run `pyo3-new update` first" in done.stderr


def dirty(project: Path) -> None:
    append(project / "README.md", "Mine.\n")


def staged(project: Path) -> None:
    dirty(project)
    git("add", "README.md", cwd=project)


def no_commit(project: Path) -> None:
    git("update-ref", "-d", "HEAD", cwd=project)


def merging(project: Path) -> None:
    (project / ".git/MERGE_HEAD").write_text(git("rev-parse", "HEAD", cwd=project), encoding="utf-8")


def rebasing(project: Path) -> None:
    (project / ".git/rebase-merge").mkdir()


def in_the_way(project: Path) -> None:
    (project / "src/arrays.rs").write_text("// mine\n", encoding="utf-8")


def folder_in_the_way(project: Path) -> None:
    (project / "docs").write_text("mine\n", encoding="utf-8")


def no_answers(project: Path) -> None:
    git("rm", "--quiet", ".copier-answers.yml", cwd=project)


def bad_answers(project: Path) -> None:
    (project / ".copier-answers.yml").write_text("_commit: [\n", encoding="utf-8")


def other_answers(project: Path) -> None:
    (project / ".copier-answers.yml").write_text("a: 1\n", encoding="utf-8")


def other_source(project: Path) -> None:
    replace(project / ".copier-answers.yml", "gh:pyo3-new/pyo3-new", "gh:somebody/else")


def from_the_future(project: Path) -> None:
    replace(project / ".copier-answers.yml", f"v{NEWEST}", "v9.0.0")


def from_a_commit(project: Path) -> None:
    replace(project / ".copier-answers.yml", f"v{NEWEST}", f"v{NEWEST}-3-gabcdef0")


def locked(project: Path) -> None:
    (project / ".git/index.lock").touch()


@pytest.mark.parametrize(
    ("spoil", "error", "hint"),
    [
        (dirty, "has changes that are not committed: `README.md`", "commit them"),
        (staged, "has changes that are not committed: `README.md`", "commit them"),
        (no_commit, "is committed yet", "commit the project first"),
        (merging, "a merge is in progress", "git merge --abort"),
        (rebasing, "a rebase is in progress", "git rebase --abort"),
        (in_the_way, "`src/arrays.rs` is in the way", "move it"),
        (folder_in_the_way, "`docs` is in the way", "move it"),
        (no_answers, "is not inside a pyo3-new project", "--project DIR"),
        (bad_answers, "can't be read", "git checkout HEAD -- .copier-answers.yml"),
        (other_answers, "does not say which release", "git checkout HEAD -- .copier-answers.yml"),
        (other_source, "comes from `gh:somebody/else`", "copier update"),
        (from_the_future, "has release `v9.0.0`", "upgrade pyo3-new"),
        (from_a_commit, "is not a release", "copier update"),
        (locked, "another git command is running", "delete that file"),
    ],
)
def test_a_project_in_no_state_to_be_changed_is_refused(grow: Grow, spoil: object, error: str, hint: str) -> None:
    project = grow.project()
    spoil(project)  # type: ignore[operator]
    before = tree(project)
    done = grow("add", "numpy", cwd=project, code=1)
    message, _, advice = done.stderr.strip().partition("\n\nhint: ")
    assert message.startswith("error: ")
    assert error in message
    assert hint in advice
    assert "\n" not in message + advice
    assert tree(project) == before
    assert not list((project / ".git").glob("pyo3-new*"))


def test_no_repository_is_refused(grow: Grow, tmp_path: Path) -> None:
    grow("new", "price-tools", "--defaults", "--no-git", "--quiet")
    done = grow("add", "numpy", "--project", str(tmp_path / "price-tools"), code=1)
    assert "is not in a git repository" in done.stderr
    assert "hint: run `git init`" in done.stderr


def test_git_that_is_too_old_is_refused(grow: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    project = grow.project()
    monkeypatch.setattr(checkout, "OLDEST_GIT", (99, 0))
    assert "is too old: git 99.0 or newer is needed" in grow("add", "numpy", cwd=project, code=1).stderr


def test_a_way_back_in_releases_is_refused(grow: Grow) -> None:
    project = grow.project()
    assert "can't go back to `v0.1.0`" in grow("update", "--to", "0.1.0", cwd=project, code=1).stderr
    assert "is not a release" in grow("update", "--to", "new", cwd=project, code=1).stderr


def test_check_tells_newer_from_current_and_from_errors(grow: Grow, tmp_path: Path) -> None:
    project = grow.project(version="0.2.0")
    done = grow("update", "--check", "--offline", cwd=project, code=1)
    assert done.stdout == f"v{NEWEST} is newer than v0.2.0\n\nNew in {NEWEST}:\n- What is new in {NEWEST}.\n"
    assert grow("update", "--check", "--offline", "--json", cwd=project, code=1).data["newest"] == NEWEST
    for named in ("0.2.0", "0.1.0"):
        done = grow("update", "--check", "--offline", "--to", named, cwd=project)
        assert done.stdout == f"v0.2.0 is not older than v{named}\n"
    newest = grow.project(name="newest-tools")
    assert grow("update", "--check", "--offline", cwd=newest).stdout == f"v{NEWEST} is the newest release\n"
    assert "error: " in grow("update", "--check", "--project", str(tmp_path), code=2).stderr
    assert not git("status", "--porcelain", cwd=project)


def test_status(grow: Grow) -> None:
    project = grow.project("numpy", version="0.2.0")
    append(project / "README.md", "Mine.\n")
    (project / "AGENTS.md").unlink()
    (project / "src/own.rs").write_text("// mine\n", encoding="utf-8")
    before = tree(project)
    found = grow("status", "--json", "--offline", cwd=project / "src").data
    assert found["version"] == "0.2.0"
    assert found["newest"] == NEWEST
    assert found["features"] == ["numpy"]
    assert found["available"] == [
        "classes",
        "arrow",
        "parallel",
        "async",
        "plugins",
        "embed",
        "wasm",
        "docs",
        "community",
        "workspace",
        "mini",
    ]
    assert (found["changed"], found["deleted"], found["added"]) == (["README.md"], ["AGENTS.md"], ["src/own.rs"])
    assert not found["conflicts"]
    assert f"Template   v0.2.0  (v{NEWEST} is the newest)" in grow("status", "--offline", cwd=project).stdout
    assert tree(project) == before


def test_the_public_repository_has_newer_releases(grow: Grow, history: History, tmp_path: Path, settings: Path) -> None:
    project = grow.project(version="0.2.0")
    public = tmp_path / "public"
    git("clone", "--quiet", str(history.repository), str(public), cwd=tmp_path)
    (public / "templates/{{base}}/NEWS.md").write_text("News\n", encoding="utf-8")
    text = (public / "CHANGELOG.md").read_text("utf-8").replace("## 0.3.0", "## 0.4.0\n\n- News.\n\n## 0.3.0")
    (public / "CHANGELOG.md").write_text(text, encoding="utf-8")
    commit_all(public)
    git("tag", "v0.4.0", cwd=public)
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[url "{public.as_posix()}"]\n  insteadOf = https://github.com/pyo3-new/pyo3-new.git\n')
    assert grow("update", "--check", "--offline", "--json", cwd=project, code=1).data["newest"] == NEWEST
    found = grow("update", "--check", "--json", cwd=project, code=1).data
    assert found["newest"] == "0.4.0"
    assert [notes["version"] for notes in found["changelog"]] == ["0.4.0", "0.3.0"]
    note = grow("update", cwd=project).stderr
    assert "can't `add` to a project with release `v0.4.0`: upgrade pyo3-new, with `uv tool upgrade pyo3-new`" in note
    assert (project / "NEWS.md").read_text("utf-8") == "News\n"
    commit_all(project)
    assert "upgrade pyo3-new" in grow("add", "numpy", cwd=project, code=1).stderr
    assert grow("status", "--json", cwd=project).data["version"] == "0.4.0"


def test_a_public_repository_that_does_not_answer_is_no_error(grow: Grow) -> None:
    project = grow.project(version="0.2.0")
    assert "note: the public repository did not answer" in grow("update", cwd=project).stderr
    assert tree(project) == tree(grow.project(folder="whole"))


def test_a_public_repository_that_keeps_one_waiting_is_left(
    grow: Grow, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = grow.project()
    monkeypatch.setattr(releases, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server, settings.open("a", encoding="utf-8") as file:
        address = f"git://127.0.0.1:{server.getsockname()[1]}/"
        file.write(f'[url "{address}"]\n  insteadOf = https://github.com/pyo3-new/pyo3-new.git\n')
        file.flush()
        begin = time.monotonic()
        assert "did not answer" in grow("update", "--check", cwd=project, code=2).stderr
        # Whoever waits for it waits forever.
        assert time.monotonic() - begin < 300


@pytest.mark.slow
def test_plain_copier_gives_the_same(
    grow: Grow, history: History, tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import copier
    from plumbum import local

    project = grow.project("numpy", "classes", version="0.1.0")
    append(project / "README.md", "Mine.\n")
    replace(project / "src/lib.rs", "pub mod error;\n", "pub mod error;\npub mod own;\n")
    (project / "AGENTS.md").unlink()
    commit_all(project)
    git("clone", "--quiet", str(project), "copied", cwd=tmp_path)
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[url "{history.repository.as_posix()}"]\n  insteadOf = https://github.com/pyo3-new/pyo3-new.git\n')
    monkeypatch.setenv("COPIER_CACHE_DIR", str(tmp_path / "cache"))
    with local.env(GIT_CONFIG_GLOBAL=str(settings), GIT_CONFIG_NOSYSTEM="1"):
        copier.run_update(tmp_path / "copied", defaults=True, overwrite=True, quiet=True, vcs_ref=TAGS[-1])
    grow("update", "--offline", cwd=project)
    assert tree(project) == tree(tmp_path / "copied")


@pytest.mark.slow
def test_what_a_wheel_installs_needs_no_network(
    history: History, environment: dict[str, str], settings: Path, tmp_path: Path
) -> None:
    environment["PYTHONPATH"] = str(package(history, tmp_path / "installed"))
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[url "{(tmp_path / "nowhere").as_posix()}"]\n  insteadOf = https://\n')

    def run(*arguments: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "scaffolder", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    run("new", "price-tools", "--defaults", "--vcs-ref", "v0.1.0")
    project = tmp_path / "price-tools"
    run("update", "--check", "--project", "price-tools", code=1)
    for arguments in (["add", "numpy"], ["update"], ["add", "mini"], ["remove", "numpy"]):
        assert "price-tools" in run(*arguments, "--project", "price-tools")
        commit_all(project)
    assert f"v{NEWEST}" in run("status", "--project", "price-tools")
    run("new", "fresh", "--name", "price-tools", "--defaults", "--with", "mini")
    assert tree(project) == tree(tmp_path / "fresh")


def test_filters_and_line_endings_of_the_users_apply(grow: Grow, settings: Path) -> None:
    with settings.open("a", encoding="utf-8") as file:
        swap = "tr a-zA-Z A-Za-z"
        file.write(f'[filter "swap"]\n  smudge = {swap}\n  clean = {swap}\n')
    project = grow.project()
    append(project / ".gitattributes", "docs/*.md filter=swap\n*.py eol=crlf\n")
    commit_all(project)
    grow("add", "numpy", cwd=project)
    assert "nUMpY" in (project / "docs/numpy.md").read_text("utf-8")
    content = (project / "python/price_tools/arrays.py").read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > 0
    assert not git("diff", "--name-only", cwd=project)


def test_a_shallow_clone_and_links_are_fine(grow: Grow, tmp_path: Path) -> None:
    project = grow.project(version="0.2.0")
    (project / "src/own.rs").symlink_to("lib.rs")
    commit_all(project)
    git("clone", "--quiet", "--depth=1", project.as_uri(), "shallow", cwd=tmp_path)
    grow("update", "--offline", cwd=tmp_path / "shallow")
    grow("update", "--offline", cwd=project)
    assert tree(tmp_path / "shallow") == tree(project)
    assert (tmp_path / "shallow/src/own.rs").is_symlink()


def test_nothing_is_written_through_a_link_out_of_the_project(grow: Grow, tmp_path: Path) -> None:
    project = grow.project()
    (tmp_path / "elsewhere").mkdir()
    (project / "docs").symlink_to(tmp_path / "elsewhere")
    assert "`docs` is in the way" in grow("add", "numpy", cwd=project, code=1).stderr
    assert not list((tmp_path / "elsewhere").iterdir())
