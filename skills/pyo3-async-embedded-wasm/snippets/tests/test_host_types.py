"""What a host gives its scripts."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Host = Callable[..., CompletedProcess[str]]

SCRIPTS = Path(__file__).resolve().parent.parent / "host/scripts"


@pytest.fixture
def run(host: Host, tmp_path: Path) -> Callable[[str], CompletedProcess[str]]:
    """Return a function that runs a script in the greenhouse."""

    def run(code: str) -> CompletedProcess[str]:
        path = tmp_path / "script.py"
        path.write_text(inspect.cleandoc(code), encoding="utf-8")
        return host("host-types", path)

    return run


def said(done: CompletedProcess[str]) -> list[str]:
    """Return what the script printed; it comes before or after the lines of the program, as the buffer likes."""
    return [line for line in done.stdout.splitlines() if not line.startswith(("18 ", "31 ", "24 "))]


def test_a_script_controls_the_vent(host: Host) -> None:
    done = host("host-types", SCRIPTS / "ventilation.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["18 0", "31 0.5", "24 0"]


def test_a_script_without_setup_is_fine(run: Callable[[str], CompletedProcess[str]]) -> None:
    assert run("").stdout.splitlines() == ["18 0", "31 0", "24 0"]


def test_one_listener_that_fails_stops_no_other(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        def setup(house):
            house.on_temperature(lambda temperature: 1 / 0)
            house.on_temperature(lambda temperature: setattr(house, "vent", 1))
        """)
    assert done.stdout.splitlines() == ["18 1", "31 1", "24 1"]
    assert done.stderr == "error: ZeroDivisionError: division by zero\n" * 3


def test_a_listener_may_add_a_listener_and_use_the_house(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        def setup(house):
            @house.on_temperature
            def more(temperature):
                assert house.temperature == temperature
                house.on_temperature(lambda _: setattr(house, "vent", 0.25))
        """)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["18 0", "31 0.25", "24 0.25"]


def test_wrong_values_are_refused(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        def setup(house):
            for value in (2, "open"):
                try:
                    house.vent = value
                except (ValueError, TypeError) as error:
                    print(error)
            try:
                house.temperature = 3
            except AttributeError as error:
                print(error)
        """)
    assert said(done) == [
        "vent: 2 is not between 0 and 1",
        "must be real number, not str",
        "attribute 'temperature' of 'greenhouse.Greenhouse' objects is not writable",
    ]


def test_a_script_that_keeps_the_house_too_long_gets_an_error(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        def setup(house):
            global kept
            kept = house

        def after():
            try:
                kept.vent
            except RuntimeError as error:
                print(error)
        """)
    assert said(done) == ["the greenhouse is closed"]


def test_a_script_makes_no_greenhouse(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        from greenhouse import Greenhouse
        for wrong in (Greenhouse, lambda: type("Mine", (Greenhouse,), {})):
            try:
                wrong()
            except TypeError as error:
                print(error)
        """)
    assert said(done) == [
        "cannot create 'greenhouse.Greenhouse' instances",
        "type 'greenhouse.Greenhouse' is not an acceptable base type",
    ]


def test_mutable_borrows_meet_in_callbacks(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        from greenhouse import Log
        log = Log()
        log.add(lambda: "warm")
        try:
            log.add(lambda: f"line {len(log)}")
        except RuntimeError as error:
            print(error)
        print(len(log))
        """)
    assert said(done) == ["Already mutably borrowed", "1"]


def test_a_panic_is_no_exception(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        import greenhouse
        try:
            greenhouse.burst()
        except Exception:
            print("caught")
        except BaseException as error:
            print(type(error).__name__, error)
        """)
    assert said(done) == ["PanicException the pipe has burst"]


def test_a_panic_that_no_script_catches_goes_on_in_the_program(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("import greenhouse\ngreenhouse.burst()")
    assert done.returncode == 101
    assert "PyO3 is resuming a panic after fetching a PanicException from Python" in done.stderr


def test_the_module_comes_before_files(run: Callable[[str], CompletedProcess[str]], tmp_path: Path) -> None:
    (tmp_path / "greenhouse.py").write_text("API = 1\n", encoding="utf-8")
    done = run(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport greenhouse\nprint(greenhouse.API)")
    assert said(done) == ["2"]


def test_old_functions_warn(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        import warnings
        import greenhouse
        def setup(house):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                greenhouse.open_vent(house)
            print(caught[0].category.__name__, caught[0].message)
        """)
    assert said(done) == ["UserWarning `open_vent` goes in API 3: set `vent`"]


def test_help_shows_what_rust_documents(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        import greenhouse
        print(greenhouse.__doc__)
        print(greenhouse.Greenhouse.vent.__doc__)
        print(greenhouse.open_vent.__text_signature__)
        """)
    assert "What scripts may use, API version 2." in done.stdout
    assert "How far the vent is open, from 0 to 1." in done.stdout
    assert "(greenhouse)" in done.stdout


def test_modules_are_added_before_the_start_or_by_hand(host: Host) -> None:
    done = host("host-types", "late")
    assert done.returncode == 101
    assert "called `append_to_inittab` but a Python interpreter is already running" in done.stderr
    assert host("host-types", "added").stdout == "2\n"


def test_the_stub_has_what_the_module_has(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("""
        import greenhouse
        names = [name for name in dir(greenhouse) if not name.startswith("__")]
        print(*names)
        print(*(name for name in dir(greenhouse.Greenhouse) if not name.startswith("__")))
        """)
    lines = said(done)
    stub = (SCRIPTS / "greenhouse.pyi").read_text(encoding="utf-8")
    assert {"API", "Greenhouse", "Log", "burst", "open_vent"} == set(lines[0].split())
    assert all(name in stub for line in lines[:2] for name in line.split())


@pytest.mark.parametrize(("change", "errors"), [("0.5", 0), ("'half'", 1)])
def test_scripts_are_type_checked_against_the_stub(change: str, errors: int, tmp_path: Path) -> None:
    for name in ("greenhouse.pyi", "ventilation.py"):
        (tmp_path / name).write_text((SCRIPTS / name).read_text(encoding="utf-8").replace("0.5", change))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "ventilation.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)
    assert done.stdout.count("error:") == errors, done.stdout
