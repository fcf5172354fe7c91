"""Types that tell `pythonize` what to make of maps and lists, from 0.25 to 0.26."""

from __future__ import annotations

import pytest

from scaffolder.migration.matching import apply_rules
from scaffolder.migration.rules import load_rules

BEFORE = """\
use pythonize::{PythonizeTypes, PythonizeUnnamedMappingAdapter};

struct Tuples;

impl<'py> PythonizeTypes<'py> for Tuples {
    type Map = PyDict;
    type NamedMap = PythonizeUnnamedMappingAdapter<'py, PyDict>;
    type List = PyTuple;
}
"""
AFTER = BEFORE.replace("impl<'py>", "impl").replace("Types<'py>", "Types").replace("<'py, ", "<")
OWN = """\
impl<'py, T: Sorted> PythonizeMappingType<'py> for Keys<T> {
    type Builder = Bound<'py, T>;
}
"""


def migrated(text: str) -> str:
    return apply_rules(text, load_rules("0.26")).text


def test_the_lifetime_goes_from_the_trait_the_adapter_and_the_implementation() -> None:
    assert migrated(BEFORE) == AFTER
    assert migrated(AFTER) == AFTER


def test_a_lifetime_that_is_used_elsewhere_stays() -> None:
    text = BEFORE.replace("= PyTuple", "= List<'py>").replace("for Tuples", "for Tuples<'py>")
    assert "impl<'py> PythonizeTypes for Tuples<'py> {" in migrated(text)


@pytest.mark.parametrize("text", [OWN, OWN.replace("<'py, T: Sorted>", "<'py>").replace("<T>", "<'py>")])
def test_a_builder_with_other_parameters_is_left(text: str) -> None:
    assert migrated(text) == text
