"""The exceptions of the package; those that Rust raises, too."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

if TYPE_CHECKING:
    from collections.abc import Sequence


# region: base
class RuleError(Exception):
    """The base of all exceptions that are the package's own.

    `args` are what `__init__` takes: pickle and copy call the class with them. The sentence is made by `__str__`.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the cause, which an exception forgets where it is pickled or copied."""
        state = self.__dict__ | {"__cause__": self.__cause__, "__suppress_context__": self.__suppress_context__}
        return type(self), self.args, state


# endregion: base


# region: syntax
class RuleSyntaxError(RuleError, ValueError):
    """A line is not a rule.

    Attributes:
        problem: What is wrong.
        line: The number of the line, from 1.
        column: The number of the character in the line, from 1.
        token: What is wrong there; empty at the end of the line.
    """

    def __init__(self, problem: str, line: int, column: int, token: str) -> None:
        """Say what is wrong, and where."""
        super().__init__(problem, line, column, token)
        self.problem = problem
        self.line = line
        self.column = column
        self.token = token

    def __str__(self) -> str:
        """Return a sentence with all facts."""
        where = f"`{self.token}`" if self.token else "the end of the line"
        return f"line {self.line}, column {self.column}: {self.problem} (at {where})"


# endregion: syntax


class ThresholdError(RuleSyntaxError):
    """A threshold can't be read; the cause says why."""


class DuplicateRuleError(RuleSyntaxError):
    """Two rules have one name.

    Attributes:
        first: The number of the line of the first one.
    """

    def __init__(self, problem: str, line: int, column: int, token: str, first: int) -> None:
        """Say which rule, and where the first one is."""
        super().__init__(problem, line, column, token)
        # All arguments, or pickle would call the class with one too few.
        self.args = (problem, line, column, token, first)
        self.first = first

    def __str__(self) -> str:
        """Return a sentence with all facts."""
        return f"{super().__str__()}, first on line {self.first}"


class MissingSampleError(RuleError, KeyError):
    """A rule is about a metric that has no sample.

    Attributes:
        metric: The name of the metric.
        rule: The name of the rule.
        line: The line of the rule.
    """

    def __init__(self, metric: str, rule: str, line: int) -> None:
        """Say which metric, and which rule needs it."""
        super().__init__(metric, rule, line)
        self.metric = metric
        self.rule = rule
        self.line = line

    def __str__(self) -> str:
        """Return a sentence, where a `KeyError` would show the `repr` of its argument."""
        return f"rule `{self.rule}` on line {self.line} needs a sample of `{self.metric}`"


# region: group
class RuleFileError(RuleError, ExceptionGroup[RuleSyntaxError]):
    """All that is wrong with a file; `except*` and `split` work on it."""

    def derive(self, excs: Sequence[RuleSyntaxError], /) -> RuleFileError:  # type: ignore[override]
        """Return a group of this class for a part of the errors."""
        return RuleFileError(self.message, excs)


# endregion: group
