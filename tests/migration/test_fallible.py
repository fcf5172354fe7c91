"""Calls that can fail now hand on their errors, and what is around them returns these where it may."""

from __future__ import annotations

import pytest

from scaffolder.migration.matching import apply_rules, find_matches
from scaffolder.migration.rules import load_rules

RULE = next(rule for rule in load_rules("0.23") if rule.name == "fallible-collections")

CHANGED = {
    "a result that was wrapped": (
        "fn f(py: Python<'_>) -> PyResult<Bound<'_, PyList>> { Ok(PyList::new_bound(py, [1])) }",
        "fn f(py: Python<'_>) -> PyResult<Bound<'_, PyList>> { PyList::new(py, [1]) }",
    ),
    "another error, which has to be converted": (
        "fn f(py: Python<'_>) -> Result<Bound<'_, PyList>, Mine> { Ok(PyList::new_bound(py, [1])) }",
        "fn f(py: Python<'_>) -> Result<Bound<'_, PyList>, Mine> { Ok(PyList::new(py, [1])?) }",
    ),
    "an error of input and output, which an error of Python is converted to": (
        "impl Read for R { fn read(&mut self) -> io::Result<usize> { Ok(PyList::new_bound(self.py(), [1]).len()) } }",
        "impl Read for R { fn read(&mut self) -> io::Result<usize> { Ok(PyList::new(self.py(), [1])?.len()) } }",
    ),
    "a function that returned nothing": (
        "fn f(py: Python<'_>) { if done() { return; } let x = PyList::new_bound(py, [1]); }",
        "fn f(py: Python<'_>) -> PyResult<()> { if done() { return Ok(()); } let x = PyList::new(py, [1])?; Ok(()) }",
    ),
    "each arm, but no panic": (
        (
            "fn f(py: Python<'_>, x: i32) -> Bound<'_, PyList> "
            "{ match x { 0 => one(py), 1 => { PyList::new_bound(py, [1]) } _ => unreachable!() } }"
        ),
        (
            "fn f(py: Python<'_>, x: i32) -> PyResult<Bound<'_, PyList>> "
            "{ match x { 0 => Ok(one(py)), 1 => { PyList::new(py, [1]) } _ => unreachable!() } }"
        ),
    ),
    "its callers in the file": (
        (
            "fn g(py: Python<'_>) -> PyResult<usize> { Ok(f(py).len()) }\n"
            "fn f(py: Python<'_>) -> Bound<'_, PyList> { PyList::new_bound(py, [1]) }"
        ),
        (
            "fn g(py: Python<'_>) -> PyResult<usize> { Ok(f(py)?.len()) }\n"
            "fn f(py: Python<'_>) -> PyResult<Bound<'_, PyList>> { PyList::new(py, [1]) }"
        ),
    ),
    "items that are collected": (
        (
            "fn f(py: Python<'_>, x: &[i32]) -> PyResult<()> "
            "{ let y = x.iter().map(|z| (z, PyList::new_bound(py, [z]))).collect::<Vec<_>>(); Ok(()) }"
        ),
        (
            "fn f(py: Python<'_>, x: &[i32]) -> PyResult<()> "
            "{ let y = x.iter().map(|z| Ok((z, PyList::new(py, [z])?))).collect::<PyResult<Vec<_>>>()?; Ok(()) }"
        ),
    ),
    "an option": (
        (
            "fn f<'py>(py: Python<'py>, x: Option<i32>) -> Option<Bound<'py, PyList>> "
            "{ x.map(|z| PyList::new_bound(py, [z])) }"
        ),
        (
            "fn f<'py>(py: Python<'py>, x: Option<i32>) -> PyResult<Option<Bound<'py, PyList>>> "
            "{ x.map(|z| PyList::new(py, [z])).transpose() }"
        ),
    ),
    "a value or another": (
        "fn f(py: Python<'_>, x: Option<i32>) -> PyResult<()> { g(x.map_or(0, |z| PyList::new_bound(py, [z]).len())) }",
        (
            "fn f(py: Python<'_>, x: Option<i32>) -> PyResult<()> "
            "{ g(x.map_or(Ok(0), |z| Ok(PyList::new(py, [z])?.len()))?) }"
        ),
    ),
    "a value or what a closure makes": (
        (
            "fn f(py: Python<'_>, x: Option<i32>) -> PyResult<()> "
            "{ g(x.map_or_else(|| none(py), |z| PyList::new_bound(py, [z]))) }"
        ),
        (
            "fn f(py: Python<'_>, x: Option<i32>) -> PyResult<()> "
            "{ g(x.map_or_else(|| Ok(none(py)), |z| PyList::new(py, [z]))?) }"
        ),
    ),
    "the items of a list": (
        (
            "fn f(py: Python<'_>, x: &[i32]) -> PyResult<Bound<'_, PyList>> "
            "{ Ok(PyList::new_bound(py, x.iter().map(|z| PyList::new_bound(py, [z])))) }"
        ),
        (
            "fn f(py: Python<'_>, x: &[i32]) -> PyResult<Bound<'_, PyList>> "
            "{ PyList::new(py, x.iter().map(|z| PyList::new(py, [z])).collect::<PyResult<Vec<_>>>()?) }"
        ),
    ),
    "a result that is returned": (
        "fn f(py: Python<'_>) -> PyResult<usize> { read(py).map(|z| PyList::new_bound(py, [z]).len()) }",
        "fn f(py: Python<'_>) -> PyResult<usize> { read(py).and_then(|z| Ok(PyList::new(py, [z])?.len())) }",
    ),
    "a result that is handed on": (
        "fn f(py: Python<'_>) -> PyResult<()> { g(read(py).map(|z| PyList::new_bound(py, [z]))?) }",
        "fn f(py: Python<'_>) -> PyResult<()> { g(read(py).and_then(|z| PyList::new(py, [z]))?) }",
    ),
    "a closure whose items stop early already": (
        (
            "fn f(py: Python<'_>, x: &[i32]) -> PyResult<Vec<PyObject>> "
            "{ x.iter().map(|z| g(vec![PyList::new_bound(py, [z])])).collect::<PyResult<_>>() }"
        ),
        (
            "fn f(py: Python<'_>, x: &[i32]) -> PyResult<Vec<PyObject>> "
            "{ x.iter().map(|z| g(vec![PyList::new(py, [z])?])).collect::<PyResult<_>>() }"
        ),
    ),
    "a closure that is attached": (
        "fn f() { Python::with_gil(|py| { let x = PyList::new_bound(py, [1]); }); }",
        (
            "fn f() -> PyResult<()> "
            "{ Python::with_gil(|py| { let x = PyList::new(py, [1])?; Ok::<_, PyErr>(()) })?; Ok(()) }"
        ),
    ),
    "the arguments of a macro": (
        "fn f(py: Python<'_>) -> PyResult<()> { show(vec![PyList::new_bound(py, [1])]) }",
        "fn f(py: Python<'_>) -> PyResult<()> { show(vec![PyList::new(py, [1])?]) }",
    ),
}
LEFT = {
    "what a trait says": "impl Make for X { fn f(py: Python<'_>) -> Bound<'_, PyList> { PyList::new_bound(py, [1]) } }",
    "an error of text": "fn f(py: Python<'_>) -> Result<(), String> { let x = each(|| PyList::new_bound(py, [1])); }",
    "what C calls": 'extern "C" fn f(py: Python<\'_>) { let x = PyList::new_bound(py, [1]); }',
    "a closure for someone else": "fn f(py: Python<'_>) -> PyResult<()> { each(|x| PyList::new_bound(py, [x])) }",
    "`?` for an option": "fn f(py: Python<'_>) -> Option<Py<PyList>> { one()?; Some(PyList::new_bound(py, [1])) }",
    "a function that is handed over": (
        "fn f(py: Python<'_>) -> Bound<'_, PyList> { PyList::new_bound(py, [1]) }\nfn g() { each(f) }"
    ),
}


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_an_error_is_handed_on(before: str, after: str) -> None:
    assert apply_rules(before, [RULE]).text == after
    assert not list(find_matches(after, RULE))


@pytest.mark.parametrize("code", LEFT.values(), ids=LEFT.keys())
def test_what_can_not_return_an_error_is_left(code: str) -> None:
    assert apply_rules(code, [RULE]).text == code
