"""A function in a child process, where calls of it are tried."""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from scaffolder.errors import UsageError, near
from scaffolder.machine.children import Child, ChildError, CrashedError, HangsError, child_command, start_child
from scaffolder.runtime.importing import import_broken, import_failed, module_missing

SESSION = Path(__file__).parent / "child/calls.py"
NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


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


class LibraryError(UsageError):
    """A library that expressions name is not there."""

    def __init__(self, library: str, python: Path, text: str) -> None:
        package = library.partition(".")[0]
        hint = f"install it there, such as by `uv pip install --python {python} {package}`"
        super().__init__(f"`{python}` has no `{library}`: {text}", hint)
        self.library = library


@dataclass
class Runner:
    """A child process that has the function; a new one after each that ended.

    Attributes:
        target: What is tried.
        python: The Python that it runs in.
        timeout: How long an answer may take, in seconds.
        session: The file with what the child does.
        details: What its `load` needs beside the target.
        variables: The variables that it gets beside those of this process.
        versions: What `load` answered.
    """

    target: Target
    python: Path
    timeout: float
    session: Path = SESSION
    details: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    _child: Child | None = None

    def __enter__(self) -> Self:
        """Import the function, or say why not."""
        try:
            self.begin()
        except ChildError as error:
            self.close()
            raise import_broken(self.python, self.target.module, error.message) from error
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
        self._child = start_child(child_command(self.python, self.session), variables=self.variables)
        answer = self._child.ask(
            "load", max(self.timeout, 30), folder=str(target.folder), module=target.module, function=target.function,
            call=target.call, reference=target.reference, arrays=list(target.arrays), in_place=target.in_place,
            **self.details,
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
        case "no-library":
            raise LibraryError(answer["library"], python, text)
        case "no-module":
            raise module_missing(python, target.module, text)
        case "attribute":
            message = f"`{target.module}` can't be imported: it is an attribute, not a module"
            raise UsageError(message, f"name it so: `{answer['place']}`")
        case "raises":
            raise import_failed(python, target.module, text)
        case "no-function":
            message = f"`{target.module}` has no function `{target.function}`"
            otherwise = (
                None if answer["names"] else "it has none; name the module that has it: `package.module:function`"
            )
            raise UsageError(message, near(target.function, answer["names"], otherwise))
        case "not-callable":
            raise UsageError(f"`{target.module}:{target.function}` can't be called", "name a function of the module")


def read_make(text: str, example: str) -> tuple[str, str]:
    """Read an object to make, `NAME=EXPRESSION`.

    Args:
        text: What was typed.
        example: One for the hint.

    Raises:
        UsageError: It is something else.
    """
    name, _, value = (part.strip() for part in text.partition("="))
    if not name.isidentifier() or keyword.iskeyword(name) or not value or value.startswith("="):
        raise UsageError(f"`--make {text}` is not `NAME=EXPRESSION`", f"write it as in `--make '{example}'`")
    return name, value


def refuse_unmade(answer: dict[str, Any], makes: dict[str, str], n: int) -> None:
    """Raise the error for an input that can't be made with a size."""
    if "unmade" in answer:
        name, text = answer["unmade"], answer["text"]
        message = f"`{name}={makes[name]}` makes no input with n = {n:,}: {text}"
        raise UsageError(message, "write it in terms of `n`")


def refuse_unknown(option: str, expression: str, makes: dict[str, str], name: str | None) -> None:
    """Raise the error for a name in an expression that nothing has; one in the function itself is its own error."""
    if name in free_names(option, expression):
        hint = near(name, ["f", *makes], "there are `f`, the inputs, the names of the module, and Python's own")
        raise UsageError(f"`{name}` in `{option} {expression}` is not known", hint)


def read_function(text: str) -> tuple[str, str]:
    """Read `MODULE:FUNCTION`.

    Raises:
        UsageError: It is something else.
    """
    if not NAME.fullmatch(text):
        hint = "name a module as `import` does, and its function: `my_package._core:smooth`"
        raise UsageError(f"`{text}` is not `MODULE:FUNCTION`", hint)
    module, _, name = text.partition(":")
    return module, name


def free_names(option: str, expression: str) -> list[str]:
    """Return the names in an expression that it does not bind itself, in their order.

    Raises:
        UsageError: It is no expression.
    """
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError) as error:
        cause = error.msg if isinstance(error, SyntaxError) else error
        raise UsageError(f"`{option} {expression}` is not an expression: {cause}", "write it as in Python") from error
    nodes = sorted(
        (node for node in ast.walk(tree) if isinstance(node, ast.Name)), key=lambda node: (node.lineno, node.col_offset)
    )
    bound = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return list(dict.fromkeys(node.id for node in nodes if node.id not in bound))
