"""Where the template comes from, and that it is the same from everywhere."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from scaffolder import __version__
from scaffolder.errors import ScaffolderError
from scaffolder.template.bundle import read_tags, write_bundle
from tests.conftest import CHECKOUT, FEATURES, Command, git, tree

if TYPE_CHECKING:
    from pathlib import Path

QUESTIONS = (
    'project_name: {type: str}\nfeatures: {type: str, multiselect: true, choices: ["red: warm", blue], default: []}\n'
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small repository with the releases v0.1.0 and v0.2.0."""
    folder = tmp_path / "small template"
    (folder / "templates").mkdir(parents=True)
    (folder / "README.md").write_text("Not of the template.\n", encoding="utf-8")
    (folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (folder / "copier.yml").write_text(f"_subdirectory: templates\n{QUESTIONS}", encoding="utf-8")
    (folder / "templates/note.txt.jinja").write_text("{{ project_name }}\n", encoding="utf-8")
    answers = folder / "templates/{{_copier_conf.answers_file}}.jinja"
    answers.write_text("{{ _copier_answers|to_nice_yaml }}", encoding="utf-8")
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    release(folder, "v0.1.0")
    (folder / "templates/second.txt").write_text("second\n", encoding="utf-8")
    release(folder, "v0.2.0")
    return folder


def release(folder: Path, tag: str) -> None:
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "--allow-empty", "--message", tag, cwd=folder)
    git("tag", tag, cwd=folder)


def unpacked(bundle: Path, tag: str, folder: Path) -> dict[str, bytes]:
    git("clone", "--quiet", "--branch", tag, str(bundle), str(folder), cwd=bundle.parent)
    return tree(folder)


def test_the_bundle_has_each_release_and_the_working_tree(checkout: Path, tmp_path: Path) -> None:
    (checkout / "templates/third.txt").write_bytes(b"third\r\n")
    (checkout / "templates/third.log").touch()
    (checkout / "templates/second.txt").unlink()
    bundle = tmp_path / "template.bundle"
    write_bundle(checkout, "0.10.0", bundle)
    assert read_tags(bundle) == ["v0.1.0", "v0.2.0", "v0.10.0"]
    common = {"copier.yml", "templates/note.txt.jinja", "templates/{{_copier_conf.answers_file}}.jinja"}
    assert set(unpacked(bundle, "v0.1.0", tmp_path / "1")) == common
    assert set(unpacked(bundle, "v0.2.0", tmp_path / "2")) == common | {"templates/second.txt"}
    newest = unpacked(bundle, "v0.10.0", tmp_path / "10")
    assert set(newest) == common | {"templates/third.txt"}
    assert newest["templates/third.txt"] == b"third\n"


