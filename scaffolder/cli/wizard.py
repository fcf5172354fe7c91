"""The questions of a template, asked in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import questionary

from scaffolder.cli.text import review
from scaffolder.errors import InterruptedRunError, InvalidAnswerError, ScaffolderError
from scaffolder.template.answers import MISSING, name_from, resolve
from scaffolder.template.generate import check_destination
from scaffolder.terminal import echo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scaffolder.template.catalog import Catalog, Question
    from scaffolder.template.generate import NewProject

STYLE = questionary.Style(
    [
        ("qmark", "fg:ansicyan bold"),
        ("question", "bold"),
        ("answer", "fg:ansicyan"),
        ("instruction", "fg:ansibrightblack"),
    ]
)
MAKE, CHANGE, CANCEL = "make", "change", "cancel"


class Wizard:
    """Asks the open questions and shows the project that the answers make.

    Args:
        catalog: The questions.
        given: Answers that are not asked for.
        suggested: What to offer in place of the template's defaults.
        destination: Where the project goes, if that does not follow from its name.
    """

    def __init__(
        self, catalog: Catalog, given: Mapping[str, Any], suggested: Mapping[str, Any], destination: Path | None
    ) -> None:
        self.catalog = catalog
        self.given = given
        self.suggested = dict(suggested)
        self.destination = destination
        if destination is not None:
            self.suggested.setdefault("project_name", name_from(destination.resolve().name))

    def run(self, preview: Callable[[dict[str, Any]], NewProject]) -> dict[str, Any]:
        """Ask until the user confirms, and return the answers.

        Args:
            preview: Renders the project that the answers make.

        Raises:
            InterruptedRunError: The user cancelled.
        """
        answers = resolve(self.catalog, self.given, self.suggested, self.ask)
        while True:
            echo(review(self.catalog, answers, preview(answers)))
            choice = prompt(questionary.select("Make this project?", choices=[
                questionary.Choice("Make it", MAKE),
                questionary.Choice("Change an answer", CHANGE),
                questionary.Choice("Cancel", CANCEL),
            ], style=STYLE))  # fmt: skip
            if choice == MAKE:
                return answers
            if choice == CANCEL:
                raise InterruptedRunError
            answers = self.change(answers)

    def change(self, answers: dict[str, Any]) -> dict[str, Any]:
        """Ask one of the questions again."""
        choices = [
            questionary.Choice(question.help, question.name)
            for question in self.catalog.asked
            if question.name in answers
        ]
        name = prompt(questionary.select("Which answer?", choices=choices, style=STYLE))
        remaining = {question: answer for question, answer in answers.items() if question != name}
        return resolve(self.catalog, remaining, answers, self.ask)

    def ask(self, question: Question, default: Any, check: Callable[[Any], Any]) -> Any:
        """Ask one question, with a default."""
        offered = None if default is MISSING else default
        if question.multiselect:
            return prompt(checkbox(question, offered or []))
        if question.choices:
            return prompt(select(question, offered))
        if question.type == "bool":
            return prompt(questionary.confirm(question.help, default=bool(offered), style=STYLE))
        if question.name == "project_name" and self.destination is None:
            check = also_free(check)
        return prompt(text(question, offered, check))


def prompt(question: questionary.Question) -> Any:
    """Ask; Ctrl-C or the end of the input stops the command."""
    try:
        return question.unsafe_ask()
    except (KeyboardInterrupt, EOFError) as error:
        raise InterruptedRunError from error


def checkbox(question: Question, chosen: list[Any]) -> questionary.Question:
    """Offer several choices, each with its purpose."""
    width = max((len(str(choice.value)) for choice in question.choices), default=0)
    choices = [
        questionary.Choice(f"{choice.value!s:<{width}}  {choice.purpose}", choice.value, checked=choice.value in chosen)
        for choice in question.choices
    ]
    return questionary.checkbox(
        question.help, choices=choices, style=STYLE, instruction="(space to select, enter to continue)"
    )


def select(question: Question, chosen: Any) -> questionary.Question:
    """Offer one of several choices."""
    choices = [questionary.Choice(choice.label, choice.value) for choice in question.choices]
    default = next((choice for choice in choices if choice.value == chosen), None)
    return questionary.select(question.help, choices=choices, default=default, style=STYLE)


def text(question: Question, offered: Any, check: Callable[[Any], Any]) -> questionary.Question:
    """Ask for a text, and validate it while it is typed."""

    def validate(answer: str) -> bool | str:
        try:
            check(answer)
        except ScaffolderError as error:
            # There is one line for it: what to type goes first.
            return f"{error.hint}: {error.message}" if error.hint else error.message
        return True

    placeholder = question.details.get("placeholder")
    return questionary.text(
        question.help, default="" if offered is None else str(offered), validate=validate, style=STYLE,
        placeholder=[("class:instruction", str(placeholder))] if placeholder and not offered else None,
    )  # fmt: skip


def also_free(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Refuse a name whose folder is taken, while another can still be chosen."""

    def check_both(answer: Any) -> Any:
        name = check(answer)
        try:
            check_destination(Path(str(name)))
        except ScaffolderError as error:
            raise InvalidAnswerError("project_name", f"the folder {error.message}") from error
        return name

    return check_both
