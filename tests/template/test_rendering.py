"""What every rendering has to be, whatever is built from it later."""

from __future__ import annotations

import json
import re
import shutil
import sys
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
import tomlkit
import trove_classifiers
import yaml

from scaffolder.template.additions import count_additions
from scaffolder.template.catalog import load_catalog
from tests.conftest import CHECKOUT, FEATURES, tree
from tests.template import matrix
from tests.template.conftest import EXTREMES
from tests.template.covering import cover
from tests.template.matrix import set_name

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.conftest import Make, Run

TEMPLATES = CHECKOUT / "templates"
SETS = matrix.load().sets(["none", "each", "pairs", "all"])
# Each two answers meet in a project.
ANSWERS = cover(
    {
        "license": ["MIT", "Apache-2.0", "MIT OR Apache-2.0", "BSD-3-Clause", "none"],
        "wheels": ["abi3", "version"],
        "author_name": ["", 'Åsa "Q" O\'Neil'],
        "repository": ["", "https://github.com/ada/price-tools"],
    },
    lambda _: False,
)
# The shortest and the longest name that a project can have: neither may change how a line is wrapped. Whatever line a
# feature brings is in the set of all, which is seen with both. Read as a word, the first one is a typo.
NAMES = ["ba", "a" * 35 + "-core"]
NAMED = [(features, NAMES[number % 2]) for number, features in enumerate(SETS)]
NAMED += [(features, name) for features in EXTREMES for name in NAMES if (features, name) not in NAMED]


@pytest.mark.parametrize("feature", FEATURES)
def test_what_a_feature_adds_is_counted_without_rendering_it(make: Make, feature: str) -> None:
    counts = count_additions(load_catalog(CHECKOUT), CHECKOUT, {"project_name": "ab"})
    assert counts[feature] == len(tree(make((feature,)))) - len(tree(make(())))


@pytest.mark.parametrize("features", SETS, ids=set_name)
def test_every_set_renders_cleanly(make: Make, features: tuple[str, ...]) -> None:
    files = tree(make(features))
    for path, content in files.items():
        text = content.decode("utf-8")
        assert "{%" not in text, path
        assert not re.search(r"(?<!\$)\{\{ ", text), path
        assert not re.search(r"[ \t]$", text, re.MULTILINE), f"{path} has trailing white space"
        assert not re.search(r"\n\n\n\n|\n\n\Z|[^\n]\Z", text), f"{path} has stray empty lines, or no final newline"
        assert "\r" not in text, path
    tomlkit.parse(files["Cargo.toml"].decode())
    tomlkit.parse(files["pyproject.toml"].decode())
    answers = yaml.safe_load(files[".copier-answers.yml"])
    assert answers["features"] == list(features)
    assert answers["_src_path"] == "gh:pyo3-new/pyo3-new"
    assert re.fullmatch(r"v\d+\.\d+\.\d+", answers["_commit"])


@pytest.mark.parametrize("features", SETS, ids=set_name)
def test_a_set_is_the_base_and_the_files_of_its_features(make: Make, features: tuple[str, ...]) -> None:
    base = set(tree(make(())))
    alone = [set(tree(make((feature,)))) for feature in features]
    package = make(features).name.replace("-", "_")

    def renamed(paths: set[str]) -> set[str]:
        return {re.sub(r"set_(none|all|\w+?)(?=/)", package, path) for path in paths}

    assert renamed(set(tree(make(features)))) == renamed(base.union(*alone))


