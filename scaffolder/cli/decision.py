"""What `pyo3-new new` makes: decided by the user in a terminal, elsewhere by flags and defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import InvalidAnswerError, UsageError
from scaffolder.git import author
from scaffolder.template.answers import NAME, name_from, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

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

    @property
    def name(self) -> str:
        """The project's name."""
        if NAME not in self.answers:
            raise UsageError("this template does not ask for a name, so it needs a destination")
        return str(self.answers[NAME])


def decide(
    catalog: Catalog, given: dict[str, Any], destination: Path | None, *, ask: bool,
    official: Callable[[], Template] | None,
) -> Decision | None:  # fmt: skip
    """Complete the answers, or return nothing if the user cancels.

    Args:
        catalog: The questions.
        given: The answers on the command line.
        destination: Where the project goes, if that does not follow from its name.
        ask: Ask in the terminal what is not given; else defaults answer it.
        official: Opens the template, if it is the official one, for what its questions do not say.

    Raises:
        InvalidAnswerError: A given answer is refused.
    """
    suggested = author(Path.cwd())
    try:
        if ask:
            from scaffolder.cli.wizard import Wizard

            return Wizard(catalog, given, suggested, destination, official).run()
        if destination is not None:
            given = {NAME: name_from(destination.resolve().name), **given}
        return Decision(resolve(catalog, given, suggested))
    except InvalidAnswerError as error:
        if error.question == NAME and error.suggestion:
            error.hint = f"try `--name {error.suggestion}`"
        raise
