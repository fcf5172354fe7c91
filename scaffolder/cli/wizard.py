"""The questions of a template, asked in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.cli.decision import Decision
from scaffolder.cli.prompts import TextPrompt, ask_choice, ask_choices, refusal
from scaffolder.cli.text import answer_text, fold, format_answer, number_of_files
from scaffolder.errors import InvalidAnswerError, ScaffolderError
from scaffolder.template.additions import count_additions
from scaffolder.template.address import repository_address
from scaffolder.template.answers import MISSING, NAME, name_from, resolve
from scaffolder.template.generate import check_destination
from scaffolder.terminal import echo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scaffolder.template.catalog import Catalog, Question
    from scaffolder.template.source import Template

START, REPOSITORY = "bare", "repository"
# What is asked; the other questions have a recommended answer, which is shown.
ASKED = (NAME, START, "description", "features", REPOSITORY)
INTRODUCTION = (
    "Enter takes what is shown, Tab edits it. Every answer can be changed at the end, before anything is made."
)
STARTS = {
    "sample": ("a sample function", "with its error, tests and benchmark"),
    "bare": ("an empty module", "that builds, tests and lints"),
    "example": ("an example", "a small finished project, which can't be updated"),
}
MAKE, CHANGE, CANCEL = "make", "change", "cancel"
WIDEST = 16


class Wizard:
    """Asks the open questions, and shows the recommended answers to the others.

    Args:
        catalog: The questions.
        given: Answers that are not asked for.
        suggested: What to offer in place of the template's defaults.
        destination: Where the project goes, if that does not follow from its name.
        official: Opens the template, if it is the official one, whose questions the wizard knows by name.
    """

    def __init__(
        self, catalog: Catalog, given: Mapping[str, Any], suggested: Mapping[str, Any], destination: Path | None,
        official: Callable[[], Template] | None,
    ) -> None:  # fmt: skip
        self.catalog = catalog
        self.given = given
        self.chosen = dict(given)
        self.suggested = dict(suggested)
        self.destination = destination
        self.official = official
        self.name = ""
        self.example: str | None = None
        self.changing: str | None = None
        if destination is not None:
            self.suggested.setdefault(NAME, name_from(destination.resolve().name))
        widest = max((len(self.label(question)) for question in catalog.asked), default=0)
        self.column = min(widest, WIDEST) + 4

    def run(self) -> Decision | None:
        """Ask until the user confirms, and return what to make, or nothing if the user cancels.

        Raises:
            InterruptedRunError: A key or a signal stopped it.
        """
        if self.given:
            self.check_given()
        echo("\n".join([*fold(INTRODUCTION, 0), ""]))
        answers = self.answer()
        while (choice := self.confirm()) == CHANGE:
            answers = self.change(answers)
        return Decision(answers, self.example) if choice == MAKE else None

    def check_given(self) -> None:
        """Refuse a wrong answer on the command line before the first question."""
        try:
            resolve(self.catalog, self.given, {}, fill_in)
        except InvalidAnswerError as error:
            if error.question in self.given:
                raise

    def answer(self) -> dict[str, Any]:
        """Ask what is open, and show the answers."""
        answers = resolve(self.catalog, {}, self.suggested, self.ask)
        recommended = [question for question in self.catalog.asked if self.is_recommended(question, answers)]
        if recommended:
            echo("\n  Recommended:")
        for question in recommended:
            self.show(question, answers[question.name])
        echo("")
        return answers

    def is_recommended(self, question: Question, answers: Mapping[str, Any]) -> bool:
        """Whether the user has seen nothing of an answer yet."""
        return self.example is None and question.name in answers and question.name not in {NAME, *self.chosen}

    def confirm(self) -> str:
        """Ask whether to make the project."""
        folder = str(self.destination or self.name)
        place = "" if folder == self.name else f" in {'the current folder' if folder == '.' else folder}"
        rows = [(MAKE, "Yes", ""), (CHANGE, "Change an answer", ""), (CANCEL, "Cancel", "")]
        return str(ask_choice(f"Make {self.name or 'the project'}{place}?", rows))

    def change(self, answers: dict[str, Any]) -> dict[str, Any]:
        """Ask one of the questions again."""
        questions = [
            question
            for question in self.catalog.asked
            if question.name in answers and (self.example is None or question.name in {NAME, START})
        ]
        rows = [
            (question.name, self.label(question), self.words(question, answers[question.name]))
            for question in questions
        ]
        choice = ask_choice("Which answer?", [*rows, (None, "Back", "")])
        if choice is None:
            return answers
        self.chosen.pop(choice, None)
        self.suggested[choice] = answers[choice]
        if choice == START:
            self.example = None
        self.changing = choice
        return self.answer()

    def ask(self, question: Question, default: Any, check: Callable[[Any], Any]) -> Any:
        """Answer one question: as the user did, or by asking, or as recommended."""
        name = question.name
        if self.example is not None and name not in {NAME, START}:
            return default
        if name not in self.chosen:
            offered = self.offer(question, default)
            if self.is_asked(question, offered, check):
                self.chosen[name] = self.prompt(question, offered, check)
            elif name == NAME:
                self.chosen[name] = offered
            else:
                return offered
        answer = check(self.chosen[name])
        self.name = str(answer) if name == NAME else self.name
        self.show(question, answer)
        return answer

    def offer(self, question: Question, default: Any) -> Any:
        """Return the answer to offer."""
        if question.name in self.suggested:
            return self.suggested[question.name]
        if question.name == REPOSITORY and self.official:
            return repository_address(self.destination or Path(self.name), self.name) or default
        return default

    def is_asked(self, question: Question, offered: Any, check: Callable[[Any], Any]) -> bool:
        """Whether to ask a question, or else to go on with the offered answer."""
        if question.name == self.changing or offered is MISSING or refusal(offered, check):
            return True
        if question.name == NAME:
            return self.destination is None
        return question.name in ASKED and not (question.name == REPOSITORY and offered)

    def prompt(self, question: Question, offered: Any, check: Callable[[Any], Any]) -> Any:
        """Ask one question."""
        label = self.label(question)
        if question.name == START and self.official:
            return self.ask_start("bare" if offered else "sample")
        if question.multiselect:
            return ask_choices(label, self.rows(question), [] if offered is MISSING else offered)
        if question.choices:
            return ask_choice(label, self.rows(question), offered, question.explanation)
        if question.type == "bool":
            rows = [(True, "yes", ""), (False, "no", "")]
            return ask_choice(label, rows, offered is True, question.explanation)
        if question.name == NAME and self.destination is None:
            check = also_free(check)
            if offered is MISSING and (example := self.example_name()):
                # Not in doubt, and so on the screen before Jinja is imported.
                return TextPrompt(label, self.column, free_name(example), check, in_doubt=False).ask()
        return TextPrompt(label, self.column, offered, check).ask()

    def example_name(self) -> str:
        """Return the name that the template has for a project without one."""
        computed = {question.name: question for question in self.catalog.questions if question.computed}
        question = computed.get(f"example_{NAME}")
        return str(question.details.get("default", "")) if question else ""

    def ask_start(self, chosen: str) -> bool:
        """Ask what to start from, and return whether to leave out the sample function."""
        starts = [key for key in STARTS if key != "example" or set(self.given) <= {NAME}]
        while True:
            choice = ask_choice("Start from", [(key, *STARTS[key]) for key in starts], chosen)
            if choice != "example":
                return bool(choice == "bare")
            self.example = ask_example()
            if self.example is not None:
                return False

    def rows(self, question: Question) -> list[tuple[Any, str, str]]:
        """Return the choices of a question; those of features say how many files each adds."""
        numbers = {}
        if question.name == "features" and self.official:
            counts = count_additions(self.catalog, self.official().folder, self.chosen)
            numbers = {name: f"+{number_of_files(count)}" for name, count in counts.items()}
        widest, space = (max(map(len, names), default=0) for names in (map(str, numbers), numbers.values()))
        return [
            (
                choice.value,
                f"{choice.value!s:<{widest}}  {numbers[choice.value]:>{space}}" if numbers else str(choice.value),
                choice.purpose if choice.purpose != str(choice.value) else "",
            )
            for choice in question.choices
        ]

    def show(self, question: Question, answer: Any) -> None:
        """Print an answer."""
        echo(answer_text(self.label(question), self.words(question, answer), self.column))

    def label(self, question: Question) -> str:
        """Return the short name of a question."""
        return "Start from" if question.name == START and self.official else question.label

    def words(self, question: Question, answer: Any) -> str:
        """Return an answer in words."""
        if question.name != START or not self.official:
            return format_answer(question, answer)
        if self.example is not None:
            return f"the example {self.example.rpartition('/')[2]}"
        return STARTS["bare" if answer else "sample"][0]


def ask_example() -> str | None:
    """Offer the examples, and return the name of one, or nothing to go back."""
    from scaffolder.skills import load_skills

    skills = [skill for skill in load_skills() if skill.examples]
    skill: Any = skills[0]
    if len(skills) > 1:
        skill = ask_choice("Examples for", [*((skill, skill.name, "") for skill in skills), (None, "Back", "")])
    if skill is None:
        return None
    rows = [(example.name, example.path.name, example.purpose) for example in skill.examples]
    name: str | None = ask_choice("Which example?", [*rows, (None, "Back", "")])
    return name


def fill_in(question: Question, default: Any, check: Callable[[Any], Any]) -> Any:  # noqa: ARG001
    """Stand in for the user, as far as that is possible."""
    if default is not MISSING:
        return default
    try:
        return check("")
    except InvalidAnswerError as error:
        return error.suggestion or ""


def free_name(name: str) -> str:
    """Return a name, with a number where its folder is taken."""
    names = (name, *(f"{name}-{number}" for number in range(2, 100)))
    return next((free for free in names if not Path(free).exists()), name)


def also_free(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Refuse a name whose folder is taken, while another can still be chosen."""

    def check_both(answer: Any) -> Any:
        name = str(check(answer))
        try:
            check_destination(Path(name))
        except ScaffolderError as error:
            raise InvalidAnswerError(NAME, f"the folder {error.message}", suggestion=free_name(name)) from error
        return name

    return check_both
