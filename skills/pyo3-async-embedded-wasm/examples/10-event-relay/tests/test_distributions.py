"""What is published."""

import subprocess
import sys
import tarfile
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import event_relay
import pytest

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a wheel of a debug build, and a source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "maturin", "build", "--profile", "dev", "--sdist", "--out", str(folder)]
    subprocess.run([*command, "--interpreter", sys.executable], cwd=PROJECT, check=True)
    return folder


# region: wheel
def test_the_wheel_has_what_users_import_and_nothing_else(dist: Path) -> None:
    with ZipFile(next(dist.glob("*.whl"))) as wheel:
        files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    compiled = {name for name in files if Path(name).suffix in {".so", ".pyd"}}
    assert len(compiled) == 1
    assert files - compiled == {
        f"event_relay/{name}" for name in ("__init__.py", "_core.pyi", "cli.py", "py.typed", "relay.py")
    }


# endregion: wheel


def test_the_wheel_has_a_license_and_a_description(dist: Path) -> None:
    with ZipFile(next(dist.glob("*.whl"))) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(wheel.read(name).decode())
        assert name.replace("METADATA", "licenses/LICENSE") in wheel.namelist()
    assert metadata["Version"] == event_relay.__version__, "pyproject.toml and Cargo.toml have different versions"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"].startswith("text/markdown")
    assert "# event-relay" in str(metadata.get_payload())


def test_the_source_distribution_can_be_built(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = archive.getnames()
    for needed in ("pyproject.toml", "src/python.rs", "python/event_relay/py.typed", "LICENSE", "CHANGELOG.md"):
        assert any(name.endswith(f"/{needed}") for name in names), needed
