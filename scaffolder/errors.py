"""What goes wrong in a way that a user can repair."""

from __future__ import annotations


class ScaffolderError(Exception):
    """A failure with one clear message and, where there is one, the next step.

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
    """The command line asks for something that can't be."""

    exit_code = 2


class InvalidAnswerError(UsageError):
    """An answer that the template refuses.

    Args:
        question: The question's name.
        message: Why the answer is refused.
        hint: An answer that would do.
    """

    def __init__(self, question: str, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.question = question


class MissingAnswerError(UsageError):
    """A question without a default that nobody answered.

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
        state: How things are left.
    """

    def __init__(self, signal: int = 2, *, state: str = "nothing was made") -> None:
        super().__init__(f"stopped, {state}")
        self.exit_code = 128 + signal
