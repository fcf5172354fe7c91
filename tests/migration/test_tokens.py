"""What gives the `Python` at a place is a parameter that still has its name there."""

from __future__ import annotations

import pytest

from scaffolder.migration.matching import Message, apply_rules
from scaffolder.migration.rules import load_rules

RULE = next(rule for rule in load_rules("0.22") if rule.name == "clone-ref")


def cloned(body: str) -> str:
    """Return what becomes of the first `clone` in a function with one object among its parameters."""
    text = f"fn f(kept: &Bound<'_, PyAny>) {{ {body} }}"
    start = text.index(".clone()") + 1
    message = Message("E0599", " ".join(RULE.trigger.mentions) if RULE.trigger else "", start, start + 5)
    return apply_rules(text, [RULE], [message]).text.partition("{ ")[2].removesuffix(" }")


@pytest.mark.parametrize(
    "body",
    [
        "let x = kept; store(field.clone())",
        "let copy = field.clone(); let kept = 1;",
        "g(|x| field.clone())",
    ],
)
def test_an_object_among_the_parameters_gives_it(body: str) -> None:
    assert "clone_ref(kept.py())" in cloned(body)


@pytest.mark.parametrize(
    "body",
    [
        "let kept: Py<PyAny> = own(kept); store(kept.clone())",
        "if let Some(kept) = field { store(kept.clone()) }",
        "match field { Some(kept) => kept.clone() }",
        "for kept in fields { store(kept.clone()) }",
        "fields.map(|kept| kept.clone())",
    ],
)
def test_another_thing_of_its_name_gives_none(body: str) -> None:
    assert cloned(body) == body
