"""Who inherits from whom, which method is called, and which arguments reach `__new__`."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import zipfile
from abc import ABC, abstractmethod
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from classes_snippets._core import inheritance

if TYPE_CHECKING:
    from types import ModuleType

SNIPPETS = Path(__file__).resolve().parent.parent
Buoy, Ferry, Flag = inheritance.Buoy, inheritance.Ferry, inheritance.Flag
Sounder, TrainFerry, Vessel = inheritance.Sounder, inheritance.TrainFerry, inheritance.Vessel


def test_each_class_adds_to_its_base() -> None:
    ferry = TrainFerry("Skåne", 42_500, cars=500, tracks=6)
    assert (ferry.name, ferry.cars, ferry.tracks) == ("Skåne", 500, 6)
    assert TrainFerry.__mro__ == (TrainFerry, Ferry, Vessel, object)
    assert (Vessel("Ida", 100).dues(), ferry.dues(), ferry.sign()) == (10, 4250 + 1000 + 300, "SKÅNE")


def test_a_class_is_final_unless_it_says_otherwise() -> None:
    with pytest.raises(TypeError, match="TrainFerry' is not an acceptable base type"):
        type("Own", (TrainFerry,), {})


class Tug(Vessel):
    """A subclass that overrides a method and keeps the arguments."""

    def dues(self) -> int:
        return super().dues() + 1


def test_rust_does_not_see_what_python_overrides_unless_it_asks() -> None:
    assert (Tug("Max", 100).dues(), inheritance.tariff(Tug("Max", 100)), inheritance.dues(Tug("Max", 100))) == (
        11,
        10,
        11,
    )
    assert inheritance.tariff(Ferry("Skåne", 100, cars=5)) == 10
    assert inheritance.dues(Ferry("Skåne", 100, cars=5)) == 20


def test_an_argument_may_be_of_a_subclass_and_is_not_converted() -> None:
    assert inheritance.kind(TrainFerry("Skåne", 1, cars=5, tracks=1)) == "ferry for 5 cars"
    assert (inheritance.kind(Vessel("Ida", 1)), inheritance.kind(Tug("Max", 1))) == ("vessel", "vessel of another port")
    with pytest.raises(TypeError, match="'str' object is not an instance of 'Vessel'"):
        inheritance.kind("Ida")


def test_other_arguments_need_a_new_of_their_own() -> None:
    class Lost(Vessel):
        def __init__(self, name: str, tonnes: int, crew: int) -> None:
            self.crew = crew

    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        Lost("Ida", 100, 4)

    class Crewed(Vessel):
        def __new__(cls, name: str, tonnes: int, crew: int) -> Crewed:  # noqa: PYI034  Python 3.10 has no Self
            return super().__new__(cls, name, tonnes)

        def __init__(self, name: str, tonnes: int, crew: int) -> None:
            self.crew = crew

    crewed = Crewed("Ida", 100, 4)
    assert (crewed.name, crewed.crew, type(crewed)) == ("Ida", 4, Crewed)


def test_a_base_that_takes_everything_lets_init_do() -> None:
    class Lit(Buoy):
        def __init__(self, number: int, colour: str) -> None:
            super().__init__()
            self.colour = colour

    assert (Lit(7, "red").number, Lit(7, colour="red").colour) == (7, "red")
    assert Buoy(7, "a spelling mistake", colr="red").number == 7


def test_without_an_init_object_checks_nothing() -> None:
    class Quiet(Vessel):
        def __init__(self) -> None:
            super().__init__("ignored", 1, 2, 3)

    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        Quiet()


def test_a_contract_is_kept_at_the_call() -> None:
    class Echo(Sounder):
        def depth(self) -> float:
            return 12.5

    assert Echo().clearance(4.5) == 8.0
    with pytest.raises(NotImplementedError, match=r"Sounder\.depth"):
        Sounder().clearance(4.5)


def test_abc_refuses_what_is_abstract_with_a_base_of_rust_too() -> None:
    class AbstractSounder(Sounder, ABC):
        @abstractmethod
        def depth(self) -> float: ...

    class Lead(AbstractSounder):
        def depth(self) -> float:
            return 3.0

    assert Lead().clearance(1.0) == 2.0
    with pytest.raises(TypeError, match="abstract"):
        AbstractSounder()


def test_a_hook_runs_for_each_subclass() -> None:
    class Dutch(Flag, country="NL"):
        pass

    assert Dutch.country == "NL"
    with pytest.raises(TypeError, match="country"):
        type("Nobody", (Flag,), {})


def test_two_bases_with_fields_conflict_and_mixins_do_not() -> None:
    with pytest.raises(TypeError, match=r"multiple bases have instance lay-?out conflict"):
        type("Both", (Vessel, Buoy), {})

    class Survey(Vessel, Sounder):
        pass

    class Wrong(Sounder, Vessel):
        def __new__(cls, name: str) -> Wrong:  # noqa: PYI034  Python 3.10 has no Self
            return super().__new__(cls, name, 1)

    assert Survey("Ida", 1).name == "Ida"
    with pytest.raises(TypeError, match="is not safe"):
        Wrong("Ida")

    class Named:
        __slots__ = ()

        def label(self) -> str:
            return f"<{self.name}>"

    class Labelled(Named, Vessel):
        pass

    assert Labelled("Ida", 1).label() == "<Ida>"


def test_a_python_subclass_has_a_dict_and_weak_references() -> None:
    tug = Tug("Max", 100)
    tug.master = "Jo"
    assert tug.__dict__ == {"master": "Jo"}
    with pytest.raises(AttributeError):
        Vessel("Ida", 1).master = "Jo"
    with pytest.raises(AttributeError):
        tug.name = "Moritz"


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Build the classes that extend built-in ones, which need another build than the rest."""
    folder = tmp_path_factory.mktemp("native")
    project = folder / "project"
    shutil.copytree(SNIPPETS / "native-bases", project)
    shutil.copy(SNIPPETS.parent / "Cargo.lock", project)
    command = ["maturin", "build", "--profile", "dev", "--interpreter", sys.executable, "--out", str(folder)]
    environment = {"CARGO_TARGET_DIR": str(SNIPPETS.parent / "target"), **os.environ}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    sys.path.insert(0, str(folder))
    try:
        return import_module("native_bases")
    finally:
        sys.path.remove(str(folder))


