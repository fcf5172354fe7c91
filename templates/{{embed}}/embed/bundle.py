"""Make a folder with the program and a Python of its own, for machines that have none.

Run by `nox -s bundle`, with the Python that the program was built with.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

# What needs files from outside of Python, and what no program imports.
UNUSED = [
    "__pycache__",
    "config-*",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "site-packages",
]
UNUSED += ["test", "tests", "tkinter", "_tkinter*", "turtle.py", "turtledemo"]


def copy(source: Path, target: Path, *unused: str) -> None:
    """Copy a folder, or what is missing of it."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*unused), dirs_exist_ok=True)


def copy_libraries(program: Path) -> None:
    """Copy the libraries that the program loads when it starts."""
    if sys.platform == "win32":
        for pattern in ["python3*.dll", "vcruntime*.dll"]:
            for library in Path(sys.base_prefix).glob(pattern):
                shutil.copy2(library, program.parent)
        return
    folder, name = sysconfig.get_config_vars("LIBDIR", "INSTSONAME")
    library = Path(sysconfig.get_config_var("PYTHONFRAMEWORKPREFIX") or folder, name)
    if not library.exists():
        sys.exit(f"error: this Python has no shared library: {library}")
    shutil.copy2(library, program.parent)
    if sys.platform == "darwin":
        # The program looks for it where it was installed.
        listed = subprocess.check_output(["otool", "-L", program], text=True)
        (installed,) = (
            line.split()[0] for line in listed.splitlines() if f"/{library.name} (" in line
        )
        change = ["-change", installed, f"@executable_path/{library.name}"]
        subprocess.check_call(["install_name_tool", *change, program])
        subprocess.check_call(["codesign", "--force", "--sign", "-", program])


def bundle(built: Path, target: Path) -> None:
    """Fill a new folder with what the program needs, except for the packages that yours depends on.

    Args:
        built: The program.
        target: The folder.
    """
    shutil.rmtree(target, ignore_errors=True)
    home = target / "python"
    standard = Path(sysconfig.get_path("stdlib"))
    home_of_standard = home / standard.relative_to(sys.base_prefix)
    copy(standard, home_of_standard, *UNUSED)
    if sys.platform == "win32":
        copy(Path(sys.base_prefix, "DLLs"), home / "DLLs", *UNUSED)
    else:
        compiled = Path(sysconfig.get_config_var("DESTSHARED"))
        copy(compiled, home / compiled.relative_to(sys.base_prefix), *UNUSED)
    copy(Path("python"), home / "packages", "__pycache__", "_core*")
    program = Path(shutil.copy2(built, target))
    copy_libraries(program)


if __name__ == "__main__":
    bundle(*map(Path, sys.argv[1:]))
