"""The tool `setup_validator` where files are as nobody expects them: what it repairs, and what it leaves alone."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from scaffolder.anatomy.project import read_project
from scaffolder.errors import ScaffolderError
from scaffolder.machine.cargo import CargoMetadata
from scaffolder.machine.choices import editor_choices
from scaffolder.toolkit import replace_file
from scaffolder.tools.setup_validator import building
from tests.conftest import tree
from tests.tools.setup_validator.projects import (
    FILES,
    MACHINE,
    added,
    answers,
    changed,
    inspected,
    removed,
    replaced,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.machine.programs import Done
    from tests.conftest import Command
    from tests.tools.setup_validator.projects import Change

CARGO, PYPROJECT, SOURCE, START = "Cargo.toml", "pyproject.toml", "src/lib.rs", "python/fares/__init__.py"
STALE, ABI3 = "python/fares/_core.cpython-311-x86_64-linux-gnu.so", "python/fares/_core.abi3.so"
FEATURE = replaced(CARGO, '["abi3-py311"]', '["extension-module", "abi3-py311"]')


def repaired(folder: Path, *changes: Change) -> dict[str, str]:
    """Write a project, repair all that is wrong in it, and return the lines that are new, by file."""
    return repaired_at(write(folder, changed(*changes)))


def repaired_at(project: Path, graph: CargoMetadata | None = None) -> dict[str, str]:
    """Repair all that is wrong in a project, and return the files that are different, with the new lines."""
    before = tree(project)
    graph = graph or CargoMetadata(project, project / "target", {})
    inspection = inspected(project, graph=graph)
    draft = inspection.repair()
    assert bool(draft.changes()) == bool(inspection.repairs)
    draft.write()
    after = tree(project)
    return {
        name: "\n".join(_new_lines(before.get(name, b""), after.get(name, b"")))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }


def _new_lines(before: bytes, after: bytes) -> list[str]:
    """Return the lines that are not in the text before."""
    return [line for line in after.decode().splitlines() if line not in before.decode().splitlines()]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('crate-type = ["rlib"]  # for tests', 'crate-type = ["rlib", "cdylib"]  # for tests'),
        ('crate-type = [\n  # for tests\n  "rlib", # and benches\n]', '  "cdylib",'),
        ('crate_type = ["rlib"]', 'crate_type = ["rlib", "cdylib"]'),
        ('crate_type = ["cdylib"]', 'crate_type = ["cdylib", "rlib"]'),
        ('crate-type = [\n  "cdylib", # Python\n]', '  "rlib",'),
        ("crate-type = [] # none", 'crate-type = ["cdylib"] # none'),
    ],
)
def test_a_type_is_added_where_the_types_are(before: str, after: str, tmp_path: Path) -> None:
    line = 'crate-type = ["cdylib", "rlib"]  # for Python, and for Rust tests'
    assert repaired(tmp_path, replaced(CARGO, line, before)) == {CARGO: after}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('pyo3 = { version = "0.30", features = ["extension-module"] }', 'pyo3 = { version = "0.30" }'),
        ('pyo3 = { features = ["extension-module"], version = "0.30" } # c', 'pyo3 = { version = "0.30" } # c'),
        (
            'pyo3 = { version = "0.30", features = ["extension-module"], default-features = false }',
            'pyo3 = { version = "0.30", default-features = false }',
        ),
        ('[dependencies.pyo3]\nversion = "0.30"\nfeatures = ["extension-module"] # keep', "features = [] # keep"),
        (
            'py = { package = "pyo3", version = "0.30", features = ["extension-module", "abi3"] }',
            'py = { package = "pyo3", version = "0.30", features = ["abi3"] }',
        ),
        ('pyo3 = "0.30"\n[features]\ndefault = ["pyo3?/extension-module", "z"]\nz = []', 'default = ["z"]'),
        ('pyo3 = "0.30"\n[features]\ndefault = ["z"]\nz = ["pyo3/extension-module"]', "z = []"),
        (
            ('pyo3.workspace = true\n[workspace.dependencies]\n'
            'pyo3 = { version = "0.30", features = ["extension-module"] }'),
            'pyo3 = { version = "0.30" }',
        ),
        (
            ('pyo3 = "0.30"\n[target."cfg(unix)".dependencies]\n'
            'pyo3 = { version = "0.30", features = ["extension-module"] }'),
            'pyo3 = { version = "0.30" }',
        ),
        (
            ('pyo3 = "0.30"\n[build-dependencies]\n'
            'pyo3-build-config = { version = "0.30", features = ["resolve-config"] }'),
            'pyo3-build-config = { version = "0.30" }',
        ),
    ],
)  # fmt: skip
def test_a_feature_is_taken_out_and_no_more_than_that(before: str, after: str, tmp_path: Path) -> None:
    tables = replaced(CARGO, 'pyo3 = { version = "0.30", features = ["abi3-py311"] }\nnumpy = "0.30"\n', f"{before}\n")
    assert repaired(tmp_path, tables) == {CARGO: after}


@pytest.mark.parametrize(
    ("before", "where"),
    [
        ('pyo3 = { version = "0.30", features = [\n  # see 12\n  "extension-module", # stays\n  "abi3",\n] }', CARGO),
        ('[dependencies.pyo3]\nversion = "0.30"\nfeatures = [\n  # for wheels\n  "extension-module",\n]', CARGO),
    ],
)
def test_a_list_with_comments_is_left_alone(before: str, where: str, tmp_path: Path) -> None:
    tables = replaced(CARGO, 'pyo3 = { version = "0.30", features = ["abi3-py311"] }\nnumpy = "0.30"\n', f"{before}\n")
    project = write(tmp_path, changed(tables, replaced(PYPROJECT, "maturin>=1.9.4", "maturin>=1.2")))
    assert answers(project)["outdated-features"].where == where
    assert repaired_at(project) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"maturin>=1.2,<2"', '"maturin>=1.9.4,<2"'),
        ('"maturin>=1.9.4,<2"', None),
        ('"maturin~=1.7"', '"maturin>=1.9.4,<2"'),
        ("\"maturin[patchelf]>1.7; os_name == 'posix'\"", '"maturin[patchelf]>=1.9.4; os_name == \\"posix\\""'),
        ('"maturin-extras==1", "maturin>=1.2,<2" # both', '"maturin-extras==1", "maturin>=1.9.4,<2"] # both'),
    ],
)
def test_the_builder_is_raised_to_one_that_does_the_same(before: str, after: str | None, tmp_path: Path) -> None:
    ends = before.partition(" # ")
    given = replaced(PYPROJECT, '["maturin>=1.9.4,<2"]', f"[{ends[0]}]{ends[1]}{ends[2]}")
    new = repaired(tmp_path, given, FEATURE)
    assert "extension-module" not in new[CARGO]
    assert (after in new[PYPROJECT]) if after else PYPROJECT not in new


@pytest.mark.parametrize(
    "requirement",
    ["maturin<1.9", "maturin~=1.7.2", "maturin==1.8", "maturin>=1.2,<1.9", "maturin @ git+https://example.org/maturin"],
)
def test_without_such_a_builder_the_feature_stays(requirement: str, tmp_path: Path) -> None:
    given = replaced(PYPROJECT, "maturin>=1.9.4,<2", requirement)
    project = write(tmp_path, changed(given, FEATURE))
    found = answers(project)["outdated-features"]
    assert found.level == "warning"
    assert "change that first" in str(found.evidence)
    assert repaired_at(project) == {}


def test_an_item_goes_before_the_last_comment(tmp_path: Path) -> None:
    line = 'crate-type = ["cdylib", "rlib"]  # for Python, and for Rust tests'
    project = write(tmp_path, changed(replaced(CARGO, line, 'crate-type = [\n  "cdylib"\n  # the last\n]')))
    assert repaired_at(project) == {CARGO: '  "cdylib",\n  "rlib",'}
    assert "# the last" in (project / CARGO).read_text(encoding="utf-8")


def with_times(project: Path, *names: str) -> Path:
    """Write builds, each a second newer than the one before."""
    for second, name in enumerate(names):
        write(project, {name: name})
        os.utime(project / name, (second, second))
    return project


MAY_BE_ABI3 = (replaced(CARGO, '["abi3-py311"]', "[]"), added(CARGO, '\n[features]\nabi3 = ["pyo3/abi3-py311"]\n'))
NEVER_ABI3 = (replaced(CARGO, '["abi3-py311"]', "[]"),)
TAGGED, BARE = "python/fares/_core.cp311-win_amd64.pyd", "python/fares/_core.pyd"


@pytest.mark.parametrize(
    ("changes", "names", "level", "deleted"),
    [
        ((), (STALE, ABI3), "error", {STALE}),
        ((), (ABI3, STALE), "warning", set()),
        ((), (TAGGED, BARE), "error", {TAGGED}),
        ((), (ABI3, BARE), "ok", set()),
        ((), ("python/fares/_core.so", ABI3), "ok", set()),
        (NEVER_ABI3, (ABI3, STALE), "warning", {ABI3}),
        (NEVER_ABI3, (STALE, ABI3), "warning", set()),
        (MAY_BE_ABI3, (STALE, ABI3), "error", {STALE}),
        (MAY_BE_ABI3, (ABI3, STALE), "warning", set()),
    ],
)
def test_the_newer_build_is_never_deleted(
    changes: tuple[Change, ...], names: tuple[str, ...], level: str, deleted: set[str], tmp_path: Path
) -> None:
    project = with_times(write(tmp_path, changed(*changes)), *names)
    assert answers(project)["stale-library"].level == level
    before = set(tree(project))
    repaired_at(project)
    assert before - set(tree(project)) == deleted


def test_what_a_link_leads_to_is_left_alone(tmp_path: Path) -> None:
    project = write(tmp_path / "fares", changed(replaced(CARGO, ', "rlib"', "")))
    shared = (project / CARGO).rename(tmp_path / "shared.toml")
    try:
        (project / CARGO).symlink_to(shared)
    except OSError:
        pytest.skip("links are not to be made here")
    before = shared.read_text(encoding="utf-8")
    assert repaired_at(project) == {}
    assert answers(project)["crate-type-rlib"].fix == 'Add `rlib`\n[lib]\ncrate-type = ["cdylib", "rlib"]'
    assert shared.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("link", [False, True])
def test_nothing_outside_of_the_project_is_made_or_deleted(link: bool, tmp_path: Path) -> None:
    other = with_times(write(tmp_path / "other", changed(removed("python/fares/py.typed"))), STALE, ABI3)
    project = write(
        tmp_path / "fares", changed(replaced(PYPROJECT, '"python"', '"linked"' if link else '"../other/python"'))
    )
    shutil.rmtree(project / "python")
    if link:
        try:
            (project / "linked").symlink_to(other / "python")
        except OSError:
            pytest.skip("links are not to be made here")
    before = tree(other)
    assert {"stale-library", "typed-marker"} <= inspected(project).wrong
    assert repaired_at(project) == {}
    assert tree(other) == before


def test_a_workspace_outside_of_the_repository_is_left_alone(tmp_path: Path) -> None:
    project = member(tmp_path, '"crates/*"')
    before = (tmp_path / CARGO).read_bytes()
    (project / ".git").mkdir()
    repaired_at(project)
    assert (tmp_path / CARGO).read_bytes() == before
    (project / ".git").rmdir()
    repaired_at(project)
    assert (tmp_path / CARGO).read_bytes() != before


@pytest.mark.skipif(os.name == "nt", reason="there is no umask")
def test_a_new_file_has_the_mode_that_the_user_wants(tmp_path: Path) -> None:
    project = write(tmp_path, changed(removed("python/fares/py.typed")))
    before = os.umask(0o027)
    try:
        repaired_at(project)
    finally:
        os.umask(before)
    assert (project / "python/fares/py.typed").stat().st_mode & 0o777 == 0o640


def test_what_is_read_only_is_not_written(tmp_path: Path) -> None:
    project = write(tmp_path, changed(replaced(CARGO, ', "rlib"', ""), removed("python/fares/py.typed")))
    before = tree(project)
    (project / CARGO).chmod(0o444)
    with pytest.raises(ScaffolderError, match=r"`Cargo.toml` can't be written: it is read-only") as refused:
        repaired_at(project)
    assert refused.value.hint
    with pytest.raises(PermissionError):
        replace_file(project / CARGO, "")
    assert tree(project) == before


@pytest.mark.parametrize(
    "change",
    [
        replaced(CARGO, 'crate-type = ["cdylib", "rlib"]  # for Python, and for Rust tests', ""),
        replaced(PYPROJECT, "[tool.uv]\n" + (FILES[PYPROJECT] or "").rpartition("[tool.uv]\n")[2], "[tool.uv]\n"),
        FEATURE,
    ],
)
def test_line_ends_stay_as_they_are(change: Change, tmp_path: Path) -> None:
    files = changed(change)
    for name in (CARGO, PYPROJECT):
        files[name] = (files[name] or "").replace("\n", "\r\n")
    project = write(tmp_path, files)
    assert repaired_at(project)
    for name in (CARGO, PYPROJECT):
        text = (project / name).read_bytes()
        assert text.count(b"\n") == text.count(b"\r\n")


def test_cargo_reads_past_a_byte_order_mark_and_it_stays(tmp_path: Path) -> None:
    files = changed(replaced(CARGO, ', "rlib"', ""))
    files[CARGO] = f"\ufeff{files[CARGO]}"
    project = write(tmp_path, files)
    repaired_at(project)
    text = (project / CARGO).read_text(encoding="utf-8")
    assert text.startswith("\ufeff[package]")
    assert '"rlib"' in text


INHERITED = replaced(CARGO, '{ version = "0.30", features = ["abi3-py311"] }', "{ workspace = true }")
WORKSPACE = """\
[workspace]
members = [MEMBERS]

