"""Rust enums for what Python writes as alternatives: `Literal`, `Enum` and `int | str`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from conversion.model import RustCode, RustType
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# By the Python type of the values: Rust's type, the object's type, and whether `match` sees it by reference.
VALUES = {str: ("&'static str", "PyString", "String", ".as_str()"), int: ("i64", "PyInt", "i64", "")}
SHORT = {"i64": "Int", "f64": "Float", "String": "Str", "bool": "Bool", "Vec<u8>": "Bytes", "PathBuf": "Path"}
# They take numbers and texts, too, so a value would end up in another variant than Python's type says.
GREEDY = {"rust_decimal::Decimal": {"f64", "String"}, "PathBuf": {"String"}}


def literal_enum(code: RustCode, values: Sequence[object], hint: str) -> RustType:
    """Write the enum of a `Literal`, and return its type.

    Args:
        code: Where it goes.
        values: All the values.
        hint: Its name, if that is still free.
    """
    variants = dict(zip(names([str(value) for value in values]), values, strict=True))
    python = f"Literal[{', '.join(map(repr, values))}]"
    return value_enum(code, hint or "Choice", variants, python=python, member=False)


def value_enum(code: RustCode, name: str, variants: Mapping[str, object], *, python: str, member: bool) -> RustType:
    """Write an enum whose variants stand for values, and return its type.

    Args:
        code: Where it goes.
        name: Its name, if that is still free.
        variants: The values by the variants' names.
        python: The Python type.
        member: Whether Python passes members of an `Enum`, which have their values inside.

    Raises:
        UsageError: The values are not all texts or all whole numbers.
    """
    kinds = {type(value) for value in variants.values()}
    if len(kinds) != 1 or not kinds <= VALUES.keys():
        raise UsageError(f"`{python}` has values that are neither all `str` nor all `int`", "use `object`")
    constant, python_type, extracted, borrow = VALUES[kinds.pop()]
    literals = {variant: json.dumps(value, ensure_ascii=False) for variant, value in variants.items()}
    listed = ", ".join(literals.values())
    name = free(code, name, f"{python}\0{listed}")
    arms = "\n".join(f"            Self::{variant} => {literal}," for variant, literal in literals.items())
    found = "\n".join(f"            {literal} => Ok(Self::{variant})," for variant, literal in literals.items())
    source = 'object.getattr("value")?' if member else "object"
    # Braces of the values would be taken for arguments of `format!`.
    shown = '"{value:?} is none of ' + json.dumps(listed.replace("{", "{{").replace("}", "}}"), ensure_ascii=False)[1:]
    code.items[name] = f"""/// {python.replace(chr(10), " ")}
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum {name} {{
{chr(10).join(f"    {variant}," for variant in variants)}
}}

impl {name} {{
    /// What Python has for it.
    #[must_use]
    pub const fn value(self) -> {constant} {{
        match self {{
{arms}
        }}
    }}
}}

impl<'a, 'py> FromPyObject<'a, 'py> for {name} {{
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {{
        let value: {extracted} = {source}.extract()?;
        match value{borrow} {{
{found}
            _ => Err(PyValueError::new_err(format!(
                {shown}
            ))),
        }}
    }}
}}

impl<'py> IntoPyObject<'py> for {name} {{
    type Target = pyo3::types::{python_type};
    type Output = Bound<'py, Self::Target>;
    type Error = std::convert::Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {{
        self.value().into_pyobject(py)
    }}
}}"""
    if member:
        code.notes[f"`{name}` is taken from a member and comes back as its value: Python makes the member of it"] = None
    return RustType(python, name, name, cost="constant", error="TypeError, ValueError", hashable=True, rank=1)


def union_enum(code: RustCode, kinds: Sequence[RustType], hint: str) -> RustType:
    """Write the enum of a union, and return its type.

    Args:
        code: Where it goes.
        kinds: The alternatives.
        hint: Its name, if that is still free.

    Raises:
        UsageError: One alternative takes what another one stands for.
    """
    owned = {kind.owned for kind in kinds}
    for greedy, others in GREEDY.items():
        if greedy in owned and owned & others:
            raise UsageError(
                f"`{greedy}` takes what is meant for `{(owned & others).pop()}`, so Rust can't tell them apart",
                "use `object` and look at the type in Rust",
            )
    kinds = sorted(kinds, key=lambda kind: kind.rank)
    variants = names([SHORT.get(kind.owned) or re.sub(r"<.*|.*::|\W", "", kind.owned) for kind in kinds])
    comparable = all(kind.comparable for kind in kinds)
    python = " | ".join(kind.python for kind in kinds)
    name = free(code, hint or "Or".join(variants), python)
    lines = "\n".join(f"    {variant}({kind.owned})," for variant, kind in zip(variants, kinds, strict=True))
    code.items[name] = f"""/// {python}
#[derive({derives(comparable=comparable)})]
pub enum {name} {{
{lines}
}}"""
    code.notes[f"`{name}` tries its variants in this order: {', '.join(variants)}"] = None
    features = frozenset().union(*(kind.features for kind in kinds))
    crates = frozenset().union(*(kind.crates for kind in kinds))
    cost = "up to one attempt a variant"
    return RustType(python, name, name, cost=cost, comparable=comparable, features=features, crates=crates, rank=8)


def derives(*, comparable: bool) -> str:
    """Return the traits that a type may derive."""
    return "Debug, Clone, PartialEq, FromPyObject, IntoPyObject" if comparable else "Debug, FromPyObject, IntoPyObject"


def names(texts: Sequence[str]) -> list[str]:
    """Return Rust names for variants, all different."""
    taken: dict[str, None] = {}
    for text in texts:
        name = pascal(text)
        number = 2
        while name in taken:
            name, number = f"{pascal(text)}{number}", number + 1
        taken[name] = None
    return list(taken)


def pascal(text: str) -> str:
    """Return a text as the name of a type: `new-york` becomes `NewYork`."""
    text = re.sub(r"^-(?=\d)", "minus ", text)
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", re.sub(r"[^A-Za-z0-9]+", " ", text))
    name = "".join(word[0].upper() + word[1:].lower() for word in words) or "Empty"
    name = f"V{name}" if name[0].isdigit() else name
    return f"{name}Value" if name == "Self" else name


def free(code: RustCode, name: str, meaning: str) -> str:
    """Return a name that no other type has."""
    name = pascal(name) if not name.isidentifier() or not name[0].isupper() else name
    candidate, number = name, 2
    while candidate in code.items and code.meanings.get(candidate) != meaning:
        candidate, number = f"{name}{number}", number + 1
    code.meanings[candidate] = meaning
    return candidate