def test_the_bundle_depends_on_its_content_only(checkout: Path, tmp_path: Path) -> None:
    write_bundle(checkout, "0.2.0", tmp_path / "a")
    git("clone", "--quiet", str(checkout), str(tmp_path / "clone"), cwd=tmp_path)
    git("gc", "--quiet", "--aggressive", cwd=tmp_path / "clone")
    git("config", "core.compression", "0", cwd=tmp_path / "clone")
    write_bundle(tmp_path / "clone", "0.2.0", tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_checkout_is_not_written_to(checkout: Path, tmp_path: Path) -> None:
    (checkout / "templates/third.txt").touch()
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    write_bundle(checkout, "0.3.0", tmp_path / "bundle")
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before


def test_a_template_that_differs_from_its_release_is_refused(checkout: Path, tmp_path: Path) -> None:
    (checkout / "templates/second.txt").write_text("changed\n", encoding="utf-8")
    with pytest.raises(ScaffolderError, match=r"differs from its release `v0\.2\.0`") as caught:
        write_bundle(checkout, "0.2.0", tmp_path / "bundle")
    assert caught.value.hint == "raise the version in `scaffolder/__init__.py`"


def test_plain_copier_makes_the_same_project(pyo3_new: Command, tmp_path: Path, environment: dict[str, str]) -> None:
    data = ["project_name=price-tools", "author_name=Ada", "author_email=a@b.c", "license=MIT OR Apache-2.0"]
    arguments = [part for answer in data for part in ("--data", answer)]
    pyo3_new("new", "ours", *arguments, "--all", "--defaults", "--no-git")
    copier = [sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", "--vcs-ref", "HEAD", *arguments]
    features = ["--data", f"features=[{', '.join(FEATURES)}]"]
    subprocess.run(
        [*copier, *features, str(CHECKOUT), str(tmp_path / "theirs")], env=environment, check=True, capture_output=True
    )
    ours, theirs = tree(tmp_path / "ours"), tree(tmp_path / "theirs")
    name = ".copier-answers.yml"
    answers = [files.pop(name).decode().splitlines() for files in (ours, theirs)]
    assert ours == theirs
    changing = ("_src_path: ", "_commit: ")
    kept = [[line for line in lines if not line.startswith(changing)] for lines in answers]
    assert kept[0] == kept[1]
    assert f"_commit: v{__version__}" in answers[0]
    assert "_src_path: gh:pyo3-new/pyo3-new" in answers[0]


def test_modes_are_those_of_the_template(pyo3_new: Command, tmp_path: Path) -> None:
    pyo3_new("new", "price-tools", "--defaults", "--all", "--no-git")
    executable = [path for path in (tmp_path / "price-tools").rglob("*") if path.is_file() and path.stat().st_mode & 1]
    assert not executable


def test_the_users_own_copier_cache_is_left_alone(
    pyo3_new: Command, tmp_path: Path, environment: dict[str, str]
) -> None:
    environment["COPIER_CACHE_DIR"] = str(tmp_path / "cache")
    pyo3_new("new", "price-tools", "--defaults")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("ref", [__version__, f"v{__version__}"])
def test_this_release_can_be_named(pyo3_new: Command, tmp_path: Path, ref: str) -> None:
    pyo3_new("new", "price-tools", "--defaults", "--vcs-ref", ref, "--no-git")
    assert f"_commit: v{__version__}" in (tmp_path / "price-tools/.copier-answers.yml").read_text(encoding="utf-8")


def test_a_release_that_is_not_there_is_one_clear_error(pyo3_new: Command) -> None:
    done = pyo3_new("new", "price-tools", "--defaults", "--vcs-ref", "v99.0.0", code=1)
    assert f"carries the template's releases `v{__version__}`, not `v99.0.0`" in done.stderr
    assert "hint: upgrade pyo3-new" in done.stderr


def test_another_template_rules_by_its_own_questions(pyo3_new: Command, tmp_path: Path, checkout: Path) -> None:
    pyo3_new("new", "x", "--template", checkout.name, "--with", "blue", "--defaults")
    assert (tmp_path / "x/second.txt").is_file()
    answers = yaml.safe_load((tmp_path / "x/.copier-answers.yml").read_text(encoding="utf-8"))
    assert answers == {"_commit": "v0.2.0", "_src_path": str(checkout), "project_name": "x", "features": ["blue"]}


def test_another_templates_release_can_be_named(pyo3_new: Command, tmp_path: Path, checkout: Path) -> None:
    pyo3_new("new", "x", "--template", checkout.as_uri(), "--vcs-ref", "v0.1.0", "--defaults")
    assert sorted(tree(tmp_path / "x")) == [".copier-answers.yml", "note.txt"]


def test_a_plain_folder_is_a_template_too(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/copier.yml").write_text("project_name: {type: str}\n", encoding="utf-8")
    (tmp_path / "plain/{{project_name}}.txt").touch()
    pyo3_new("new", "x", "--template", "plain", "--defaults")
    assert list(tree(tmp_path / "x")) == ["x.txt"]
    assert "has no features" in pyo3_new("new", "y", "--template", "plain", "--all", code=2).stderr
    assert "not a git repository" in pyo3_new("new", "y", "--template", "plain", "--vcs-ref", "v1", code=1).stderr


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (f"{QUESTIONS}_tasks: [touch danger]\n", "runs code of its own"),
        (f"{QUESTIONS}_jinja_extensions: [a.B]\n", "runs code of its own"),
        ("a: [1\n", "can't be read"),
        ("a: {default: '{{ 1 + }}'}\n", "the template's expression"),
        ("a: {default: '{{ 1 / 0 }}'}\n", "the template's expression"),
        ("a: {default: '{{ b.c.d }}'}\n", "the template's expression"),
        ("a: {default: '{{ 1 | to_nice_yaml }}'}\n", "the template's expression"),
        ("a: {default: '{{ 1 | regex_replace(\"(\") }}'}\n", "the template's expression"),
        ("_envops: 5\na: {default: '{{ 1 }}'}\n", "`_envops` are not valid Jinja settings"),
        ("5: {default: '{{ 1 + }}'}\n", "the template's expression"),
        (None, "is not a Copier template"),
    ],
)
def test_a_template_that_will_not_do_is_one_clear_error(
    pyo3_new: Command, tmp_path: Path, content: str | None, error: str
) -> None:
    (tmp_path / "plain").mkdir()
    if content is not None:
        (tmp_path / "plain/copier.yml").write_text(content, encoding="utf-8")
    done = pyo3_new("new", "x", "--template", "plain", "--defaults", code=1)
    assert done.stderr.startswith("error: ")
    assert error in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]


def test_a_template_that_is_nowhere_is_one_clear_error(pyo3_new: Command, tmp_path: Path) -> None:
    assert "neither a folder nor" in pyo3_new("new", "x", "--template", "nowhere", code=1).stderr
    address = (tmp_path / "nowhere").as_uri()
    assert "can't be read" in pyo3_new("new", "x", "--template", address, code=1).stderr
