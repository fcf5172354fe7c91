"""Options that say what a function is called with: inputs by a type or an expression, and sizes."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError, near
from scaffolder.runtime.calls import free_names
from scaffolder.runtime.inputs import LIBRARIES, TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

MOST = 10**9
NAMED = re.compile(r"\s*\w+\s*=")


def read_call(call: str, example: str, apart: Collection[str] = ()) -> list[str]:
    """Return the names in a call of the function but its own.

    Args:
        call: The call.
        example: A call for the hint.
        apart: The names that are no inputs.

    Raises:
        UsageError: It is not a call of `f` with an input.
    """
    names = free_names("--call", call)
    if "f" not in names:
        raise UsageError(f"`--call {call}` does not call `f`", f"the function is `f` there: `--call '{example}'`")
    if not set(names) - {"f", *apart}:
        raise UsageError(f"`--call {call}` has no input", "inputs have names there: `--call 'f(a)'`")
    if "n" in names:
        hint = "make an input of it: `--make s=n`, and pass `s`"
        raise UsageError(f"`n` in `--call {call}` is the size, which only `--make` has", hint)
    return [name for name in names if name != "f"]


def read_inputs(
    call: str, names: Iterable[str], types: Sequence[str], makes: Sequence[str], taken: Collection[str]
) -> dict[str, str]:
    """Return what makes each input, by name.

    Args:
        call: The call.
        names: The names in it that may be inputs; those of one letter have a type, if nothing else makes them.
        types: Types, `float64` or `a=float64`.
        makes: Expressions, `a=np.ones(n)`.
        taken: The names that mean something else.

    Raises:
        UsageError: A type or an expression is wrong, or an input has none.
    """
    own = dict(read_pair("--make", text, taken) for text in makes)
    named, general = read_types(types, taken)
    letters = [name for name in names if len(name) == 1 and name not in {*own, *named}]
    if letters and not general:
        raise UsageError(
            f"`{letters[0]}` in `--call {call}` has no type", f"give it one: `--type {letters[0]}=float64`"
        )
    return {
        **dict.fromkeys(letters, TYPES.get(general, "")), **{name: TYPES[kind] for name, kind in named.items()}, **own,
    }  # fmt: skip


def read_types(types: Sequence[str], taken: Collection[str]) -> tuple[dict[str, str], str]:
    """Return the types of inputs by name, and that of all others, or nothing.

    Raises:
        UsageError: One is not a type, or two are for all others.
    """
    named = dict(read_pair("--type", text, taken) for text in types if NAMED.match(text))
    general = [text.strip() for text in types if not NAMED.match(text)]
    for name in (*named.values(), *general):
        if name not in TYPES:
            raise UsageError(
                f"`{name}` is not a type that can be made", near(name, TYPES, "see `--list`, or write `--make`")
            )
    if len(general) > 1:
        raise UsageError("`--type` has two types without a name", "say which input has which: `--type a=float64`")
    return named, general[0] if general else ""


def read_pair(option: str, text: str, taken: Collection[str]) -> tuple[str, str]:
    """Read `NAME=VALUE`."""
    name, _, value = (part.strip() for part in text.partition("="))
    example = "`--make 'a=np.ones((n, 3))'`" if option == "--make" else "`--type a=float64`"
    if not name.isidentifier() or keyword.iskeyword(name) or not value or value.startswith("="):
        raise UsageError(f"`{option} {text}` is not `NAME=VALUE`", f"write it as in {example}")
    if name in taken or name.startswith("_"):
        names = ", ".join(f"`{reserved}`" for reserved in taken)
        hint = f"choose another name: {names}, and what begins with `_`, are taken"
        raise UsageError(f"`{name}` in `{option} {text}` can't be the name of an input", hint)
    if option == "--make":
        free_names(option, value)
    return name, value


def read_sizes(text: str, example: str, option: str = "--sizes") -> tuple[int, ...]:
    """Read sizes, `1,1e3,20_000`, in ascending order.

    Args:
        text: What was typed.
        example: Sizes for the hint.
        option: The option.

    Raises:
        UsageError: One is no size.
    """
    sizes = set()
    for part in text.split(","):
        try:
            size = float(part)
        except ValueError:
            size = 0.0
        if not 1 <= size <= MOST or size != int(size):
            raise UsageError(
                f"`{option} {text}`: `{part}` is not a whole number from 1 to 1e9",
                f"write them as in `{option} {example}`",
            )
        sizes.add(int(size))
    return tuple(sorted(sizes))


def used_libraries(expressions: Iterable[str], makes: dict[str, str]) -> dict[str, str]:
    """Return the modules that calls and inputs name, by alias; the name of an input is no alias."""
    libraries = {alias: library for alias, library in LIBRARIES.items() if alias not in makes}
    return libraries_of([*expressions, *makes.values()], libraries)


def libraries_of(expressions: Iterable[str], libraries: dict[str, str]) -> dict[str, str]:
    """Return the modules that expressions name, by alias."""
    names = [name for text in expressions for name in free_names("expression", text)]
    return {alias: libraries[alias] for alias in dict.fromkeys(names) if alias in libraries}