def test_an_exception_has_fields(native: ModuleType) -> None:
    assert native.assign(100) == "B2"
    for fail in (lambda: native.assign(200), native.refuse):
        with pytest.raises(native.BerthError, match="berth B2 has 120 metres") as caught:
            fail()
        assert isinstance(caught.value, ValueError)
        assert (caught.value.berth, caught.value.metres) == ("B2", 120)
    error = native.BerthError("B2", 120)
    restored = pickle.loads(pickle.dumps(error))  # noqa: S301  made here
    assert (error.args, restored.args, restored.berth) == (("B2", 120), ("B2", 120), "B2")


def test_an_exception_of_rust_has_no_arguments(native: ModuleType) -> None:
    with pytest.raises(native.BerthError) as caught:
        native.refuse()
    assert caught.value.args == ()


def test_rust_and_c_see_the_dict_itself(native: ModuleType) -> None:
    berths = native.Berths({"B2": 120}, A1=80)
    assert (berths["b2"], berths["a1"], berths.reads) == (120, 80, 2)
    assert (isinstance(berths, dict), berths == {"B2": 120, "A1": 80}) == (True, True)
    assert berths.get("b2") is None
    assert (dict(berths), berths.reads) == ({"B2": 120, "A1": 80}, 2)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="PyO3 tracks the object again on Python 3.10")
def test_an_error_of_the_system_can_not_be_extended(native: ModuleType) -> None:
    """Fails when PyO3 has mended it: then neither the chapter nor doctor's `bases-safe` need warn of it."""
    code = "import native_bases\nerror = native_bases.ChartError(2, 'no such chart')\nprint(error.errno)\ndel error"
    environment = {**os.environ, "PYTHONPATH": str(Path(native.__file__).parent)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode not in {0, 1}