def test_path_names_hold_names_of_answers_and_no_expressions() -> None:
    paths = [path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*")]
    assert [path for path in paths if "{{" in path]
    assert not [path for path in paths if re.search(r"[{}'\"]", re.sub(r"\{\{[\w.]+\}\}", "", path))]


def test_no_two_folders_of_the_template_hold_the_same_path() -> None:
    folders = [folder for folder in TEMPLATES.iterdir() if folder.is_dir()]
    owned = {
        folder.name: {
            path.relative_to(folder).as_posix().removesuffix(".jinja") for path in folder.rglob("*") if path.is_file()
        }
        for folder in folders
    }
    assert {f"{{{{{feature}}}}}" for feature in FEATURES} < set(owned), "a feature has no folder"
    for one, other in combinations(owned, 2):
        assert not owned[one] & owned[other], f"{one} and {other} overlap"


@pytest.mark.parametrize(
    ("features", "name"), NAMED, ids=[f"{set_name(features)}-{len(name)}" for features, name in NAMED]
)
def test_formatters_change_nothing(make: Make, run: Run, features: tuple[str, ...], name: str) -> None:
    project = make(features, name)
    run("ruff", "format", "--check", "--no-cache", folder=project)
    run("ruff", "check", "--no-cache", folder=project)
    run("tombi", "format", "--check", folder=project)
    run("typos", folder=project)
    sources = [str(path) for path in project.rglob("*.rs")]
    run("rustfmt", "--check", "--edition", "2024", *sources, folder=project)


@pytest.mark.parametrize("answers", ANSWERS, ids=lambda answers: "-".join(answers.values()).replace("/", ""))
def test_answers_reach_the_manifests(make: Make, run: Run, answers: dict[str, str]) -> None:
    license_, wheels, author, repository = answers.values()
    description = "Größen & \"quotes\" \\ 'more' 🦀"
    project = make((), "answers", python_min="3.12", description=description, author_email="", **answers)
    cargo = tomlkit.parse((project / "Cargo.toml").read_text(encoding="utf-8")).unwrap()
    pyproject = tomlkit.parse((project / "pyproject.toml").read_text(encoding="utf-8")).unwrap()["project"]
    assert cargo["package"]["description"] == pyproject["description"] == description
    assert pyproject["requires-python"] == ">=3.12"
    assert ("abi3-py312" in str(cargo["dependencies"]["pyo3"])) == (wheels == "abi3")
    assert [entry.get("name") for entry in pyproject["authors"]] == ([author] if author else [])
    assert pyproject.get("urls", {}).get("Repository", "") == cargo["package"].get("repository", "") == repository
    assert ("urls" in pyproject) == bool(repository)
    texts = sorted(path.name for path in project.glob("LICENSE*"))
    expected = {"MIT": "LICENSE-MIT", "Apache-2.0": "LICENSE-APACHE", "BSD-3-Clause": "LICENSE-BSD"}
    assert texts == sorted(file for name, file in expected.items() if name in license_)
    if license_ == "none":
        assert cargo["package"]["publish"] is False
        assert "license" not in pyproject
    else:
        assert cargo["package"]["license"] == pyproject["license"] == license_
    run("tombi", "format", "--check", folder=project)


@pytest.mark.parametrize(("python_min", "targets"), [("3.10", "wide"), ("3.14", "common")])
@pytest.mark.parametrize("wheels", ["abi3", "version"])
@pytest.mark.parametrize("features", EXTREMES, ids=set_name)
def test_workflows_are_sound_and_safe(
    make: Make, run: Run, features: tuple[str, ...], wheels: str, python_min: str, targets: str
) -> None:
    answers = {"wheels": wheels, "python_min": python_min, "targets": targets}
    project = make(features, "workflows", update_workflow="true", **answers)
    assert (project / ".github/workflows/template-update.yml").is_file()
    # Both look for workflows in a repository's root only.
    run("git", "init", "--quiet", folder=project)
    run("actionlint", folder=project)
    run("zizmor", "--offline", "--persona=pedantic", "--quiet", ".", folder=project)
    workflows = [path.read_text(encoding="utf-8") for path in (project / ".github/workflows").iterdir()]
    uses = re.findall(r"uses: (.*)", "\n".join(workflows))
    assert uses
    pinned = r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\$/\.github/workflows/\w+\.yml"
    assert all(re.fullmatch(pinned, action) for action in uses), uses


@pytest.mark.parametrize(
    ("repository", "author_email", "place"),
    [
        ("", "", "*Report a vulnerability* under *Security*"),
        ("", "ada@example.org", "<ada@example.org>"),
        ("https://example.org/ada/ba", "", "*Report a vulnerability* under *Security*"),
        ("https://github.com/ada/ba.git", "", "https://github.com/ada/ba/security/advisories/new"),
    ],
)
def test_a_community_has_forms_that_github_reads_and_a_place_for_private_reports(
    make: Make, run: Run, repository: str, author_email: str, place: str
) -> None:
    project = make(("community",), "community", repository=repository, author_email=author_email)
    assert place in (project / "SECURITY.md").read_text(encoding="utf-8")
    forms = project / ".github/ISSUE_TEMPLATE"
    texts = [str(path) for path in forms.iterdir() if path.name != "config.yml"]
    assert len(texts) == 2
    check = ["check-jsonschema", "--no-cache", "--builtin-schema"]
    run(*check, "vendor.github-issue-forms", *texts, folder=project)
    run(*check, "vendor.github-issue-config", str(forms / "config.yml"), folder=project)
    run(*check, "vendor.dependabot", ".github/dependabot.yml", folder=project)
    assert (place in (forms / "config.yml").read_text(encoding="utf-8")) == place.startswith("https:")


def test_checks_run_with_locked_tools_but_for_one_that_tries_the_newest(make: Make) -> None:
    workflows = {
        path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (make() / ".github/workflows").iterdir()
    }
    checks = {
        (file, name): step["run"]
        for file in ("ci.yml", "weekly.yml")
        for name, job in workflows[file]["jobs"].items()
        for step in job["steps"]
        if "nox" in step.get("run", "")
    }
    assert {job for job, command in checks.items() if "--locked" not in command} == {("weekly.yml", "newest")}
    assert len(checks) > 1
    # YAML's `on` is true. A scheduled run would count as that of a commit, which a release waits for.
    assert [file for file, workflow in workflows.items() if "schedule" in workflow[True]] == ["weekly.yml"]


@pytest.mark.parametrize("features", EXTREMES, ids=set_name)
def test_plain_copier_gives_the_same_files(make: Make, run: Run, tmp_path: Path, features: tuple[str, ...]) -> None:
    ours = make(features, author_name="Ada", author_email="ada@example.org")
    data = {"project_name": ours.name, "author_name": "Ada", "author_email": "ada@example.org"}
    answers = [f"--data={name}={value}" for name, value in (data | {"features": json.dumps(features)}).items()]
    no_warning = "-Werror:Answers file template locations:DeprecationWarning"
    command = [sys.executable, no_warning, "-m", "copier", "copy", "--defaults", "--quiet", *answers]
    run(*command, "--vcs-ref=HEAD", str(CHECKOUT), str(tmp_path / "plain"), folder=tmp_path)

    def comparable(project: Path) -> dict[str, bytes]:
        files = tree(project)
        files[".copier-answers.yml"] = re.sub(rb"(?m)^_(commit|src_path): .*\n", b"", files[".copier-answers.yml"])
        return files

    assert comparable(tmp_path / "plain") == comparable(ours)


def test_hooks_pass_on_a_fresh_project(make: Make, run: Run, tmp_path: Path) -> None:
    project = tmp_path / "hooks"
    shutil.copytree(make(FEATURES), project)
    run("git", "init", "--quiet", folder=project)
    run("git", "add", "--all", folder=project)
    # The hooks call the tools through uv, which takes them from this environment.
    run("prek", "run", "--all-files", folder=project, UV_PROJECT_ENVIRONMENT=sys.prefix)


MISTAKES = {
    "ruff check": ("tests/test_mistakes.py", "import os\n"),
    "ruff format": ("tests/test_mistakes.py", "X  = 1\n"),
    "cargo fmt": ("src/lib.rs", "pub  mod error;\n"),
    "tombi format": ("clippy.toml", "a  =  1\n"),
    "typos": ("README.md", "Teh end.\n"),
    "zizmor": (".github/workflows/mistakes.yml", "on: push\njobs: {a: {runs-on: b, steps: [{uses: c/d@main}]}}\n"),
}


@pytest.mark.parametrize("hook", MISTAKES)
def test_a_hook_stops_a_mistake(make: Make, run: Run, tmp_path: Path, hook: str) -> None:
    project = tmp_path / "hooks"
    shutil.copytree(make(), project)
    name, text = MISTAKES[hook]
    (project / name).write_text(text, encoding="utf-8")
    run("git", "init", "--quiet", folder=project)
    run("git", "add", "--all", folder=project)
    with pytest.raises(pytest.fail.Exception, match=rf"(?m)^{hook}\.+.*Failed$"):
        run("prek", "run", hook.replace(" ", "-"), "--files", name, folder=project, UV_PROJECT_ENVIRONMENT=sys.prefix)


@pytest.mark.parametrize("features", [(), *[(feature,) for feature in FEATURES]], ids=set_name)
def test_pages_lead_to_what_is_there(make: Make, features: tuple[str, ...]) -> None:
    project = make(features)
    for page in project.rglob("*.md"):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(project)} links to {target}"
    readme = (project / "README.md").read_text(encoding="utf-8")
    for feature in features:
        assert (project / "docs" / f"{feature}.md").is_file()
        assert f"docs/{feature}.md" in readme


