"""What Python sees of modules: names, submodules, imports and pickles."""

from __future__ import annotations

import importlib
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fundamentals_snippets
import pytest
from fundamentals_snippets._core import modules

if TYPE_CHECKING:
    from collections.abc import Callable


def restored(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301  made here


# region: declarative
def test_a_module_has_what_it_declares() -> None:
    paper = modules.paper
    assert paper.__doc__ == "Paper and its sizes, in millimetres."
    assert paper.__all__ == ["Stapler", "sheets", "Sheet", "print_page", "A4"]
    assert paper.A4 == (210, 297)
    assert paper.sheets(5, copies=2) == 6
    assert paper.Sheet(210, 297) == paper.Sheet(*paper.A4)


# endregion: declarative


def test_a_class_knows_the_module_that_it_is_written_in_only() -> None:
    assert modules.paper.Sheet.__module__ == "fundamentals_snippets._core.modules.paper"
    assert modules.paper.Stapler.__module__ == "builtins"
    assert modules.paper.sheets.__module__ == "fundamentals_snippets._core.modules.paper"


def test_the_sheets_of_many_copies_are_more_than_32_bits_hold() -> None:
    assert modules.paper.sheets(2**32 - 1, copies=2**32 - 1) == 2**31 * (2**32 - 1)


def test_state_is_one_for_the_process() -> None:
    with ThreadPoolExecutor(4) as threads:
        jobs = list(threads.map(lambda _: modules.paper.print_page(), range(100)))
    assert len(set(jobs)) == 100


# region: attribute
def test_a_submodule_is_an_attribute_and_no_more() -> None:
    assert modules.stationery.envelopes.WINDOW == (90, 45)
    with pytest.raises(ModuleNotFoundError, match=r"'fundamentals_snippets\._core' is not a package"):
        importlib.import_module("fundamentals_snippets._core.modules.stationery")


# endregion: attribute


# region: pickle
def test_what_cannot_be_imported_cannot_be_pickled() -> None:
    envelope = modules.stationery.envelopes.Envelope(229, 162)
    with pytest.raises(pickle.PicklingError, match=r"import of module 'fundamentals_snippets\._core\.modules"):
        pickle.dumps(envelope)


def test_a_python_file_makes_it_importable() -> None:
    from fundamentals_snippets.envelopes import WindowEnvelope

    envelope = WindowEnvelope(229, 162)
    assert WindowEnvelope.__module__ == "fundamentals_snippets.envelopes"
    assert restored(envelope) == envelope


# endregion: pickle


def test_a_registered_submodule_can_be_imported() -> None:
    from fundamentals_snippets._core.modules.inks import price

    assert "fundamentals_snippets._core.modules.inks" in sys.modules
    assert modules.inks.COLOURS == ("cyan", "magenta", "yellow", "black")
    assert restored(price)("black") == 1500


def test_a_function_can_fill_a_module() -> None:
    printer = modules.printer
    assert printer.__all__ == ["sheets", "Tray", "TRAYS", "trays"]
    assert printer.Tray.__module__ == "builtins"
    assert (printer.sheets(3), printer.TRAYS, printer.trays.CAPACITY) == (2, 2, 250)


def test_a_library_can_hold_several_modules() -> None:
    library = next(Path(fundamentals_snippets.__file__).parent.glob("_core.*"))
    spec = spec_from_file_location("printer", library, loader=ExtensionFileLoader("printer", str(library)))
    assert spec is not None
    assert spec.loader is not None
    printer = module_from_spec(spec)
    spec.loader.exec_module(printer)
    assert printer.TRAYS == 2


@pytest.mark.parametrize("function", [modules.paper.sheets, modules.printer.sheets])
def test_an_exported_function_belongs_to_each_module(function: Callable[..., int]) -> None:
    assert function(1) == 1
    assert function.__module__ in {"fundamentals_snippets._core.modules.paper", "printer"}
