"""Projects whose metadata is in `setup.py` or `setup.cfg`: it moves to `[project]`, unless it has to be run."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.adoption.projects import CARGO, DECLARATIVE, FILES, REEXPORT, write
from tests.conftest import git, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Command

SCRIPT = '''\
"""The build."""

from setuptools import find_packages, setup

VERSION = "1.2.3"

with open("README.md", encoding="utf-8") as file:
    text = file.read()

setup(
    name="soil",
    version=VERSION,
    description="Samples of soil",
    long_description=text,
    long_description_content_type="text/markdown",
    author="Ada",
    author_email="ada@example.org",
    license="MIT",
    url="https://example.org/soil",
    project_urls={"Source": "https://example.org/soil/git"},
    package_dir={"": "src"},
    packages=find_packages("src"),
    python_requires=">=3.11",
    install_requires=["packaging>=20"],
    extras_require={"test": ["pytest"]},
    entry_points={"console_scripts": ["soil = soil:double"], "soil.plugins": ["a=soil:double"]},
    zip_safe=False,
)
'''
CONFIGURATION = """\
[metadata]
name = soil
version = 1.2.3
description = Samples of soil
long_description = file: README.md
author = Ada
author_email = ada@example.org
license = MIT
url = https://example.org/soil
project_urls =
    Source = https://example.org/soil/git

[options]
package_dir =
    = src
packages = find:
python_requires = >=3.11
install_requires =
    packaging>=20

[options.packages.find]
where = src

[options.extras_require]
test = pytest

[options.entry_points]
console_scripts =
    soil = soil:double
soil.plugins =
    a=soil:double

[flake8]
max-line-length = 100
"""
PROJECT = {
    "name": "soil",
    "version": "1.2.3",
    "description": "Samples of soil",
    "readme": "README.md",
    "authors": [{"name": "Ada", "email": "ada@example.org"}],
    "license": {"text": "MIT"},
    "urls": {"Homepage": "https://example.org/soil", "Source": "https://example.org/soil/git"},
    "requires-python": ">=3.11",
    "dependencies": ["packaging>=20"],
    "optional-dependencies": {"test": ["pytest"]},
    "scripts": {"soil": "soil:double"},
    "entry-points": {"soil.plugins": {"a": "soil:double"}},
}
FILES_OF_PYTHON = {
    "README.md": "# Soil\n",
    "src/soil/__init__.py": FILES["python"]["src/soil/__init__.py"],
    "tests/test_soil.py": FILES["python"]["tests/test_soil.py"],
}
BARE = "from setuptools import setup\n\nsetup()\n"
OLD_RUST = """\
from setuptools import setup
from setuptools_rust import Binding, RustExtension

setup(
    name="soil",
    version="1.0",
    packages=["soil"],
    package_dir={"": "python"},
    rust_extensions=[RustExtension("soil.soil", binding=Binding.PyO3)],
)
"""


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": SCRIPT},
        {"setup.py": BARE, "setup.cfg": CONFIGURATION},
        {"setup.py": SCRIPT, "setup.cfg": "[flake8]\nmax-line-length = 100\n", "pyproject.toml": "[tool.black]\n"},
    ],
    ids=["script", "configuration", "both"],
)
def test_metadata_moves(tmp_path: Path, pyo3_new: Command, files: dict[str, str]) -> None:
    write(tmp_path, {**FILES_OF_PYTHON, **files})
    done = pyo3_new("adopt", cwd=tmp_path)
    data = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))
    assert data["project"] == PROJECT
    assert data["build-system"]["build-backend"] == "maturin"
    assert "black" in data["tool"] or "pyproject.toml" not in files
    assert not (tmp_path / "setup.py").exists()
    if "setup.cfg" in files:
        assert (tmp_path / "setup.cfg").read_text("utf-8") == "[flake8]\nmax-line-length = 100\n"
    assert "is in `[project]` of `pyproject.toml`: read it again" in done.stderr
    assert not git("diff", "--name-only", cwd=tmp_path)


def test_setuptools_rust_moves_if_asked(tmp_path: Path, pyo3_new: Command) -> None:
    write(
        tmp_path,
        {
            "setup.py": OLD_RUST,
            "Cargo.toml": CARGO,
            "src/lib.rs": DECLARATIVE,
            "python/soil/__init__.py": REEXPORT,
        },
    )
    before = tree(tmp_path)
    assert "pass `--maturin`" in pyo3_new("adopt", cwd=tmp_path, code=1).stderr
    assert tree(tmp_path) == before
    pyo3_new("adopt", "--maturin", "--with", "numpy", cwd=tmp_path)
    data = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))
    assert data["tool"]["maturin"] == {"module-name": "soil.soil", "python-source": "python"}
    assert data["project"]["version"] == "1.0"
    assert not (tmp_path / "setup.py").exists()


def changed(old: str, new: str) -> dict[str, str]:
    assert old in SCRIPT
    return {"setup.py": SCRIPT.replace(old, new)}


REFUSED = {
    "a call": (changed("version=VERSION", "version=find_version()"), "`version` in ", "is `find_version()`"),
    "code": (changed("\nsetup(", "\nprint(VERSION)\nsetup("), "runs code: `print(VERSION)`", "line 10"),
    "an unknown keyword": (changed("zip_safe=False", "cmdclass={}, scripts=['a']"), "`scripts` of `setup()`", ""),
    "more keywords": (changed("zip_safe=False", "**extra"), "`**` in ", "is `extra`"),
    "another place": (changed('find_packages("src")', '["soil", "other"]'), "say something else", "`soil` in `src`"),
    "an attribute": ({"setup.cfg": CONFIGURATION.replace("1.2.3", "attr: soil.__version__")}, "`version` in ", "attr:"),
    "two values": ({"setup.py": SCRIPT, "setup.cfg": "[metadata]\nname = clay\n"}, "different values for `name`", ""),
}


@pytest.mark.parametrize(("files", "reason", "detail"), REFUSED.values(), ids=REFUSED)
def test_what_has_to_be_run_is_refused_by_name(
    tmp_path: Path, pyo3_new: Command, files: dict[str, str], reason: str, detail: str
) -> None:
    write(tmp_path, {**FILES_OF_PYTHON, **files})
    before = tree(tmp_path)
    done = pyo3_new("adopt", cwd=tmp_path, code=1)
    assert reason in done.stderr
    assert detail in done.stderr
    assert tree(tmp_path) == before
