"""What the chapter on documentation says."""

import doctest
import inspect
import os
import pydoc
import subprocess
from pathlib import Path

from fundamentals_snippets._core import documentation as snippets

SNIPPETS = Path(__file__).resolve().parent.parent


# region: function
def test_the_comment_is_the_docstring() -> None:
    documentation = snippets.distance.__doc__
    assert documentation is not None
    assert documentation.startswith("Measure the way between two places.\n\nArgs:\n    start: ")
    assert str(inspect.signature(snippets.distance)) == "(start, end, *, radius=6371.0)"


# endregion: function
def test_a_default_that_is_no_literal_is_not_shown() -> None:
    assert snippets.to_pole.__text_signature__ == "(latitude, radius=...)"
    assert inspect.signature(snippets.to_pole).parameters["radius"].default is ...
    assert str(inspect.signature(snippets.to_equator)) == "(latitude, radius=6371.0)"
    assert snippets.to_equator(90) == snippets.to_pole(0)


def test_annotations_are_for_stubs_only() -> None:
    assert str(inspect.signature(snippets.northernmost)) == "(places)"
    assert not hasattr(snippets.northernmost, "__annotations__")
    places = [snippets.Place(latitude) for latitude in (46.9, 47.4, -33.9)]
    assert snippets.northernmost(places) is places[1]
    assert snippets.northernmost([]) is None


# region: class
def test_a_class_is_described_by_its_own_comment() -> None:
    shown = pydoc.plain(pydoc.render_doc(snippets.Place))
    assert "Place(latitude, longitude=0.0)" in shown
    assert "Degrees east of Greenwich." in shown
    assert "Whether it lies north of the equator." in shown
    assert "distance_to(self, /, other)" in shown
    assert "Stubs have this text" not in shown


# endregion: class


def test_a_module_has_the_comment_above_it() -> None:
    assert snippets.__doc__ == "Ways on a globe, in kilometres."


# region: doctest
def test_the_example_in_the_docstring_is_right() -> None:
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    # `module=False`, or doctest leaves out what is not written in Python.
    for examples in finder.find(snippets.distance, "distance", module=False, globs={}):
        runner.run(examples)
    assert (runner.tries, runner.failures) == (2, 0)


# endregion: doctest


def test_the_stub_is_what_maturin_generates(tmp_path: Path) -> None:
    command, *shown = (SNIPPETS / "output" / "generated-stub.txt").read_text(encoding="utf-8").splitlines()
    words = command.removeprefix("$ ").split()[:-1]
    environment = {"CARGO_TARGET_DIR": str(SNIPPETS.parent / "target"), **os.environ}
    subprocess.run([*words, str(tmp_path)], cwd=SNIPPETS, env=environment, check=True, capture_output=True)
    stub = tmp_path / "fundamentals_snippets" / "_core" / "documentation.pyi"
    generated = iter(stub.read_text(encoding="utf-8").splitlines())
    assert all(line in generated for line in shown if line)
