"""Errors that a user can fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ScaffolderError(Exception):
    """A failure with one message and, if possible, a next step.

    Args:
        message: What failed, with its path or name.
        hint: One thing to do next.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ScaffolderError):
    """The command was used wrongly."""

    exit_code = 2


class InvalidAnswerError(UsageError):
    """An answer that the template rejects.

    Args:
        question: The question's name.
        message: Why the answer is rejected.
        hint: As for every error; by default it names the suggestion.
        suggestion: An answer that would be accepted.
    """

    def __init__(self, question: str, message: str, hint: str | None = None, suggestion: str | None = None) -> None:
        super().__init__(message, f"try `{suggestion}`" if suggestion and hint is None else hint)
        self.question = question
        self.suggestion = suggestion


class MissingAnswerError(UsageError):
    """A question without a default or an answer.

    Args:
        question: The question's name.
        hint: How to answer it, if not by `--data`.
    """

    def __init__(self, question: str, hint: str | None = None) -> None:
        super().__init__(f"the answer `{question}` is missing", hint or f"pass `--data {question}=VALUE`")
        self.question = question


class InterruptedRunError(ScaffolderError):
    """The user or the system asked to stop.

    Args:
        signal: The signal's number; shells expect it in the exit code.
        state: What the command had done so far.
    """

    def __init__(self, signal: int = 2, *, state: str = "nothing was made") -> None:
        super().__init__(f"stopped, {state}")
        self.exit_code = 128 + signal


def near(name: str, names: Iterable[str], otherwise: str | None = None) -> str:
    """Return the hint for an unknown name.

    Args:
        name: What was typed.
        names: The known names.
        otherwise: The hint if no name is similar; by default it lists all of them.
    """
    import difflib

    candidates = list(names)
    longer = [long for long in candidates if len(name) > 1 and name.lower() in long]
    if close := longer[:3] or difflib.get_close_matches(name.lower(), candidates, cutoff=0.55):
        return f"did you mean {listing(close)}?"
    return otherwise or f"choose from {listing(candidates, 'and')}"


def listing(names: Iterable[str], word: str = "or") -> str:
    """Join names for a sentence."""
    *first, last = [f"`{name}`" for name in names] or ["nothing"]
    return f"{', '.join(first)} {word} {last}" if first else last
