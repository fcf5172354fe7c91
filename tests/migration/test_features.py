"""Features of PyO3 that code needs, and the Python that a stable ABI is checked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scaffolder.migration.checking import Check, write_config
from scaffolder.migration.manifests import ManifestEdit, add_feature, manifest_of, parse_manifests, raise_manifest
from scaffolder.migration.migrate import check_before, new_panics
from scaffolder.migration.results import Step
from scaffolder.migration.sources import Sources
from scaffolder.migration.work import Work
from scaffolder.migration.workspaces import Workspace, built_features

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('pyo3 = "0.22"', 'pyo3 = {version = "0.22", features = ["py-clone"]}'),
        ('pyo3 = { version = "0.22" }', 'pyo3 = { version = "0.22", features = ["py-clone"]}'),
        (
            'pyo3 = { version = "0.22", features = ["abi3"] }',
            'pyo3 = { version = "0.22", features = ["abi3", "py-clone"] }',
        ),
        ("pyo3 = { workspace = true }", 'pyo3 = { workspace = true, features = ["py-clone"]}'),
    ],
)
def test_a_feature_is_added_once(before: str, after: str) -> None:
    documents = parse_manifests({"Cargo.toml": f"[dependencies]\n{before}\n"})
    assert len(add_feature("Cargo.toml", documents["Cargo.toml"], "py-clone")) == 1
    assert documents["Cargo.toml"].as_string() == f"[dependencies]\n{after}\n"
    assert add_feature("Cargo.toml", documents["Cargo.toml"], "py-clone") == []


def test_what_a_new_feature_costs_is_said_once_for_a_crate() -> None:
    new = ManifestEdit("core/Cargo.toml", "feature `py-clone`", "", "py-clone")
    raised = ManifestEdit("Cargo.toml", "pyo3", "0.21", "0.22")
    (note,) = new_panics([Step("0.21"), Step("0.22", (raised, new, new))])
    assert note.startswith("`core/Cargo.toml` has the feature `py-clone` now")
    assert "panics in a thread that is not attached" in note


def test_a_workspace_that_others_inherit_from_gets_no_feature() -> None:
    documents = parse_manifests({"Cargo.toml": '[workspace.dependencies]\npyo3 = "0.22"\n'})
    assert add_feature("Cargo.toml", documents["Cargo.toml"], "py-clone") == []


def test_a_file_belongs_to_the_nearest_manifest() -> None:
    paths = ["Cargo.toml", "crates/core/Cargo.toml", "crates/core-python/Cargo.toml"]
    assert manifest_of(paths, "crates/core/src/lib.rs") == "crates/core/Cargo.toml"
    assert manifest_of(paths, "src/lib.rs") == "Cargo.toml"
    assert manifest_of(paths[1:], "src/lib.rs") is None


def test_the_feature_that_hides_what_has_to_move_goes_before_it_moves() -> None:
    text = '[dependencies]\npyo3 = { version = "0.21", features = ["abi3", "gil-refs"] }\n'
    documents = parse_manifests({"Cargo.toml": text})
    raise_manifest("Cargo.toml", documents["Cargo.toml"], "0.21")
    assert "gil-refs" not in documents["Cargo.toml"].as_string()


@pytest.mark.parametrize(
    ("features", "version", "stable"),
    [([], "3.11", "false"), (["abi3-py38", "chrono"], "3.8", "true"), (["abi3"], "3.11", "true")],
)
def test_a_stable_abi_is_checked_as_it_is_built(tmp_path: Path, features: list[str], version: str, stable: str) -> None:
    lines = write_config(tmp_path, features).read_text(encoding="utf-8").splitlines()
    assert f"version={version}" in lines
    assert f"abi3={stable}" in lines


@pytest.mark.parametrize(
    ("maturin", "features"),
    [
        ('features = ["pyo3/extension-module", "python"]', ["python"]),
        ('features = ["python", "unknown"]', ["python"]),
        ('manifest-path = "other/Cargo.toml"\nfeatures = ["python"]', []),
        ("strip = true", []),
    ],
)
def test_a_crate_is_compiled_with_the_features_that_maturin_builds(
    tmp_path: Path, maturin: str, features: list[str]
) -> None:
    crate = '[dependencies]\npyo3 = "0.20"\n\n[features]\npython = []\nslow = []\n'
    texts = {"Cargo.toml": crate, "other/Cargo.toml": crate, "pyproject.toml": f"[tool.maturin]\n{maturin}\n"}
    (tmp_path / "other").mkdir()
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    documents = parse_manifests(texts)
    projects = {"pyproject.toml": documents.pop("pyproject.toml")}
    sources = Sources(tmp_path, {}, {}, documents, projects, tuple(documents))
    assert list(built_features(sources, "Cargo.toml")) == features


class WithoutCompiler(Work):
    """A project that compiles only without the features that it is built with."""

    def check(self) -> Check:
        works = "--features" not in self.workspaces[0].options(built=self.built)
        return Check(ran=works, passed=works, reason="`fast-sys` does not compile: `cc` is not installed")


def test_a_feature_that_this_machine_can_not_build_is_left_out_and_said(tmp_path: Path) -> None:
    sources = Sources(tmp_path, {}, {}, {}, {}, ())
    work = WithoutCompiler(sources, (Workspace(tmp_path, ("fares",), built=("fares/fast",)),), tmp_path, {})
    notes = list(check_before(work))
    assert notes == [
        "the features in `[tool.maturin]` are not checked: `fast-sys` does not compile: `cc` is not installed"
    ]
    assert work.check().passed
