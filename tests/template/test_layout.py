"""Projects that have their parts elsewhere: what `layout` says is followed by every file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.conftest import FEATURES, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.conftest import Make, Run

NAME = "price-tools"
ELSEWHERE = {"python": "src", "crate": "rust", "extension": "fast"}
# The last one has the longest names that change no wrapping of lines.
LAYOUTS: dict[str, dict[str, str]] = {
    "elsewhere": ELSEWHERE,
    "flat": {"python": ".", "extension": "prices"},
    "sourced": {"python": "lib", "source": "native", "extension": "prices"},
    "deep": {"package": "prices", "python": "py/lib", "crate": "crates/prices-python"},
    "long": {"package": "p" * 40, "python": ".", "crate": "c" * 25, "extension": "e" * 24},
}
# Only in adopted projects, whose `__init__.py` is their own.
SUBMODULES = "python/price_tools/_submodules.py"
OWN = ["README.md", "noxfile.py", "docs/numpy.md"]


def suited(layout: dict[str, str]) -> tuple[str, ...]:
    """Return the features that can be in a project of this layout."""
    unsuited = {"embed", "workspace"} if "crate" in layout else {"embed"}
    return tuple(name for name in FEATURES if name not in unsuited)


def lay_out(make: Make, layout: dict[str, Any], features: tuple[str, ...] | None = None, **data: str) -> Path:
    chosen = suited(layout) if features is None else features
    return make(chosen, NAME, layout=json.dumps(layout), **data)


def place(path: str, layout: dict[str, str]) -> str:
    """Return where a layout has a file of a new project."""
    package, extension = layout.get("package", "price_tools"), layout.get("extension", "_core")
    if path.startswith("python/price_tools/"):
        path = path.removeprefix("python/price_tools/").replace("_core/", f"{extension}/")
        return f"{layout.get('python', 'python')}/{package}/{path}".removeprefix("./")
    if path.startswith("src/"):
        path = f"{layout.get('source', 'src')}/{path.removeprefix('src/')}"
        return f"{layout.get('crate', '.')}/{path}".removeprefix("./")
    if path in {"Cargo.toml", "build.rs"}:
        return f"{layout.get('crate', '.')}/{path}".removeprefix("./")
    return path.replace("crates/price_tools/", f"crates/{package}/")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_each_file_is_where_the_layout_has_it(make: Make, layout: dict[str, str]) -> None:
    usual = tree(make(suited(layout), NAME))
    files = tree(lay_out(make, layout))
    assert set(files) == {place(path, layout) for path in [*usual, SUBMODULES]}
    assert yaml.safe_load(files[".copier-answers.yml"])["layout"] == layout


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_nothing_names_a_place_that_is_not_there(make: Make, layout: dict[str, str]) -> None:
    project = lay_out(make, layout)
    gone = [r"(?<![\w-])python/(?!packages)"]
    gone += ["price_tools"] if "package" in layout else []
    gone += [r"(?<!\w)_core\b"] if "extension" in layout else []
    # The page of `workspace` is about the crate without Python, too.
    gone += [r"(?<![\w/`])src/"] if "source" in layout else []
    gone += [r"(?<![\w/])src/", r'(?<![\w/])Cargo\.toml"'] if "crate" in layout and layout["python"] != "src" else []
    lines = [(path, line) for path, content in tree(project).items() for line in content.decode().splitlines()]
    found = [(path, line) for path, line in lines if re.search("|".join(gone), line) and ".agents/" not in path]
    # A Rust test reads the manifest of its crate; a crate of a workspace may have its version from the root.
    assert [item for item in found if not item[0].endswith(("/feeds/runtime.rs", ".github/release.py"))] == []


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_manifests_find_each_other(make: Make, layout: dict[str, str]) -> None:
    project = lay_out(make, layout)
    tool = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["tool"]
    crate = project / tool["maturin"].get("manifest-path", "Cargo.toml")
    assert crate.parent == project / layout.get("crate", ".")
    package, _, extension = tool["maturin"]["module-name"].partition(".")
    assert (project / tool["maturin"].get("python-source", ".") / package / extension / "__init__.pyi").is_file()
    keys = [entry["file"] for entry in tool["uv"]["cache-keys"]]
    missing = [key for key in keys if not list(project.glob(key)) and not key.endswith("Cargo.lock")]
    assert missing == []
    assert all((project / folder).exists() for folder in tool["mypy"]["files"])
    library = crate.parent / layout.get("source", "src") / "lib.rs"
    declared = re.search(r"#\[pyo3::pymodule\]\n(?:pub )?mod (\w+)", library.read_text("utf-8"))
    assert declared
    assert declared[1] == extension


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_formatters_change_nothing(make: Make, run: Run, layout: dict[str, str]) -> None:
    project = lay_out(make, layout)
    run("ruff", "format", "--check", "--no-cache", folder=project)
    run("ruff", "check", "--no-cache", folder=project)
    run("tombi", "format", "--check", folder=project)
    sources = [str(path) for path in project.rglob("*.rs")]
    run("rustfmt", "--check", "--edition", "2024", *sources, folder=project)


def test_files_of_its_own_are_not_rendered(make: Make) -> None:
    usual = tree(make(("numpy",), NAME))
    files = tree(lay_out(make, {"own": OWN}, ("numpy",)))
    assert set(usual) - set(files) == set(OWN)
    # An `__init__.py` of its own may not export the exceptions, so these tests import them from their module, and
    # what imports the package does it apart, as settings of its own may not say where that is.
    different = {path for path in files if files[path] != usual.get(path)}
    assert different == {
        ".copier-answers.yml",
        SUBMODULES, "benchmarks/bench_arrays.py", "tests/conftest.py", "tests/test_arrays.py",
    }  # fmt: skip


def test_a_project_without_a_layout_records_none(make: Make) -> None:
    answers = yaml.safe_load((make((), NAME) / ".copier-answers.yml").read_text("utf-8"))
    assert "layout" not in answers


@pytest.mark.parametrize(
    ("layout", "features", "reason"),
    [
        ("{python: ../other}", "", "`../other` is not a folder of the project for `python`"),
        ("{crate: /rust}", "", "`/rust` is not a folder of the project for `crate`"),
        ("{extension: a-b}", "", "`a-b` is not a name for `extension`"),
        ("{extension: errors}", "", "can't be called `errors`"),
        ("{own: README.md}", "", "`own` must be a list of paths"),
        ("{own: [/etc/passwd]}", "", "`/etc/passwd` in `own` is not a file of the project"),
        ("{workspace: rust}", "", "`rust` is not a folder above the project for `workspace`"),
        ("{workspace: ../..}", "workspace", "`workspace` needs a crate that is in no other workspace"),
        ("{folder: rust}", "", "the layout has no `folder`"),
        ("[rust]", "", "the layout must be a mapping"),
        ("{own: [README.md]}", "embed", "`embed` needs the layout of a new project"),
        ("{crate: rust}", "workspace", "`workspace` needs the crate at the top of the project"),
        ("{extension: arrays}", "numpy", "`numpy` has a module `arrays`"),
    ],
)
def test_a_layout_that_would_not_work_is_refused(tmp_path: Path, layout: str, features: str, reason: str) -> None:
    command = [sys.executable, "-m", "scaffolder", "new", "x-tools", "--defaults", "--quiet", f"--data=layout={layout}"]
    command += [f"--with={features}"] if features else []
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert reason in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.exclusive("lint")
def test_a_project_laid_out_elsewhere_lints(make: Make, nox: Run) -> None:
    nox("lint", folder=lay_out(make, ELSEWHERE, ("classes", "numpy"), description="Built elsewhere"))


@pytest.mark.slow
@pytest.mark.exclusive("test")
def test_a_project_laid_out_elsewhere_builds_and_passes(make: Make, nox: Run) -> None:
    project = lay_out(make, ELSEWHERE, ("classes", "numpy"), description="Built elsewhere")
    printed = nox("test", "--force-python", f"{sys.version_info[0]}.{sys.version_info[1]}", folder=project)
    assert re.search(r"^=+ \d+ passed(, \d+ skipped)? in .*=+$", printed, re.MULTILINE), printed
    assert re.search(r"^test result: ok\. [1-9]", printed, re.MULTILINE), printed
