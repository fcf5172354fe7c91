"""What is typed wrongly, files that are something else, and what is printed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scaffolder.tools.embed_doctor.app import app
from tests.conftest import CHECKOUT
from tests.tools.results import call_tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command
    from tests.tools.embed_doctor.conftest import Doctor, MakeCrate, SetPython

TOOL = CHECKOUT / "skills/pyo3-async-embedded-wasm/scripts/embed_doctor.py"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no_such"], "`no_such` does not exist"),
        (["text"], "`{}/text` is no program"),
        (["true"], "`{}/true` neither loads libpython nor holds it"),
        (["empty"], "no program in `{}/empty` loads libpython, or holds it"),
        (["empty", "--package", "quotes"], "`--package` needs a crate, and `{}/empty` is none"),
        (["library"], "there is no program in `{}/library`"),
        (["extension"], "`{}/extension` holds an extension module, and no program that runs Python"),
        (["text", "--", "word"], "arguments are for a program that is run"),
        (["text", "--bin", "word"], "`--bin` is for a program that is run"),
        (["text", "--timeout", "0"], "invalid value for `--timeout`"),
    ],
)
def test_what_is_typed_wrongly_is_said(
    doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    (tmp_path / "text").write_text("Python", encoding="utf-8")
    (tmp_path / "true").write_bytes(b"\x7fELF")
    for name, kind in (("library", "lib"), ("extension", "cdylib")):
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "src/lib.rs").touch()
        (tmp_path / name / "Cargo.toml").write_text(
            f'[package]\nname = "{name}"\nversion = "0.1.0"\n[lib]\ncrate-type = ["{kind}"]\n'
            '[dependencies]\npyo3 = "0.30"\n',
            encoding="utf-8",
        )
    (tmp_path / "empty").mkdir()
    if words[0] == "true":
        (tmp_path / "true").write_bytes(MINIMAL)
    monkeypatch.chdir(tmp_path)
    error = doctor(*words, code=2)
    assert error["message"].startswith(message.format(tmp_path))
    assert error["hint"]


# An ELF header of a program without any segment.
MINIMAL = bytes.fromhex(
    "7f454c4602010100" + "00" * 8 + "02003e0001000000" + "00" * 32 + "00004000380000004000" + "00" * 4
)


@pytest.mark.parametrize("data", [b"\x7fELF", b"\x7fELF\x02\x01" + b"\xff" * 200, b"\xcf\xfa\xed\xfe" + b"\xff" * 60])
def test_a_damaged_program_is_an_error(doctor: Doctor, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "program").write_bytes(data)
    error = doctor(tmp_path / "program", code=1)
    assert error["message"].startswith(f"`{tmp_path}/program` is damaged: ")
    assert error["hint"]


def test_a_broken_manifest_is_an_error(doctor: Doctor, make_crate: MakeCrate) -> None:
    assert "Cargo.toml" in doctor(make_crate(Cargo_dot_toml="[package"), code=1)["message"]


def test_which_of_several_programs_is_run_is_asked(
    doctor: Doctor, make_crate: MakeCrate, set_python: SetPython
) -> None:
    set_python("/usr/lib/libpython3.12.so")
    crate = make_crate(src__bin__other_dot_rs="fn main() {}")
    assert doctor(crate, "--probe", code=2)["hint"] == "choose one: `--bin quotes`"
    assert doctor(crate, "--probe", "--bin", "third", code=2)["message"] == "`quotes` has no program `third`"


def test_a_dry_run_says_what_would_be_done(doctor: Doctor, whole_bundle: Path) -> None:
    result = doctor(whole_bundle, "--probe", "--dry-run")
    assert result["summary"] == (
        f"would read `{whole_bundle}`; run `{whole_bundle / 'quotes'}`, copied elsewhere, as on a bare machine"
    )
    assert result["dry_run"]


def test_a_result_is_printed_as_text(
    make_crate: MakeCrate, set_python: SetPython, capsys: pytest.CaptureFixture[str]
) -> None:
    set_python("/usr/lib/libpython3.12.so")
    crate = make_crate(features='"extension-module"')
    text, _ = call_tool(app, "embed_doctor", [str(crate)], capsys, 1)
    assert f"error: {crate / 'Cargo.toml'}: the feature `extension-module` of `pyo3` is set" in text
    assert "see: pyo3-new guide pyo3-async-embedded-wasm hosting" in text
    assert text.endswith("quotes: 1 finding\n")


def test_the_script_and_the_command_read_a_crate(
    pyo3_new: Command, environment: dict[str, str], make_crate: MakeCrate
) -> None:
    crate = str(make_crate())
    done = subprocess.run(
        [sys.executable, str(TOOL), crate], env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert "Crate `quotes`" in done.stdout
    assert pyo3_new("tool", "embed_doctor", crate, code=done.returncode).stdout == done.stdout
