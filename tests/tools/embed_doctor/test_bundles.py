"""Built hosts and bundles: whole ones, in which nothing is wrong, and what each of them may lack."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from scaffolder.anatomy.bundles import LIBPYTHON
from scaffolder.machine.binaries import Binary, read_binary, search_folders
from tests.tools.embed_doctor.conftest import LIBRARY, LIBRARY_FOLDER, VERSION
from tests.tools.results import finding, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.tools.embed_doctor.conftest import Doctor

LIB = f"python/lib/python{VERSION}"


def problems(result: dict[str, object]) -> list[str]:
    """Return the ids of errors and warnings."""
    return [entry["id"] for entry in result["findings"] if entry["level"] in {"error", "warning"}]  # type: ignore[attr-defined]


def test_a_program_tells_its_libpython(doctor: Doctor, hosts: dict[str, Path]) -> None:
    result = doctor(hosts["local"])
    assert problems(result) == []
    (table,) = result["tables"]
    facts = dict(table["rows"])
    assert facts["libpython"] == LIBRARY
    assert facts["its file"] == str(LIBRARY_FOLDER / LIBRARY)
    assert facts["Python"] == VERSION
    assert facts["rpath"] == str(LIBRARY_FOLDER)
    assert facts["standard library"].endswith(f"python{VERSION}")


def test_a_whole_bundle_lacks_nothing(doctor: Doctor, whole_bundle: Path) -> None:
    result = doctor(whole_bundle)
    assert problems(result) == []
    assert dict(rows_of(result))["standard library"] == str(whole_bundle / LIB)


def rows_of(result: dict[str, object]) -> list[tuple[str, str]]:
    """Return the rows about the program."""
    return [(row["what"], row["is"]) for row in rows(result, "Program `quotes`")]


def remove(*names: str) -> Callable[[Path], None]:
    """Return what removes parts of a bundle."""

    def change(bundle: Path) -> None:
        for name in names:
            for path in bundle.glob(name):
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def need_unknown_libpython(path: Path) -> None:
    """Let a program, or that of a bundle, need a libpython that no system has, of a name as long as the right one."""
    program = path / "quotes" if path.is_dir() else path
    name = LIBRARY.encode()
    assert name.endswith(b".1.0")
    program.write_bytes(program.read_bytes().replace(name, name.removesuffix(b"1.0") + b"9.9"))


def rename_stdlib(bundle: Path) -> None:
    (bundle / LIB).rename(bundle / "python/lib/python3.8")


def add_module_of_other_python(bundle: Path) -> None:
    module = next((bundle / LIB / "lib-dynload").glob("*.so"), bundle / "python/lib" / LIBRARY)
    packages = bundle / LIB / "site-packages"
    packages.mkdir()
    shutil.copy(module, packages / "_rates.cpython-38-x86_64-linux-gnu.so")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (need_unknown_libpython, "libpython-missing"),
        (remove(LIB), "stdlib-outside"),
        (rename_stdlib, "stdlib-other-version"),
        (remove(f"{LIB}/encodings/utf_8.py", f"{LIB}/os.py"), "stdlib-incomplete"),
        (remove(f"{LIB}/lib-dynload"), "modules-missing"),
        (add_module_of_other_python, "modules-of-other-version"),
    ],
)
def test_what_a_bundle_lacks_is_found(doctor: Doctor, bundle: Path, change: Callable[[Path], None], name: str) -> None:
    if name == "modules-missing" and not list((bundle / LIB / "lib-dynload").glob("math*.so")):
        pytest.skip("this Python has its modules built in")
    change(bundle)
    result = doctor(bundle, code=int(name != "modules-missing"))
    assert problems(result) == [name]
    assert finding(result, name)["fix"]


def test_libpython_from_elsewhere_is_found(doctor: Doctor, hosts: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    shutil.copy(hosts["local"], tmp_path / "out/quotes")
    is_system = str(LIBRARY_FOLDER).startswith("/usr/lib")
    assert problems(doctor(tmp_path / "out")) == ([] if is_system else ["libpython-outside"])


@pytest.mark.parametrize(("is_beside", "expected"), [(True, ["libpython-outside"]), (False, [])])
def test_a_libpython_of_the_system_is_loaded_in_place_of_that_beside(
    doctor: Doctor, hosts: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    is_beside: bool, expected: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("scaffolder.tools.embed_doctor.bundles.system_folders", lambda: (LIBRARY_FOLDER,))
    (tmp_path / "out/lib").mkdir(parents=True)
    shutil.copy(hosts["local"], tmp_path / "out/quotes")
    if is_beside:
        shutil.copy(next(iter(LIBRARY_FOLDER.glob("libpython*.so.1.0"))), tmp_path / "out/lib")
    codes = problems(doctor(tmp_path / "out"))
    # For the other libraries, the folder is not all of the system's.
    assert [code for code in codes if code.startswith("libpython")] == expected


def test_a_program_without_its_libpython(doctor: Doctor, hosts: dict[str, Path], tmp_path: Path) -> None:
    program = tmp_path / "lost"
    shutil.copy(hosts["lost"], program)
    need_unknown_libpython(program)
    result = doctor(program, code=1)
    assert problems(result) == ["libpython-missing"]
    assert f"`{tmp_path}/nowhere`" in finding(result, "libpython-missing")["cause"]


def test_a_standard_library_may_be_an_archive(doctor: Doctor, bundle: Path) -> None:
    folder = bundle / LIB
    with zipfile.ZipFile(bundle / f"python/lib/python{VERSION.replace('.', '')}.zip", "w") as archive:
        for path in folder.rglob("*.py"):
            archive.write(path, path.relative_to(folder))
    dynamic = folder / "lib-dynload"
    for path in folder.iterdir():
        if path != dynamic:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert problems(doctor(bundle)) == []


def test_a_library_that_nobody_has(doctor: Doctor, bundle: Path) -> None:
    program = bundle / "quotes"
    # A name of the same length in the table of names.
    program.write_bytes(program.read_bytes().replace(b"libc.so.6\0", b"libq.so.6\0"))
    result = doctor(bundle, code=1)
    assert problems(result) == ["library-missing"]
    assert finding(result, "library-missing")["message"].startswith("`libq.so.6` is not found")


def test_a_library_outside_of_the_bundle(doctor: Doctor, bundle: Path, tmp_path: Path) -> None:
    rates = tmp_path / "vendor/librates.so"
    rates.parent.mkdir()
    code = bundle / "module.c"
    code.write_text("int rate(void) { return 4; }\n", encoding="utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(rates), str(code)], check=True, timeout=60)
    code.write_text("int rate(void);\nint price(void) { return rate(); }\n", encoding="utf-8")
    flags = [f"-L{rates.parent}", "-lrates", f"-Wl,-rpath,{rates.parent}"]
    command = ["cc", "-shared", "-fPIC", "-o", str(bundle / LIB / "prices.so"), str(code), *flags]
    subprocess.run(command, check=True, timeout=60)
    result = doctor(bundle)
    assert problems(result) == ["library-outside"]
    assert finding(result, "library-outside")["message"].endswith(f"`{rates.parent}`, outside of it: `librates.so`")
    rates.unlink()
    assert problems(doctor(bundle)) == ["module-unloadable"]


def test_the_loader_replaces_the_name_of_the_folder_of_libraries(tmp_path: Path) -> None:
    (tmp_path / "lib64").mkdir()
    binary = Binary(tmp_path / "program", "ELF", "x86_64", True, (), ("$ORIGIN/$LIB", "${ORIGIN}/own"))
    folders = list(search_folders(binary))
    assert {tmp_path / "lib64", tmp_path / "lib", tmp_path / "own"} <= set(folders)


def mach_o(library: str, rpath: str) -> bytes:
    """Return a program for macOS, as far as its header goes."""
    commands = []
    for number, text, offset in ((0xC, library, 24), (0x8000001C, rpath, 12)):
        body = text.encode() + b"\0"
        size = -(-(offset + len(body)) // 8) * 8
        versions = struct.pack("<III", 0, 0, 0) if number == 0xC else b""
        commands.append((struct.pack("<III", number, size, offset) + versions + body).ljust(size, b"\0"))
    data = b"".join(commands)
    return struct.pack("<IIIIIIII", 0xFEEDFACF, 0x0100000C, 0, 2, len(commands), len(data), 0, 0) + data


def test_programs_for_macos_are_read(doctor: Doctor, tmp_path: Path) -> None:
    bundle = tmp_path / "Quotes.app/Contents"
    (bundle / "MacOS").mkdir(parents=True)
    (bundle / "Frameworks").mkdir()
    program = bundle / "MacOS/quotes"
    program.write_bytes(mach_o("@rpath/libpython3.12.dylib", "@executable_path/../Frameworks"))
    result = doctor(bundle, code=1)
    assert problems(result) == ["libpython-missing"]
    (bundle / "Frameworks/libpython3.12.dylib").write_bytes(b"")
    assert problems(doctor(bundle, code=1)) == ["stdlib-missing"]
    encodings = bundle / "Frameworks/python3.12/encodings"
    encodings.mkdir(parents=True)
    for name in ("encodings/__init__", "encodings/utf_8", "codecs", "io", "abc", "os"):
        (encodings.parent / f"{name}.pyc").touch()
    assert problems(doctor(bundle)) == []
    binary = read_binary(program)
    assert binary is not None
    assert (binary.format, binary.processor, binary.is_program) == ("Mach-O", "arm64", True)


def pe(library: str) -> bytes:
    """Return a program for Windows that imports one library."""
    sections, at = 0x200, 0x1000
    imports = struct.pack("<IIIII", at + 60, 0, 0, at + 80, at + 60) + bytes(40)
    data = (
        (imports + struct.pack("<QQ", at + 100, 0)).ljust(80, b"\0")
        + library.encode().ljust(20, b"\0")
        + b"\0\0Py_Main\0"
    )
    dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    head = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, 1, 0, 0, 0, 240, 0x22)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, 0x200, 0, at, at)
    versions, stack = (6, 0, 0, 0, 6, 0), (1 << 20, 1 << 12)
    optional += struct.pack(
        "<QII6H4IHHQQQQII", 0x140000000, at, 0x200, *versions, 0, 0x2000, 0x200, 0, 3, 0,
        *stack, *stack, 0, 16,
    )  # fmt: skip
    optional += struct.pack("<IIII", 0, 0, at, len(data)) + bytes(112)
    section = struct.pack("<8sIIIIIIHHI", b".idata", len(data), at, 0x200, sections, 0, 0, 0, 0, 0x40000040)
    return (dos + head + optional + section).ljust(sections, b"\0") + data.ljust(0x200, b"\0")


def test_programs_for_windows_are_read(doctor: Doctor, tmp_path: Path) -> None:
    bundle = tmp_path / "quotes"
    (bundle / "Lib/encodings").mkdir(parents=True)
    (bundle / "quotes.exe").write_bytes(pe("python312.dll"))
    for name in ("encodings/__init__", "encodings/utf_8", "codecs", "io", "abc", "os"):
        (bundle / f"Lib/{name}.py").touch()
    binary = read_binary(bundle / "quotes.exe")
    assert binary is not None
    assert (binary.format, binary.processor, binary.is_program) == ("PE", "x86_64", True)
    assert binary.needs == ("python312.dll",)
    assert problems(doctor(bundle)) == ["libpython-not-beside"]
    (bundle / "Python312.dll").write_bytes(b"")
    assert problems(doctor(bundle)) == []


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("libpython3.12.so.1.0", "3.12"),
        ("libpython3.14t.so.1.0", "3.14"),
        ("libpython3.11.dylib", "3.11"),
        ("python313t.dll", "13"),
        ("/Library/Frameworks/Python.framework/Versions/3.13/Python", "3.13"),
        ("@loader_path/lib/Python", "@loader_path/"),
        ("/usr/bin/Python", None),
        ("libpython3.so", None),
        ("libboost_python312.so.1.83.0", None),
        ("python3.dll", None),
        ("mylibpython3.12.so", None),
    ],
)
def test_the_names_of_libpython(name: str, version: str | None) -> None:
    match = LIBPYTHON.fullmatch(name)
    assert (next(filter(None, match.groups())) if match else None) == version