def test_classifiers_are_those_of_the_index(make: Make) -> None:
    project = tomlkit.parse((make() / "pyproject.toml").read_text(encoding="utf-8")).unwrap()["project"]
    assert project["classifiers"]
    assert set(project["classifiers"]) <= trove_classifiers.classifiers


def test_the_debuggers_of_the_editor_build_first(make: Make) -> None:
    folder = make() / ".vscode"
    tasks = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))["tasks"]
    launched = json.loads((folder / "launch.json").read_text(encoding="utf-8"))["configurations"]
    builds = [entry["preLaunchTask"] for entry in launched if entry["request"] == "launch"]
    assert builds
    assert set(builds) == {task["label"] for task in tasks}


def test_guides_are_carried_unless_refused(make: Make) -> None:
    carried = tree(make(()))
    guide = carried[".agents/skills/pyo3-fundamentals/SKILL.md"].decode()
    assert guide.startswith("---\nname: pyo3-fundamentals\n")
    assert "[[[cog" not in guide
    assert not re.search(r"\]\((?!https:)", guide), "a link leads to what the project does not have"
    assert b".agents/skills/" in carried["AGENTS.md"]
    without = tree(make((), "no-guides", agent_skills="false"))
    assert not [path for path in without if path.startswith(".agents/")]
    assert b".agents" not in without["AGENTS.md"]
