"""What the command prints, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder import __version__
from tests.conftest import FEATURES

if TYPE_CHECKING:
    from tests.conftest import Command


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(pyo3_new: Command, option: str) -> None:
    assert pyo3_new(option).stdout == f"pyo3-new {__version__}\n"


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("new", "--help"), ("list", "--help")])
def test_help_goes_to_stdout(pyo3_new: Command, arguments: tuple[str, ...]) -> None:
    done = pyo3_new(*arguments)
    assert done.stdout.startswith("Usage: pyo3-new")
    assert not done.stderr


def test_help_of_new_has_examples_one_a_line(pyo3_new: Command) -> None:
    assert "\n    pyo3-new new price-tools --with numpy,async\n" in pyo3_new("new", "--help").stdout


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("list", "[KIND] [NAME]"),
        ("add", "FEATURE..."),
        ("diff", "[PATH]..."),
        ("explain", "[FILE | - | -- COMMAND...]"),
        ("example copy", "EXAMPLE [DIR]"),
        ("debug configs", "[DIR]"),
        ("tool type_converter", "ANNOTATION|FILE|-"),
    ],
)
def test_help_names_the_arguments(pyo3_new: Command, command: str, usage: str) -> None:
    text = pyo3_new(*command.split(), "--help").stdout
    assert text.splitlines()[0] == f"Usage: pyo3-new {command} [OPTIONS] {usage}"
    assert "<" not in text.partition("Arguments:")[2].partition("Options:")[0]


def test_list_has_every_feature_with_its_purpose(pyo3_new: Command) -> None:
    lines = pyo3_new("list").stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == FEATURES
    assert all(len(line.split()) > 3 for line in lines)


def test_list_as_data(pyo3_new: Command) -> None:
    features = json.loads(pyo3_new("list", "--json").stdout)["features"]
    assert [feature["name"] for feature in features] == FEATURES
    assert all(feature["purpose"] for feature in features)


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["nwe"], "no such command `nwe`", "did you mean `new`?"),
        (["new", "--wiht", "numpy"], "no such option `--wiht`", "did you mean `--with`"),
        (["new", "a", "b"], "unexpected argument `b`", "see `pyo3-new new --help`"),
        (["new"], "the answer `project_name` is missing", "--name NAME"),
        (["new", "x", "--with", "numpi"], "`numpi` is not a feature", "did you mean `numpy`?"),
        (["new", "x", "--with", "numpy,clases"], "`clases` is not a feature", "did you mean `classes`?"),
        (
            ["new", "x", "--with", "qqq"],
            "`qqq` is not a feature",
            f"choose from {', '.join(f'`{feature}`' for feature in FEATURES[:-1])} and `{FEATURES[-1]}`",
        ),
        (["new", "x", "--data", "license"], "`--data license` is not of the form KEY=VALUE", "license=MIT"),
        (["new", "x", "--data", "=MIT"], "`--data =MIT` is not of the form KEY=VALUE", "license=MIT"),
        (["new", "x", "--data", "lisence=MIT"], "`lisence` in `--data` is not a question", "did you mean `license`?"),
        (["new", "x", "--data", "crate_name=y"], "`crate_name` in `--data` can't be set", None),
        (["new", "x", "--data", "license=GPL"], "`GPL` is not a choice for `license`", "choose from `MIT`"),
        (["new", "x", "--data", "python_min=3.9"], "`3.9` is not a choice for `python_min`", "`3.10`"),
        (["new", "x", "--data", "author_email=ada"], "`ada` is not an email address", None),
        (["new", "x", "--data", "description= "], "the description is empty", None),
        (["new", "json"], "`json` is the name of a module of Python's standard library", "try `--name json-rs`"),
        (["new", "folder", "--name", "async"], "`async` is a Python keyword", "try `--name async-rs`"),
        (["new", "1st"], "`1st` must start with a letter", "try `--name st`"),
        (["new", "日本"], "`日本` must start with a letter", "try `--name price-tools`"),
        (["new", "x", "--name", ""], "the project needs a name", "try `--name price-tools`"),
    ],
)
def test_wrong_usage_is_one_clear_error(
    pyo3_new: Command, tmp_path: Path, arguments: list[str], error: str, hint: str | None
) -> None:
    done = pyo3_new(*arguments, code=2)
    assert not done.stdout
    assert done.stderr.startswith("error: ")
    assert error in done.stderr
    message, _, advice = done.stderr.strip().partition("\n\nhint: ")
    assert "\n" not in message
    assert "\n" not in advice
    if hint is None:
        assert not advice
    else:
        assert hint in advice
    assert not list(tmp_path.iterdir())


def test_the_result_as_data(pyo3_new: Command, tmp_path: Path) -> None:
    done = pyo3_new("new", "price-tools", "--defaults", "--with", "async", "--with", "numpy", "--json")
    result = json.loads(done.stdout)
    assert list(result) == ["name", "path", "template", "features", "files", "next", "dry_run", "notes"]
    assert result["name"] == "price-tools"
    assert Path(result["path"]) == tmp_path / "price-tools"
    assert result["template"] == {"source": "gh:pyo3-new/pyo3-new", "version": __version__}
    assert result["features"] == ["numpy", "async"]
    assert sorted(result["files"]) == sorted(
        path.relative_to(result["path"]).as_posix()
        for path in Path(result["path"]).rglob("*")
        if path.is_file() and ".git" not in path.relative_to(result["path"]).parts
    )
    assert len(result["next"]) == 3
    assert result["dry_run"] is False


def test_the_result_as_text_ends_with_three_commands(pyo3_new: Command) -> None:
    lines = pyo3_new("new", "price-tools", "--defaults").stdout.splitlines()
    assert lines[-4] == "Next:"
    assert lines[-3] == "  cd price-tools"
    assert len(lines) <= 31
    assert any(line.endswith(" Cargo.toml") for line in lines)


@pytest.mark.parametrize("flags", [[], ["--bare"], ["--data", "bare=true"]], ids=" ".join)
def test_bare_leaves_out_the_sample(pyo3_new: Command, flags: list[str]) -> None:
    result = json.loads(pyo3_new("new", "price-tools", "--dry-run", "--json", *flags).stdout)
    assert ("src/distance.rs" in result["files"]) is not bool(flags)


def test_problems_are_listed_with_what_their_messages_say(pyo3_new: Command) -> None:
    (table,) = json.loads(pyo3_new("list", "problems", "--json").stdout)["tables"]
    assert ["panic-exception", "run time", "Rust panicked: REASON"] in table["rows"]


def test_quiet_prints_nothing(pyo3_new: Command) -> None:
    done = pyo3_new("new", "price-tools", "--defaults", "--quiet")
    assert not done.stdout
    assert not done.stderr


def test_output_that_is_not_a_terminal_has_no_colour_and_no_motion(pyo3_new: Command) -> None:
    done = pyo3_new("new", "price-tools", "--defaults")
    assert not re.search(r"[\x1b\r]", done.stdout + done.stderr)


def test_an_encoding_without_box_characters_gets_plain_ones(pyo3_new: Command, environment: dict[str, str]) -> None:
    environment |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert "|-- " in pyo3_new("new", "price-tools", "--defaults", "--dry-run").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="nothing but Ctrl-C in a console sends SIGINT there")
def test_ctrl_c_while_it_starts_prints_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    interrupted = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(30)\n"
    (tmp_path / "typer.py").write_text(interrupted, encoding="utf-8")
    variables = {**environment, "PYTHONPATH": f"{tmp_path}:{environment['PYTHONPATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", "scaffolder", "list"], env=variables, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
