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


EARLY = next(rule for rule in load_rules("0.22") if rule.name == "token-before-borrow")


def taken_early(body: str) -> str:
    """Return what becomes of a function whose object is borrowed where its `Python` is first asked for."""
    text = f"fn f(mut slf: PyRefMut<'_, Self>, rest: usize) {{ {body} }}"
    start = text.index("slf.py()")
    message = Message("E0502", " ".join(EARLY.trigger.mentions) if EARLY.trigger else "", start, start + 3)
    return apply_rules(text, [EARLY], [message]).text.partition("{ ")[2].removesuffix(" }")


def test_the_token_is_taken_before_the_object_is_borrowed() -> None:
    taken = taken_early("let x = slf.next(); f(x, slf.py(), |y| slf.py())")
    assert taken == "let py = slf.py();\nlet x = slf.next(); f(x, py, |y| py)"


@pytest.mark.parametrize(
    "body",
    [
        "let slf = own(slf); slf.py()",
        "let x = slf.next(); if let Some(slf) = x { slf.py() }",
        "let py = 1; let x = slf.next(); f(py, slf.py())",
        "let x = slf.next(); f(x, |py| slf.py())",
    ],
)
def test_the_token_is_not_taken_where_a_name_is_used_twice(body: str) -> None:
    assert taken_early(body) == body
