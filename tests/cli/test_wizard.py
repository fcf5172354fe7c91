"""The wizard, in a terminal of its own."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from scaffolder.skills import load_skills
from scaffolder.template.additions import count_additions
from scaffolder.template.catalog import load_catalog
from tests.conftest import CHECKOUT, SKILLS, git, tree

pytest.importorskip("pexpect", reason="needs pexpect, which Windows does not have")

from tests.cli.terminal import DOWN, END, ENTER, INTERRUPT, SPACE, TAB, UP, Screens, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Command

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")

SCREENS = Path(__file__).parent / "screens"
WIDTHS = (60, 80, 120)
START = ("? Start from", ENTER)
DESCRIPTION = ("? Description", ENTER)
FEATURES = ("? Features", ENTER)
REPOSITORY = ("? Repository", ENTER)
MAKE = ("? Make ", ENTER)
FEATURES_OFFERED = load_catalog(CHECKOUT).features
SKILL, EXAMPLE = "pyo3-fundamentals", "02-unit-price"
STEPS = [("? Name", ENTER), START, DESCRIPTION, FEATURES, REPOSITORY, MAKE]
CHANGE = ("? Make ", DOWN + ENTER)


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Callable[..., Terminal]:
    """Start the command in a terminal, in an empty folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    # The account of whoever runs the tests is not in it.
    environment |= {"GH_CONFIG_DIR": str(tmp_path / "gh"), "GIT_CEILING_DIRECTORIES": str(tmp_path)}

    def spawn(*arguments: str, width: int = 80) -> Terminal:
        return Terminal(arguments, folder, environment, width)

    return spawn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command runs."""
    return tmp_path / "folder"


def choose_feature(terminal: Terminal, name: str) -> None:
    terminal.wait("? Features")
    terminal.choose(f"○ {name}", SPACE)
    terminal.play((f"● {name}", ENTER))


def choose_example(terminal: Terminal, name: str) -> None:
    """Choose one of the examples of `SKILL`."""
    open_examples(terminal)
    terminal.choose(name)


def open_examples(terminal: Terminal) -> None:
    """Go on to the examples of `SKILL`, which is asked for where there are several."""
    terminal.play(("? Start from", UP + ENTER), ("? ", ""), ("01-" if only_one_skill() else "Examples for", ""))
    if not only_one_skill():
        terminal.choose(SKILL)
    terminal.wait("01-")


def only_one_skill() -> bool:
    return len([skill for skill in SKILLS.values() if skill.examples]) == 1


def recorded(project: Path) -> dict[str, Any]:
    answers: dict[str, Any] = yaml.safe_load((project / ".copier-answers.yml").read_text(encoding="utf-8"))
    return answers


@pytest.mark.parametrize("width", WIDTHS)
def test_a_project_on_the_screen(start: Callable[..., Terminal], width: int) -> None:
    terminal, screens = start(width=width), Screens(SCREENS / f"project-{width}.txt")

    def play(*steps: tuple[str, str]) -> None:
        for text, keys in steps:
            screens.compare(terminal, text)
            terminal.play((text, keys))

    play(("? Name", "1abc" + ENTER), ("must start with", "json" + ENTER), ("json-rs", ENTER), START)
    play(("? Description", "Text metrics for long documents: TF-IDF, Levenshtein distance and n-grams" + ENTER))
    # The screen with the features would change with each new one.
    choose_feature(terminal, "classes")
    play(("? Repository", "github.com/ada/json-rs" + ENTER), ("is not a web address", ENTER), CHANGE)
    play(("? Which answer?", UP + UP + ENTER), ("? PyO3 guides", DOWN + ENTER))
    play(("? Make json-rs?", DOWN + DOWN + ENTER), ("nothing was made", ""))
    screens.end()


@pytest.mark.parametrize("width", WIDTHS)
def test_features_are_described_in_full(start: Callable[..., Terminal], width: int) -> None:
    terminal = start("price-tools", width=width)
    terminal.play(START, DESCRIPTION, ("? Features", ""), (f"○ {FEATURES_OFFERED[-1].name}", ""))
    menu = " ".join(terminal.text.replace("»", " ").split())
    counts = count_additions(load_catalog(CHECKOUT), CHECKOUT, {"project_name": "price-tools"})
    for feature in FEATURES_OFFERED:
        assert f"○ {feature.name} +{counts[feature.name]} files {feature.purpose}" in menu


@pytest.mark.parametrize("width", WIDTHS)
def test_an_example_on_the_screen(start: Callable[..., Terminal], width: int) -> None:
    terminal, screens = start("word-prices", width=width), Screens(SCREENS / f"example-{width}.txt")
    choose_example(terminal, EXAMPLE)
    for text, keys in [CHANGE, ("? Which answer?", DOWN + DOWN + ENTER), CHANGE, ("? Which answer?", DOWN + ENTER)]:
        screens.compare(terminal, text)
        terminal.play((text, keys))
    screens.compare(terminal, "? Start from")
    screens.end()


@pytest.mark.parametrize("width", WIDTHS)
def test_examples_are_described_in_full(start: Callable[..., Terminal], width: int) -> None:
    terminal = start("word-prices", width=width)
    open_examples(terminal)
    # The last entry: the terminal may be half drawn before.
    terminal.wait("Back")
    menu = " ".join(terminal.text.replace("»", " ").split())
    for example in SKILLS[SKILL].examples:
        assert f"{example.path.name} {example.purpose}" in menu
    terminal.choose("Back")
    terminal.wait("? Start from")


def test_the_answers_become_a_project(start: Callable[..., Terminal], folder: Path) -> None:
    terminal = start()
    terminal.play(*STEPS[:3])
    choose_feature(terminal, "numpy")
    terminal.play(("? Repository", "https://example.org/ada/tools" + ENTER), MAKE)
    assert terminal.end() == 0, terminal.text
    assert "cd price-tools" in terminal.text
    project = folder / "price-tools"
    answers = recorded(project)
    assert (answers["features"], answers["author_name"], answers["bare"]) == (["numpy"], "Ada Lovelace", False)
    assert answers["description"] == "A Python library with its hot loops in Rust"
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["urls"] == {"Repository": "https://example.org/ada/tools"}
    assert (project / ".git").is_dir()


def test_the_tree_is_printed_once(start: Callable[..., Terminal]) -> None:
    terminal = start()
    terminal.play(*STEPS)
    assert terminal.end() == 0
    assert terminal.output.count("pyproject.toml") == 1


@pytest.mark.parametrize(
    ("step", "key"), [*((step, INTERRUPT) for step in range(len(STEPS))), (0, END), (1, END), (3, END)]
)
def test_stopping_at_any_step_leaves_nothing(start: Callable[..., Terminal], folder: Path, step: int, key: str) -> None:
    terminal = start()
    terminal.play(*STEPS[:step], (STEPS[step][0], key))
    assert terminal.end() == 130
    assert "error: stopped, nothing was made" in terminal.text
    assert "Traceback" not in terminal.output
    assert not list(folder.iterdir())


def test_cancelling_is_not_an_error(start: Callable[..., Terminal], folder: Path) -> None:
    terminal = start()
    terminal.play(*STEPS[:-1], ("? Make ", DOWN + DOWN + ENTER))
    assert terminal.end() == 0
    assert "note: nothing was made" in terminal.text
    assert "error" not in terminal.text
    assert not list(folder.iterdir())


def test_every_answer_can_be_changed(start: Callable[..., Terminal], folder: Path) -> None:
    terminal = start()
    terminal.play(*STEPS[:-1], CHANGE, ("? Which answer?", ENTER), ("? Name", "fast-tools" + ENTER))
    terminal.play(("? Make fast-tools?", DOWN + ENTER), ("? Which answer?", DOWN + ENTER))
    terminal.play(("? Start from", DOWN + ENTER), ("an empty module", ""), ("? Make ", DOWN + ENTER))
    terminal.play(("? Which answer?", DOWN + DOWN + ENTER), ("? Description", TAB + "!" + ENTER))
    terminal.play(("in Rust!", ""), ("? Make ", ENTER))
    assert terminal.end() == 0
    answers = recorded(folder / "fast-tools")
    assert answers["description"] == "A Python library with its hot loops in Rust!"
    assert answers["bare"] is True


def test_typing_replaces_what_is_shown(start: Callable[..., Terminal], folder: Path) -> None:
    terminal = start("price-tools")
    terminal.play(START, ("? Description", "Prices" + ENTER), *STEPS[3:])
    assert terminal.end() == 0
    assert recorded(folder / "price-tools")["description"] == "Prices"


def test_what_is_given_is_not_asked(start: Callable[..., Terminal], folder: Path) -> None:
    given = ["--name", "price-tools", "--with", "async", "--data", "license=none", "--data", "description=Prices"]
    terminal = start("there", *given, "--bare")
    terminal.play(REPOSITORY, ("Make price-tools in there?", ENTER))
    assert terminal.end() == 0
    assert not re.search(r"\? (Name|Start|Description|Features)", terminal.output)
    answers = recorded(folder / "there")
    assert (answers["features"], answers["license"], answers["bare"]) == (["async"], "none", True)


def test_a_wrong_option_is_refused_before_the_first_question(start: Callable[..., Terminal]) -> None:
    terminal = start("--data", "license=BSD")
    assert terminal.end() == 2
    assert terminal.text.startswith("error: `BSD` is not a choice for `license`")


@pytest.mark.parametrize(("destination", "package"), [("price-tools", "price_tools"), ("Café Tools", "cafe_tools")])
def test_the_folder_names_the_project(
    start: Callable[..., Terminal], folder: Path, destination: str, package: str
) -> None:
    terminal = start(destination)
    terminal.play(*STEPS[1:])
    assert terminal.end() == 0
    assert "? Name" not in terminal.output
    assert (folder / destination / "python" / package).is_dir()


def test_a_folder_that_can_not_name_the_project(start: Callable[..., Terminal], folder: Path) -> None:
    terminal = start("json")
    terminal.play(("`json` is the name of a module", ENTER), *STEPS[1:])
    assert terminal.end() == 0
    assert recorded(folder / "json")["project_name"] == "json-rs"


def test_a_name_whose_folder_is_taken_is_not_offered(start: Callable[..., Terminal], folder: Path) -> None:
    for name in ("price-tools", "taken"):
        (folder / name).mkdir()
        (folder / name / "file").touch()
    terminal = start()
    terminal.play(("price-tools-2", "taken" + ENTER), ("`taken` is not empty; try `taken-2`", ENTER), *STEPS[1:])
    assert terminal.end() == 0
    assert (folder / "taken-2/Cargo.toml").is_file()


def test_an_example_becomes_what_the_command_makes_of_it(
    start: Callable[..., Terminal], pyo3_new: Command, folder: Path
) -> None:
    terminal = start()
    terminal.play(STEPS[0])
    choose_example(terminal, EXAMPLE)
    terminal.play(MAKE)
    assert terminal.end() == 0
    (folder / "command").mkdir()
    pyo3_new("new", "price-tools", "--example", EXAMPLE, cwd=folder / "command")
    assert tree(folder / "price-tools") == tree(folder / "command/price-tools")


def test_an_example_can_be_changed_for_a_project(start: Callable[..., Terminal], folder: Path) -> None:
    terminal = start("price-tools")
    choose_example(terminal, EXAMPLE)
    terminal.play(CHANGE, ("? Which answer?", DOWN + ENTER), *STEPS[1:])
    assert terminal.end() == 0
    assert recorded(folder / "price-tools")["bare"] is False


def test_no_example_beside_answers_for_the_template(start: Callable[..., Terminal]) -> None:
    terminal = start("price-tools", "--data", "license=none")
    terminal.play(("? Start from", ""), ("an empty module", INTERRUPT))
    assert terminal.end() == 130
    assert "an example" not in terminal.output


def test_the_address_follows_from_the_account(start: Callable[..., Terminal], folder: Path, settings: Path) -> None:
    with settings.open("a", encoding="utf-8") as file:
        file.write("[github]\n  user = ada\n")
    terminal = start()
    terminal.play(*STEPS[:4], ("Repository       https://github.com/ada/price-tools", ""), CHANGE)
    terminal.play(("? Which answer?", ENTER), ("? Name", "fast-tools" + ENTER), ("? Make fast-tools?", ENTER))
    assert terminal.end() == 0
    manifest = tomllib.loads((folder / "fast-tools/Cargo.toml").read_text(encoding="utf-8"))
    assert manifest["package"]["repository"] == "https://github.com/ada/fast-tools"


def test_a_project_in_a_repository_has_the_address_of_that(start: Callable[..., Terminal], folder: Path) -> None:
    git("init", "--quiet", cwd=folder)
    git("remote", "add", "origin", "git@git.example.org:ada/outer.git", cwd=folder)
    terminal = start("bindings/python", "--name", "price-tools")
    terminal.play(*STEPS[1:4], ("Repository       https://git.example.org/ada/outer", ""), ("? Make ", INTERRUPT))
    assert terminal.end() == 130


def test_questions_of_another_template(start: Callable[..., Terminal], folder: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.mkdir()
    (template / "copier.yml").write_text(
        "owner: {type: str, help: Who owns the books of this library}\n"
        "size: {type: int, default: 3}\n"
        "bare: {type: bool, default: false, help: Bare shelves}\n"
        "cover: {type: str, choices: [soft, hard], default: soft}\n",
        encoding="utf-8",
    )
    (template / "out.txt.jinja").write_text("{{ owner }} {{ size }} {{ bare }} {{ cover }}\n", encoding="utf-8")
    terminal = start("there", "--template", str(template))
    terminal.play(("? Who owns the books of this library", "Ada" + ENTER), ("? Bare shelves", UP + ENTER), CHANGE)
    terminal.play(("? Which answer?", DOWN + ENTER), ("? size", "many" + ENTER))
    terminal.play(("takes a whole number", "\x15" + "4" + ENTER), ("? Make ", ENTER))
    assert terminal.end() == 0, terminal.text
    assert (folder / "there/out.txt").read_text(encoding="utf-8") == "Ada 4 True soft\n"


def test_a_terminal_with_defaults_is_not_asked(start: Callable[..., Terminal], folder: Path) -> None:
    terminal = start("price-tools", "--defaults")
    assert terminal.end() == 0
    assert "?" not in terminal.text
    assert (folder / "price-tools/Cargo.toml").is_file()


def test_no_colour_where_none_is_wanted(start: Callable[..., Terminal], environment: dict[str, str]) -> None:
    environment["NO_COLOR"] = "1"
    terminal = start()
    terminal.play(*STEPS)
    assert terminal.end() == 0
    assert not re.search(r"\x1b\[(\d+;)*(3[0-8]|4[0-8]|9[0-7])[;m]", terminal.output)


def test_the_examples_of_several_skills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prompt_toolkit.application import create_app_session
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    from scaffolder.cli.wizard import ask_example

    for skill in ("moons", "tides"):
        example = tmp_path / skill / "examples/01-table"
        example.mkdir(parents=True)
        (tmp_path / skill / "SKILL.md").touch()
        (example / "pyproject.toml").write_text('[project]\nname = "table"\ndescription = "A table"\n', "utf-8")
    monkeypatch.setattr("scaffolder.skills.load_skills", lambda: load_skills(tmp_path))
    answers = []
    for keys in (DOWN + ENTER + ENTER, UP + ENTER, ENTER + DOWN + ENTER):
        with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
            keyboard.send_text(keys)
            answers.append(ask_example())
    assert answers == ["tides/01-table", None, None]