[workspace.dependencies]
pyo3 = { version = "0.30", features = ["extension-module"] }
"""


def member(folder: Path, members: str, *changes: Change) -> Path:
    """Write a workspace with the project in it, and return the project."""
    write(folder, {CARGO: WORKSPACE.replace("MEMBERS", members)})
    return write(folder / "crates/py", changed(INHERITED, *changes))


@pytest.mark.parametrize("members", ['"crates/*"', '"", ".", "crates/py"', '"crates/none"'])
def test_a_feature_of_the_workspace_is_taken_out_there(members: str, tmp_path: Path) -> None:
    project = member(tmp_path, members)
    # Cargo knows of members that no pattern names.
    graph = CargoMetadata(tmp_path, tmp_path / "target", {})
    found = answers(project, graph=graph)["outdated-features"]
    assert found.where == "../../Cargo.toml"
    draft = inspected(project, graph=graph).repairs["outdated-features"]
    [document] = draft.documents()
    assert "--- a/../../Cargo.toml" in document.text
    draft.write()
    assert 'pyo3 = { version = "0.30" }\n' in (tmp_path / CARGO).read_text(encoding="utf-8")


def test_a_workspace_names_members_absolutely(tmp_path: Path) -> None:
    project = member(tmp_path, f'"{(tmp_path / "crates/py").as_posix()}"')
    assert read_project(project).crate.workspace_path == tmp_path / CARGO


def without_settings(text: str) -> str:
    """Return a pyproject.toml without `[tool.maturin]`."""
    before, _, rest = text.partition("[tool.maturin]\n")
    return before + rest[rest.index("[tool.uv]") :]


@pytest.mark.parametrize(
    ("changes", "new"),
    [
        ((replaced(SOURCE, "_core", "zones"),), '[tool.maturin]\nmodule-name = "zones"'),
        (
            (added("src/fares_core/__init__.py"), replaced(SOURCE, "_core", "fares_core")),
            '[tool.maturin]\npython-source = "src"',
        ),
    ],
)  # fmt: skip
def test_settings_of_maturin_are_begun(changes: tuple[Change, ...], new: str, tmp_path: Path) -> None:
    files = changed(*changes)
    files = {name: text for name, text in files.items() if not name.startswith("python/")}
    project = write(tmp_path, files | {PYPROJECT: without_settings(FILES[PYPROJECT] or "")})
    assert new in repaired_at(project)[PYPROJECT]


@pytest.mark.parametrize(
    "name", ["src/.#lib.rs", "python/fares/.#zones.py", ABI3, ".github/workflows/.#ci.yml", "src/folder.rs"]
)
def test_what_leads_nowhere_is_passed_over(name: str, tmp_path: Path) -> None:
    project = write(tmp_path, FILES)
    try:
        (project / name).symlink_to("ada@nowhere.1234")
    except OSError:
        pytest.skip("links are not to be made here")
    assert {each for each, finding in answers(project).items() if finding.level != "ok"} == set()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ((replaced(PYPROJECT, '"fares._core"', "3"),), "`tool.maturin.module-name` in"),
        ((replaced(PYPROJECT, "# The", "manifest-path = 3\n# The"),), "must be a string, found `3`"),
        ((replaced(PYPROJECT, "# The", 'features = "abi3"\n# The'),), "must be a list, found `abi3`"),
        ((replaced(PYPROJECT, '["maturin>=1.9.4,<2"]', '"maturin"'),), "`build-system.requires` in"),
        ((replaced(PYPROJECT, '">=3.11"', "3.11"),), "`project.requires-python` in"),
        ((replaced(CARGO, "[profile.release]\nlto", "[profile]\nrelease"),), "`profile.release` in"),
        ((added(CARGO, "[features]\ndefault = 1\n"),), "`features.default` in"),
        ((replaced(PYPROJECT, "[build-system]", "\ufeff[build-system]"),), "begins with a byte order mark"),
        ((replaced(PYPROJECT, "# The", "bindings = []\n# The"),), "`tool.maturin.bindings` in"),
        ((replaced(CARGO, '["abi3-py311"]', "3"),), "`dependencies.pyo3.features` in"),
        ((added("Cargo.lock", "[[package]]\n"),), "has a package without a name"),
    ],
)
def test_a_value_of_another_kind_is_named(
    changes: tuple[Change, ...], message: str, pyo3_new: Command, tmp_path: Path
) -> None:
    project = write(tmp_path / "fares", changed(*changes))
    done = pyo3_new("doctor", "--project", str(project), code=1)
    error, _, hint = done.stderr.partition("\n\n")
    assert error.startswith("error: ")
    assert message in error
    assert hint.startswith("hint: ")


@pytest.mark.parametrize(
    "changes",
    [
        (replaced(PYPROJECT, "# The", 'exclude = ["/tests/**"]\n# The'),),
        (replaced(PYPROJECT, "cache-keys = [", 'cache-keys = [{ file = "/etc/x*" }, { file = "" }, '),),
        (replaced(PYPROJECT, "# The", "exclude = [{ path = 'x', format = 3 }, {}, 3]\n# The"),),
        (added(CARGO, "[features]\ndefault = [3, {}]\n"),),
        (added(".github/workflows/one.yml", "permissions: {}\njobs: 3\n"),),
        (
            added(
                ".github/workflows/one.yml",
                "permissions: {}\nenv: 3\njobs: {a: {steps: 3}, b: {steps: [1, {with: 3}]}}\n",
            ),
        ),
        (added(".vscode/settings.json", '{"rust-analyzer.cargo.extraEnv": ["A=1"]}'),),
    ],
)
def test_patterns_and_settings_of_any_kind_are_read(changes: tuple[Change, ...], tmp_path: Path) -> None:
    project = write(tmp_path, changed(*changes))
    assert {each for each, finding in answers(project).items() if finding.level != "ok"} == set()
    assert list(editor_choices(project, MACHINE.choices[0], {}))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_pin_that_is_no_text_is_left_to_uv(encoding: str, tmp_path: Path) -> None:
    project = write(tmp_path, FILES)
    (project / ".python-version").write_bytes("3.11 # Zürich".encode(encoding))
    assert read_project(project).python_version is None


def test_a_broken_project_above_is_none_of_this_one(pyo3_new: Command, tmp_path: Path) -> None:
    write(tmp_path, {PYPROJECT: "[broken\n"})
    project = write(tmp_path / "fares", FILES)
    done = pyo3_new("doctor", cwd=project / "src").stdout
    assert done.splitlines()[-1].startswith("fares: ")
    (project / PYPROJECT).write_text("[broken\n", encoding="utf-8")
    assert "fares/pyproject.toml" in pyo3_new("doctor", cwd=project / "src", code=1).stderr.replace("\\", "/")


def test_a_build_leaves_the_lock_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write(tmp_path, FILES)

    def run(*_: object, **__: object) -> Done | None:
        (project / "Cargo.lock").write_text("version = 5\n", encoding="utf-8")
        return None

    monkeypatch.setattr(building, "run", run)
    inspection = inspected(project)
    building.build(inspection, {})
    assert (project / "Cargo.lock").read_text(encoding="utf-8") == FILES["Cargo.lock"]
    (project / "Cargo.lock").unlink()
    building.build(inspection, {})
    assert not (project / "Cargo.lock").exists()
