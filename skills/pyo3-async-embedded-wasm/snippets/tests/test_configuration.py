"""Configuration: what a host decides before Python starts, and what it hears if that fails."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Host

STATE = """
import json, os, sys
print(json.dumps({
    "argv": sys.argv, "executable": sys.executable, "prefix": sys.prefix, "path": sys.path,
    "utf8": sys.flags.utf8_mode, "bytecode": not sys.dont_write_bytecode, "safe": sys.flags.safe_path,
    "site": "site" in sys.modules, "user": sys.flags.no_user_site == 0, "stdout": sys.stdout.encoding,
}))
"""
HOME = sys.base_prefix
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows needs its variables to start a program")
pytestmark = posix


def state(host: Host, kind: str, **variables: str) -> dict[str, Any]:
    done = host("configuration", kind, STATE, HOME, environment=variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "variables",
    [{}, {"PYTHONHOME": "/nowhere"}, {"PYTHONPATH": "/nowhere"}, {"PYTHONUTF8": "0", "LC_ALL": "C"}, {"PATH": "/bin"}],
    ids=lambda variables: " ".join(variables) or "nothing",
)
def test_an_isolated_start_is_the_same_everywhere(host: Host, variables: dict[str, str]) -> None:
    isolated = state(host, "isolated", **variables)
    assert isolated["argv"] == ["planner", "--überall"]
    assert (isolated["executable"], isolated["prefix"]) == ("", HOME)
    assert all(folder.startswith(HOME) for folder in isolated["path"])
    assert (isolated["utf8"], isolated["stdout"]) == (1, "utf-8")
    assert (isolated["bytecode"], isolated["safe"], isolated["site"], isolated["user"]) == (False, True, True, False)


def test_no_program_called_like_the_first_argument_becomes_the_executable(host: Host, tmp_path: Path) -> None:
    (tmp_path / "planner").touch(mode=0o755)
    assert state(host, "isolated", PATH=str(tmp_path))["executable"] == ""


def test_a_plain_start_asks_the_environment(host: Host) -> None:
    plain = state(host, "plain", PYTHONHOME=HOME, PYTHONPATH="/nowhere")
    assert plain["path"][0] == "/nowhere"
    assert (plain["argv"], plain["user"], plain["safe"]) == ([""], True, False)


def test_the_encoding_of_a_plain_start_is_that_of_the_locale(host: Host) -> None:
    done = host("configuration", "plain", "print('ü')", environment={"PYTHONHOME": HOME, "LC_ALL": "C"})
    if sys.version_info >= (3, 15):
        assert done.stdout == "ü\n"
    else:
        assert "UnicodeEncodeError('ascii'" in done.stderr
    assert host("configuration", "isolated", "print('ü')", HOME, environment={"LC_ALL": "C"}).stdout == "ü\n"


def test_a_wrong_home_is_an_error_that_the_program_gets(host: Host, tmp_path: Path) -> None:
    done = host("configuration", "isolated", STATE, tmp_path, environment={})
    assert done.returncode == 1
    new = sys.version_info >= (3, 13)
    reason = "Failed to import encodings module" if new else "failed to get the Python codec of the filesystem encoding"
    assert done.stderr.splitlines()[-1] == f'Error: Python("{reason}")'
    assert new or "Python path configuration:" in done.stderr
    assert "Fatal Python error" not in done.stderr


def test_a_wrong_home_ends_a_program_with_a_plain_start(host: Host, tmp_path: Path) -> None:
    done = host("configuration", "plain", STATE, environment={"PYTHONHOME": str(tmp_path)})
    assert done.returncode == 1
    assert "Fatal Python error" in done.stderr
    assert "Error: Python" not in done.stderr


def test_python_is_not_configured_twice(host: Host) -> None:
    done = host("configuration", "twice", STATE, HOME, environment={})
    assert done.returncode == 1
    assert "Error: Running" in done.stderr


@pytest.mark.skipif(sys.version_info < (3, 14), reason="PyInitConfig is new in Python 3.14")
def test_options_have_names_in_new_versions(host: Host, tmp_path: Path) -> None:
    named = state(host, "named", PYTHONPATH="/nowhere", LC_ALL="C")
    assert (named["prefix"], named["utf8"], named["safe"]) == (HOME, 1, True)
    done = host("configuration", "named", STATE, tmp_path, environment={})
    assert done.returncode == 1
    assert "Failed to import encodings module" in done.stderr.splitlines()[-1]
