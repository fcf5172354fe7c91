"""Rust enums for what Python writes as alternatives: `Literal`, `Enum` and `int | str`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.tools.type_converter.model import RustCode, RustType
from scaffolder.tools.type_converter.rust_names import line, literal, names

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
    name = code.free(hint or "Choice", python)
    return value_enum(code, name, variants, python=python, member=False)


def value_enum(code: RustCode, name: str, variants: Mapping[str, object], *, python: str, member: bool) -> RustType:
    """Write an enum whose variants stand for values, and return its type.

    Args:
        code: Where it goes.
        name: Its name.
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
    literals = {
        variant: literal(value) for variant, value in variants.items() if isinstance(value, (str, int))
    }  # fmt: skip
    listed = ", ".join(literals.values())
    arms = "\n".join(f"            Self::{variant} => {text}," for variant, text in literals.items())
    found = "\n".join(f"            {text} => Ok(Self::{variant})," for variant, text in literals.items())
    source = 'object.getattr("value")?' if member else "object"
    # Braces of the values would be taken for arguments of `format!`.
    shown = '"{value:?} is none of ' + literal(listed.replace("{", "{{").replace("}", "}}"))[1:]
    code.items[name] = f"""/// {line(python)}
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
    type Output = Bound<'py, pyo3::types::{python_type}>;
    type Error = std::convert::Infallible;

    fn into_pyobject(
        self,
        py: Python<'py>,
    ) -> Result<Bound<'py, pyo3::types::{python_type}>, std::convert::Infallible> {{
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
    refuse_greedy({kind.owned for kind in kinds})
    kinds = sorted(kinds, key=lambda kind: kind.rank)
    variants = names([SHORT.get(kind.owned) or re.sub(r"<.*|.*::|\W", "", kind.owned) for kind in kinds])
    comparable = all(kind.comparable for kind in kinds)
    python = " | ".join(kind.python for kind in kinds)
    name = code.free(hint or "Or".join(variants), " | ".join(kind.owned for kind in kinds))
    lines = "\n".join(f"    {variant}({kind.owned})," for variant, kind in zip(variants, kinds, strict=True))
    code.items[name] = f"""/// {line(python)}
#[derive({derives(comparable=comparable)})]
pub enum {name} {{
{lines}
}}"""
    code.notes[f"`{name}` tries its variants in this order: {', '.join(variants)}"] = None
    features = frozenset().union(*(kind.features for kind in kinds))
    crates = frozenset().union(*(kind.crates for kind in kinds))
    holds = frozenset().union(*(kind.holds for kind in kinds))
    return RustType(
        python, name, name, cost="up to one attempt a variant", comparable=comparable, features=features,
        crates=crates, rank=8, holds=holds,
    )  # fmt: skip


def refuse_greedy(owned: set[str]) -> None:
    """Refuse a union in which one alternative takes what another one stands for."""
    greedy = {**GREEDY, "Vec<u8>": {kind for kind in owned if kind.startswith("Vec<") and kind != "Vec<u8>"}}
    for name, others in greedy.items():
        if name in owned and owned & others:
            raise UsageError(
                f"`{name}` takes what is meant for `{min(owned & others)}`, so Rust can't tell them apart",
                "use `object` and look at the type in Rust",
            )


def derives(*, comparable: bool, extracted: bool = True) -> str:
    """Return the traits that a type may derive.

    Args:
        comparable: Whether `==` is defined on what it holds.
        extracted: Whether PyO3 derives how it is made of an object.
    """
    traits = ["Debug", *(["Clone", "PartialEq"] if comparable else []), *(["FromPyObject"] if extracted else [])]
    return ", ".join([*traits, "IntoPyObject"])
