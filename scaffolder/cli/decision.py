"""What `pyo3-new new` makes: decided by the user in a terminal, elsewhere by flags and defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import InvalidAnswerError, UsageError
from scaffolder.git import author
from scaffolder.template.answers import NAME, name_from, resolve

if TYPE_CHECKING:
    from scaffolder.template.catalog import Catalog
    from scaffolder.template.source import Template


@dataclass(frozen=True)
class Decision:
    """What to make.

    Attributes:
        answers: To the template's questions.
        example: What to start from in place of the template, under the name in `answers`.
    """

    answers: dict[str, Any]
    example: str | None = None


def decide(
    catalog: Catalog, given: dict[str, Any], destination: Path | None, asking: Template | None
) -> Decision | None:
    """Complete the answers, or return nothing if the user cancels.

    Args:
        catalog: The questions.
        given: The answers on the command line.
        destination: Where the project goes, if that does not follow from its name.
        asking: The template whose questions are asked; without it, defaults answer them.

    Raises:
        InvalidAnswerError: A given answer is refused.
        UsageError: Nothing says where the project goes.
    """
    if destination is None and NAME not in {question.name for question in catalog.asked}:
        raise UsageError("this template does not ask for a name, so it needs a destination")
    suggested = author(Path.cwd())
    try:
        if asking is not None:
            from scaffolder.cli.wizard import Wizard

            return Wizard(catalog, given, suggested, destination, asking).run()
        if destination is not None:
            given = {NAME: name_from(destination.resolve().name), **given}
        return Decision(resolve(catalog, given, suggested))
    except InvalidAnswerError as error:
        if error.question == NAME and error.suggestion:
            error.hint = f"try `--name {error.suggestion}`"
        raise
