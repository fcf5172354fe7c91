"""What a function keeps of Python objects is owned once, without a clone where nobody else has the object."""

from __future__ import annotations

import pytest

from scaffolder.migration.matching import Message, apply_rules
from scaffolder.migration.rules import load_rules

RULES = {rule.name: rule for rule in load_rules("0.21")}

LOOP = "{ let mut lists = %s; for list in lists.by_ref() { first.push(list); } }"
OWNED = {
    "the loop's variable is cast by its iterator": (
        "fn f() " + LOOP % "items.map(|item| item.downcast::<PyList>())",
        "push(§list§)",
        "fn f() " + LOOP.replace("§", "") % "items.map(|item| item.downcast_into::<PyList>())",
    ),
    "the loop's variable is borrowed from elsewhere": (
        "fn f() " + LOOP % "items.map(|item| lookup(item))",
        "push(§list§)",
        "fn f() " + LOOP.replace("push(list)", "push(list.clone())") % "items.map(|item| lookup(item))",
    ),
    "in a macro that is no Rust code as a whole": (
        "fn f() { select! { x = wait() => { take(object.bind(py))?; } } }",
        "take(§object.bind(py)§)",
        "fn f() { select! { x = wait() => { take(object.bind(py).clone())?; } } }",
    ),
    "a place that no search finds stays, and so does what is around it": (
        "fn f() { select! { x = @object => { other() } } }",
        "x = §@object => { other() }§",
        "fn f() { select! { x = @object => { other() } } }",
    ),
}


@pytest.mark.parametrize(("before", "place", "after"), OWNED.values(), ids=OWNED)
def test_a_borrowed_object_is_owned_where_the_compiler_says(before: str, place: str, after: str) -> None:
    lead, name, _ = place.split("§")
    start = before.index(place.replace("§", "")) + len(lead)
    rule = RULES["own-bound"]
    assert rule.trigger
    message = Message("E0308", " ".join(rule.trigger.mentions), start, start + len(name))
    assert apply_rules(before, [rule], [message]).text == after


DECLARED = {
    "let list: &PyList = object.getattr(name)?.downcast()?;":
        "let list: Bound<'_, PyList> = object.getattr(name)?.downcast_into()?;",
    "let list: &PyList = object.getattr(name).unwrap().downcast().unwrap();":
        "let list: Bound<'_, PyList> = object.getattr(name).unwrap().downcast_into().unwrap();",
    "let list: &PyList = object.downcast().unwrap();": "let list: &Bound<'_, PyList> = object.downcast().unwrap();",
    "let list: &PyList = object.as_ref(py).downcast()?;":
        "let list: &Bound<'_, PyList> = object.as_ref(py).downcast()?;",
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), DECLARED.items())
def test_a_variable_owns_what_only_it_has(before: str, after: str) -> None:
    imports = "use pyo3::prelude::*;\nuse pyo3::types::PyList;\n"
    result = apply_rules(f"{imports}fn f() {{ {before} }}", [RULES["gil-ref-type"]])
    assert result.text == f"{imports}fn f() {{ {after} }}"


def test_bound_has_its_path_where_another_type_is_called_so() -> None:
    text = "use pyo3::types::PyDict;\nuse std::ops::Bound;\n\nfn f(dict: &PyDict, end: Bound<usize>) {}\n"
    result = apply_rules(text, [RULES["gil-ref-type"]])
    assert result.text == text.replace("&PyDict", "&pyo3::Bound<'_, PyDict>")


@pytest.mark.parametrize(
    ("place", "start"), [("first(object.dir()?)", "depth.clone()"), ("object.dir()?", "depth")], ids=["whole", "part"]
)
def test_a_variable_begins_with_an_object_of_its_own_if_what_it_gets_is_one(place: str, start: str) -> None:
    text = "fn f() { let mut current = depth; current = first(object.dir()?); }"
    rule = RULES["walked"]
    assert rule.trigger
    begin = text.index(place)
    message = Message("E0308", " ".join(rule.trigger.mentions), begin, begin + len(place))
    assert apply_rules(text, [rule], [message]).text == text.replace("= depth", f"= {start}")
