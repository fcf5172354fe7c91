"""Where answers come from, and which of them wins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from scaffolder.errors import InvalidAnswerError
from scaffolder.template.answers import Rules, name_from, resolve
from scaffolder.template.catalog import load_catalog
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

CATALOG = load_catalog(CHECKOUT)


def recorded(project: Path) -> dict[str, Any]:
    answers: dict[str, Any] = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    return answers


def test_flags_go_before_data_and_data_before_the_file(pyo3_new: Command, tmp_path: Path) -> None:
    file = tmp_path / "answers.yml"
    file.write_text(
        "_commit: v9\nproject_name: from-file\nlicense: BSD-3-Clause\ndescription: From the file\nfeatures: [async]\n",
        encoding="utf-8",
    )
    pyo3_new(
        "new", "x", "--answers", str(file), "--data", "description=From data", "--data", "features=classes,numpy",
        "--with", "plugins", "--name", "from-flag", "--defaults",
    )  # fmt: skip
    answers = recorded(tmp_path / "x")
    assert answers["project_name"] == "from-flag"
    assert answers["features"] == ["plugins"]
    assert answers["description"] == "From data"
    assert answers["license"] == "BSD-3-Clause"
    assert answers["_commit"].startswith("v0.")


def test_the_file_names_the_project_and_its_folder(pyo3_new: Command, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("project_name: from-file\npython_min: 3.12\n", encoding="utf-8")
    pyo3_new("new", "--answers", "answers.yml")
    assert recorded(tmp_path / "from-file")["python_min"] == "3.12"


def test_answers_of_one_project_make_the_same_project_again(pyo3_new: Command, tmp_path: Path) -> None:
    pyo3_new("new", "price-tools", "--with", "numpy", "--data", "wheels=version")
    pyo3_new("new", "again", "--answers", "price-tools/.copier-answers.yml")
    assert recorded(tmp_path / "again") == recorded(tmp_path / "price-tools")


@pytest.mark.parametrize(
    ("content", "code", "error"),
    [
        ("a: [1", 1, "can't be used as YAML"),
        ("\x00", 1, "can't be used as YAML"),
        ("- a\n- b\n", 1, "has no answers"),
        ("lisence: MIT\n", 2, "is not a question\n\nhint: did you mean `license`?"),
        ("package_name: x\n", 2, "can't be set"),
        ("features: [numpi]\n", 2, "`numpi` is not a feature"),
        ("features: {numpy: 1}\n", 2, "`features` takes a list"),
        ("description: null\n", 2, "`description` takes a text, not nothing"),
        (None, 1, "No such file or directory"),
    ],
)
def test_a_bad_file_is_one_clear_error(
    pyo3_new: Command, tmp_path: Path, content: str | None, code: int, error: str
) -> None:
    if content is not None:
        (tmp_path / "answers.yml").write_text(content, encoding="utf-8")
    done = pyo3_new("new", "x", "--answers", "answers.yml", code=code)
    assert done.stderr.startswith("error: ")
    assert error in done.stderr
    assert not (tmp_path / "x").exists()


def test_the_author_is_who_git_says(pyo3_new: Command, tmp_path: Path) -> None:
    pyo3_new("new", "x", "--defaults")
    answers = recorded(tmp_path / "x")
    assert (answers["author_name"], answers["author_email"]) == ("Ada Lovelace", "ada@example.org")


def test_an_author_that_the_template_refuses_is_left_out(pyo3_new: Command, tmp_path: Path, settings: Path) -> None:
    settings.write_text("[user]\n  name = Ada\n  email = nowhere\n", encoding="utf-8")
    pyo3_new("new", "x", "--defaults")
    assert recorded(tmp_path / "x")["author_email"] == ""


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("Price Tools", "Price-Tools"),
        ("café", "cafe"),
        ("naïve  prices", "naive-prices"),
        ("price_tools", "price_tools"),
    ],
)
def test_the_folder_names_the_project(folder: str, name: str) -> None:
    assert name_from(folder) == name


def refusal(name: str) -> str | None:
    """Return the hint with which a name is refused, or nothing if it is accepted."""
    try:
        resolve(CATALOG, {"project_name": name})
    except InvalidAnswerError as error:
        return error.hint or ""
    return None


@pytest.mark.parametrize(
    "name",
    ["json", "JSON", "Numpy", "pyo3", "tokio", "async", "match", "crate", "con", "test", "core", "std", "1a", "-a",
     "a-",     "a b", "é", "a/b", "..", "x" * 41, "proc-macro"],
)  # fmt: skip
def test_a_name_that_could_not_build_is_refused(name: str) -> None:
    assert refusal(name) is not None


@settings(deadline=None)
@given(st.from_regex(r"[a-z][a-z0-9]{2,10}(-[a-z0-9]{1,8}){1,2}", fullmatch=True))
def test_an_ordinary_name_is_accepted(name: str) -> None:
    assert refusal(name) is None or re.fullmatch(r"(proc|once|pyo3|serde|crossbeam|pytest)-.*", name)


@settings(deadline=None)
@given(st.text(max_size=60))
@example("; try ")
def test_following_the_hints_ends_at_an_accepted_name(name: str) -> None:
    for _ in range(2):
        if suggestion := re.fullmatch(r"try `(.+)`", refusal(name) or ""):
            name = suggestion[1]
    assert refusal(name) in {None, ""}, name


# Names, people and descriptions that one of the expressions treats differently.
VALUES = (
    "",
    "price-tools",
    "A._-B--c",
    "-9 lives-",
    "numpy",
    "Zoë",
    "a\tb",
    "two\nlines",
    "a@b.c",
    "a\\d@b.c",
    '"x" <a@b>',
)


def copier_rules() -> Rules:
    """Return the same expressions with the filters that Copier brings."""
    rules = Rules(CATALOG)
    rules.environment = SandboxedEnvironment(
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"], **CATALOG.settings["_envops"]
    )
    return rules


@pytest.mark.parametrize("value", VALUES)
def test_the_expressions_mean_what_they_mean_with_the_filters_that_copier_brings(value: str) -> None:
    rules, copier = Rules(CATALOG), copier_rules()
    answers = {**resolve(CATALOG, {"project_name": "price-tools"}), "features": ["classes", "numpy"]}
    for question in CATALOG.questions:
        if question.type == "str" and not question.computed:
            answers[question.name] = value if not question.choices else answers[question.name]
    compared = 0
    for question in CATALOG.questions:
        answers.setdefault(question.name, question.details.get("default"))
        for text in map(question.details.get, ("default", "when", "validator")):
            compared += "regex_" in str(text) or "to_json" in str(text)
            assert rules.render(text, answers) == copier.render(text, answers)
        if question.computed:
            answers[question.name] = rules.default(question, answers)
    assert compared > 5


@pytest.mark.parametrize(
    "expression",
    [
        "{{ 5 | regex_replace('5', 'x') }}",
        "{{ 'aAb' | regex_replace('a', '-', ignorecase=true) }}",
        "{{ 'a-b' | regex_replace('(a)-(b)', '\\\\2\\\\1') }}",
        "{{ nothing | regex_replace('a') }}",
        "{{ 'b' | regex_search('a') }}",
        "{{ 'x\nA' | regex_search('^a$', ignorecase=true, multiline=true) }}",
        "{{ ['é', 1, none] | to_json(ensure_ascii=false, indent=2) }}",
    ],
)
def test_a_filter_gives_what_that_of_copier_gives(expression: str) -> None:
    rules, copier = Rules(CATALOG), copier_rules()
    assert rules.render(expression, {}) == copier.render(expression, {})
