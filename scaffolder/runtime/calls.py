"""A function in a child process, where calls of it are tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from scaffolder.errors import ScaffolderError, UsageError, near
from scaffolder.machine.children import Child, ChildError, CrashedError, HangsError, child_command, start_child
from scaffolder.runtime.importing import import_command, import_failed, module_missing

SESSION = Path(__file__).parent / "child/calls.py"


@dataclass(frozen=True)
class Target:
    """What is tried.

    Attributes:
        module: The module to import.
        function: Its function, or `Class.method`.
        call: The expression.
        reference: What the result should be.
        arrays: The names of the arrays in it, sorted; the first is the one that may be changed in place.
        in_place: Whether it may.
        folder: Where the module may be, too.
    """

    module: str
    function: str
    call: str
    reference: str | None
    arrays: tuple[str, ...]
    in_place: bool
    folder: Path


@dataclass
class Runner:
    """A child process that has the function; a new one after each that ended."""

    target: Target
    python: Path
    timeout: float
    versions: dict[str, Any] = field(default_factory=dict)
    _child: Child | None = None

    def __enter__(self) -> Self:
        """Import the function, or say why not."""
        try:
            self.begin()
        except ChildError as error:
            self.close()
            hint = f"see where: `pyo3-new debug backtrace -- {import_command(self.python, self.target.module)}`"
            raise ScaffolderError(f"importing `{self.target.module}` {error.message}", hint) from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the child."""
        self.close()

    def close(self) -> None:
        """End the child."""
        if self._child:
            self._child.close()
        self._child = None

    def begin(self) -> Child:
        """Start a child, and let it import the function."""
        target = self.target
        self._child = start_child(child_command(self.python, SESSION))
        answer = self._child.ask(
            "load", max(self.timeout, 30), folder=str(target.folder), module=target.module, function=target.function,
            call=target.call, reference=target.reference, arrays=list(target.arrays), in_place=target.in_place,
        )  # fmt: skip
        refuse(answer, target, self.python)
        self.versions = answer
        return self._child

    def ask(self, verb: str, timeout: float | None = None, **request: Any) -> dict[str, Any]:
        """Ask the child, or a new one.

        Raises:
            ChildError: It crashed, or hangs.
        """
        child = self._child or self.begin()
        try:
            return child.ask(verb, timeout or self.timeout, **request)
        except (CrashedError, HangsError):
            self.close()
            raise


def refuse(answer: dict[str, Any], target: Target, python: Path) -> None:
    """Raise the error that a child reported when it imported the function."""
    text = answer.get("text", "")
    match answer.get("problem"):
        case "no-numpy":
            hint = f"install it there, such as by `uv pip install --python {python} numpy`"
            raise UsageError(f"`{python}` has no NumPy: {text}", hint)
        case "no-module":
            raise module_missing(python, target.module, text)
        case "raises":
            raise import_failed(python, target.module, text)
        case "no-function":
            message = f"`{target.module}` has no function `{target.function}`"
            raise UsageError(message, near(target.function, answer["names"]))
        case "not-callable":
            raise UsageError(f"`{target.module}:{target.function}` can't be called", "name a function of the module")
