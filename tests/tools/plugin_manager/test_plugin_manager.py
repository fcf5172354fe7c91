"""`plugin_manager`: what it lists, verifies, writes and runs, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from scaffolder.skills import find_tool
from tests import quiet
from tests.tools.plugin_manager.conftest import GROUP, PLUGINS, Tool, install
from tests.tools.results import read_result

CLASSES = [line[6:].partition("(")[0].rstrip(":") for line in PLUGINS.splitlines() if line.startswith("class ")]
CONTRACT = "tide_tables:Source"

pytestmark = pytest.mark.usefixtures("plugins")


def finding(result: dict[str, object], name: str) -> tuple[str, str]:
    """Return the name and the message of a plugin's first finding."""
    findings = [item for item in result["findings"] if str(item["where"]).startswith(f"{name} (")]  # type: ignore[attr-defined]
    return findings[0]["id"], findings[0]["message"]


def runs(process: str) -> bool:
    """Return whether there is a process, other than one that has ended and that nobody has collected."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def plugins(site: Path) -> Path:
    """Install one plugin of each kind, and return the folder of packages."""
    points = {name.lower(): f"harbours:{name}" for name in CLASSES} | {"instance": "harbours:instance"}
    install(site, "harbour-sources", points, harbours=PLUGINS)
    return site


@pytest.mark.parametrize(
    ("name", "identifier", "message"),
    [
        ("good", "loads", "is a `harbours.Good` that keeps the contract"),
        ("wide", "loads", "is a `harbours.Wide` that keeps the contract"),
        ("instance", "loads", "is a `harbours.Good` that keeps the contract"),
        ("tooold", "wrong-version", "is for version 1 of the contract, and the host has version 2"),
        ("wrongtype", "breaks-contract", "`api_version` is a `str`, not `int`"),
        ("nomethod", "breaks-contract", "`height` is missing"),
        ("nomember", "breaks-contract", "`unit` is missing"),
        ("nocall", "breaks-contract", "`height` is a `int`, not a method"),
        (
            "nohour",
            "breaks-contract",
            "`height` does not take the calls of the contract: too many positional arguments",
        ),
        (
            "otherkeyword",
            "breaks-contract",
            "`height` does not take the calls of the contract: got an unexpected keyword argument 'datum'",
        ),
        (
            "demanding",
            "breaks-contract",
            "`height` does not take the calls of the contract: missing a required argument: 'hour'",
        ),
        ("exits", "crashes", "ended its process (exit code 0) when it is loaded"),
        ("leaves", "raises", "raises an exception when it is loaded: SystemExit: no licence"),
        ("hangs", "hangs", "did not finish within 4 s when it is loaded"),
        (
            "unreadable",
            "not-verified",
            "`height`: its signature can't be read, so the calls that it takes are not verified",
        ),
    ],
)
def test_a_plugin_is_verified(tool: Tool, name: str, identifier: str, message: str) -> None:
    code = 0 if identifier in {"loads", "not-verified"} else 1
    # A busy machine takes its time to start a process; only for one that hangs is there no need to wait.
    timeout = "4" if identifier == "hangs" else "60"
    result = read_result(tool("verify", name, "--timeout", timeout, "--json", code=code)[0])
    assert finding(result, name) == (identifier, message)
    assert result["summary"].endswith(f"keep the contract `{CONTRACT}`")


def test_where_a_plugin_fails_is_shown(tool: Tool) -> None:
    for name, line in (("crashes", "in __init__"), ("leaves", 'sys.exit("no licence")'), ("hangs", "in __init__")):
        timeout = "4" if name == "hangs" else "60"
        (item,) = read_result(tool("verify", name, "--timeout", timeout, "--json", code=1)[0])["findings"]
        assert line in item["evidence"]
        assert "plugin_manager/session.py" not in item["evidence"].splitlines()[0]


def test_all_are_verified_and_one_that_crashes_stops_nothing(tool: Tool) -> None:
    def kinds(result: dict[str, Any]) -> dict[str, str]:
        return {row[0]: row[2] for row in result["tables"][0]["rows"]}

    # A machine that is busy may take longer to start a process.
    result = quiet.measure(
        lambda: read_result(tool("verify", "--timeout", "5", "--json", code=1)[0]),
        lambda result: list(kinds(result).values()).count("hangs") == 1,
    )
    rows = kinds(result)
    assert len(rows) == len(CLASSES) + 1
    assert rows["arguments"] == "raises"
    assert rows["crashes"] == "crashes"
    assert rows["good"] == "loads"
    assert [item["level"] for item in result["findings"]] == sorted(
        (item["level"] for item in result["findings"]), key=["error", "warning", "note", "ok"].index
    )


def test_names_that_several_have_are_reported(plugins: Path, tool: Tool) -> None:
    install(plugins, "more-sources", {"good": "harbours:Good"})
    listed = read_result(tool("list", "--json")[0])
    assert [item["level"] for item in listed["findings"]] == ["warning", "warning"]
    assert finding(listed, "good") == ("duplicate-name", "`more-sources` has a plugin `good`, too")
    assert "choose `harbour-sources/good` or `more-sources/good`" in tool("verify", "good", code=2)[1]
    verified = read_result(tool("verify", "more-sources/good", "--json", code=1)[0])
    assert finding(verified, "good") == ("duplicate-name", "`harbour-sources` has a plugin `good`, too")


def test_without_a_contract_a_plugin_is_only_loaded(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "project/pyproject.toml").unlink()
    (tmp_path / "project/tide_tables/__init__.py").write_text("", encoding="utf-8")
    result = read_result(tool("verify", "hangs", "--group", GROUP, "--json")[0])
    assert [item["id"] for item in result["findings"]] == ["no-contract", "loads"]
    assert finding(result, "hangs")[1] == "is a class"


def test_a_class_is_verified_as_it_is(tool: Tool) -> None:
    result = read_result(tool("verify", "arguments", "--as-is", "--json")[0])
    assert finding(result, "arguments") == ("loads", "is a class that keeps the contract")
    result = read_result(tool("verify", "nohour", "--as-is", "--json", code=1)[0])
    assert finding(result, "nohour")[1].endswith("calls of the contract: too many positional arguments")


def test_a_contract_without_a_version_says_so(tool: Tool, tmp_path: Path) -> None:
    host = tmp_path / "project/tide_tables/__init__.py"
    host.write_text(host.read_text(encoding="utf-8").replace("API_VERSION", "_VERSION"), encoding="utf-8")
    result = read_result(tool("verify", "tooold", "--json")[0])
    assert [item["id"] for item in result["findings"]] == ["no-version", "loads"]


def test_a_plugin_is_disabled_and_enabled(tool: Tool, tmp_path: Path) -> None:
    settings = tmp_path / "project/plugins.toml"
    dry = read_result(tool("disable", "crashes", "--dry-run", "--json")[0])
    assert f'+["{GROUP}"]\n+disabled = ["crashes"]\n' in dry["documents"][0]["text"]
    assert not settings.exists()
    result = read_result(tool("disable", "crashes", "--json")[0])
    assert settings.read_text(encoding="utf-8") == f'["{GROUP}"]\ndisabled = ["crashes"]\n'
    assert [item["id"] for item in result["findings"]] == ["settings-not-read"]
    assert tool("disable", "crashes")[0] == "`crashes` is already disabled\n"
    listed = read_result(tool("list", "--json")[0])
    assert [row[0] for row in listed["tables"][0]["rows"] if row[5] == "no"] == ["crashes"]
    assert ", 1 disabled in" in listed["summary"]
    verified = read_result(tool("verify", "--timeout", "5", "--json", code=1)[0])
    assert "crashes" not in [row[0] for row in verified["tables"][0]["rows"]]
    assert verified["findings"][-1]["message"] == "not verified, because disabled: `crashes`"
    tool("enable", "crashes")
    assert settings.read_text(encoding="utf-8") == f'["{GROUP}"]\ndisabled = []\n'


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_change_of_the_settings_keeps_the_rest(tool: Tool, tmp_path: Path, newline: str) -> None:
    settings = tmp_path / "project/plugins.toml"
    lines = ["# ours", '["other.group"]', 'disabled = ["x"]', "", f'["{GROUP}"] # sources', "limit = 3  # a day"]
    before = newline.join([*lines, "disabled = [", '  "good",  # too slow', "]", ""])
    settings.write_bytes(before.encode())
    tool("disable", "wide")
    after = settings.read_bytes().decode()
    assert after == before.replace(f"too slow{newline}", f'too slow{newline}  "wide",{newline}')
    tool("enable", "wide")
    assert settings.read_bytes().decode() == before


def test_a_table_that_is_missing_is_added_at_the_end(tool: Tool, tmp_path: Path) -> None:
    settings = tmp_path / "project/plugins.toml"
    settings.write_bytes(b'# ours\r\n["other.group"]\r\ndisabled = ["x"]\r\n')
    tool("disable", "wide")
    added = f'\r\n["{GROUP}"]\r\ndisabled = ["wide"]\r\n'
    assert settings.read_bytes().decode() == f'# ours\r\n["other.group"]\r\ndisabled = ["x"]\r\n{added}'


def test_a_host_that_reads_the_settings_gets_no_warning(tool: Tool, tmp_path: Path) -> None:
    with (tmp_path / "project/tide_tables/__init__.py").open("a", encoding="utf-8") as file:
        file.write('SETTINGS = "plugins.toml"\n')
    assert not read_result(tool("disable", "good", "--json")[0])["findings"]


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
def test_settings_that_are_read_only_stay(tool: Tool, tmp_path: Path) -> None:
    settings = tmp_path / "project/plugins.toml"
    settings.touch(0o444)
    assert "plugins.toml`: it is read-only" in tool("disable", "wide", code=1)[1]
    assert not settings.read_bytes()


def test_a_plugin_that_is_gone_can_be_enabled(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "project/plugins.toml").write_text(f'["{GROUP}"]\ndisabled = ["gone"]\n', encoding="utf-8")
    assert "`gone` is enabled" in tool("enable", "gone")[0]


def test_a_method_is_run_apart(tool: Tool) -> None:
    stdout, stderr = tool("run", "good", "height", "Brest", "-k", "hour=5", "-k", "datum=MSL", "--json")
    result = read_result(stdout)
    assert result["documents"][0]["text"] == "5.5"
    assert dict(result["tables"][0]["rows"])["result"] == "float"
    assert "asked for Brest" in stderr
    assert read_result(tool("run", "good", "nothing", "--json")[0])["documents"][0]["language"] == "python"


@pytest.mark.skipif(sys.platform not in {"linux", "darwin"}, reason="the peak of a process's memory is read there")
def test_the_memory_of_a_call_is_measured(tool: Tool) -> None:
    facts = dict(read_result(tool("run", "good", "fill", "64", "--json")[0])["tables"][0]["rows"])
    sizes = [float(facts[name].removesuffix(" MiB")) for name in ("peak memory of the process", "before the call")]
    assert 60 < sizes[0] - sizes[1] < 80


@pytest.mark.parametrize(
    ("method", "identifier", "message"),
    [
        ("fail", "raises", "raises an exception in `fail`: ValueError: no such port"),
        ("endless", "hangs", "did not finish within 4 s in `endless`"),
    ],
)
def test_a_method_that_fails_is_reported(tool: Tool, method: str, identifier: str, message: str) -> None:
    result = read_result(tool("run", "good", method, "--timeout", "4", "--json", code=1)[0])
    assert finding(result, "good") == (identifier, message)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import json\njson.dumps = json.loads = None\ndef call(): return 1", None),
        (
            "import sys\nsys.stdout = sys.stderr = None\ndef call(): raise ValueError('no')",
            "raises an exception in `__call__`: ValueError: no",
        ),
        (
            "import os, time\ndef call():\n os.closerange(3, 50)\n time.sleep(60)",
            "closed the pipe for its answers in `__call__`",
        ),
    ],
    ids=["replaced functions", "no streams", "closed pipe"],
)
def test_a_plugin_that_harms_its_process_is_not_blamed_for_more(
    site: Path, tool: Tool, code: str, message: str | None
) -> None:
    install(site, "bad-sources", {"bad": "bad_sources:call"}, bad_sources=code)
    result = read_result(tool("run", "bad", "__call__", "--json", code=int(message is not None))[0])
    assert [item["message"] for item in result["findings"]] == ([message] if message else [])


def test_a_crash_names_the_signal(tool: Tool) -> None:
    result = read_result(tool("run", "good", "crash", "--json", code=1)[0])
    assert finding(result, "good") == ("crashes", "ended its process (signal: 11, SIGSEGV) in `crash`")
    assert "in crash" in result["findings"][0]["evidence"]


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_what_a_plugin_started_ends_with_it(tool: Tool, tmp_path: Path) -> None:
    tool("run", "good", "endless", str(tmp_path / "started"), "--timeout", "4", code=1)
    process = (tmp_path / "started").read_text(encoding="ascii")
    # It was killed, and ends once it gets a processor.
    deadline = time.monotonic() + 300
    while runs(process):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("verb", [["verify"], ["run", "good", "height", "Brest"], ["watch", "good"]])
def test_a_dry_run_loads_nothing(plugins: Path, tool: Tool, verb: list[str]) -> None:
    (plugins / "harbours.py").write_text("open('ran', 'w')", encoding="utf-8")
    result = read_result(tool(*verb, "--dry-run", "--json")[0])
    assert result["dry_run"]
    assert "good (harbour-sources 1.2, harbours:Good)" in result["summary"]
    assert not list(plugins.parent.rglob("ran"))


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (("list", "--group", "tide_table.sources"), 2, "has entry points in the group `tide_table.sources`", GROUP),
        (("verify", "god"), 2, f"`{GROUP}` has no plugin `god`", "did you mean `good`?"),
        (("run", "good", "hight"), 2, "the plugin `good` has no method `hight`", "did you mean `height`?"),
        (("run", "good", "height", "-k", "hour"), 2, "`hour` is not `NAME=VALUE`", "--keyword hour=VALUE"),
        (("verify", "good", "--contract", "tides"), 2, "`tides` is not `MODULE:PROTOCOL`", "--contract"),
        (("verify", "good", "--contract", "tides:A"), 1, "No module named 'tides'", "install the host"),
        (("verify", "good", "--contract", "tide_tables:sources"), 1, "is not a `typing.Protocol`", "--contract"),
        (("list", "--python", "nowhere"), 2, "there is no Python `nowhere`", "name a Python"),
        (("list", "--python", "."), 2, "there is no Python in `.`", "`.venv`"),
        (("list", "--python", "pyproject.toml"), 1, "pyproject.toml` does not run", "--python"),
        (("list", "--project", "nowhere"), 2, "there is no project in `nowhere`", "pyproject.toml"),
        (("run", "good"), 2, "missing argument", "--help"),
    ],
)
def test_bad_input_is_an_error_with_a_hint(
    tool: Tool, arguments: tuple[str, ...], code: int, message: str, hint: str
) -> None:
    stdout, stderr = tool(*arguments, code=code)
    assert not stdout
    first, last = stderr.strip().split("\n\nhint: ")
    assert first.startswith("error: ")
    assert message in first
    assert hint in last


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "can't be read"),
        (f'"{GROUP}" = 3', "must have a list of names at `disabled`"),
        (f'["{GROUP}"]\ndisabled = "good"', "must have a list of names at `disabled`"),
    ],
)
def test_broken_settings_are_an_error_and_stay(tool: Tool, tmp_path: Path, text: str, message: str) -> None:
    settings = tmp_path / "project/plugins.toml"
    settings.write_text(text, encoding="utf-8")
    for arguments in (("list",), ("disable", "good")):
        stderr = tool(*arguments, code=1)[1]
        assert message in stderr
        assert "\n\nhint: " in stderr
    assert settings.read_text(encoding="utf-8") == text


def test_several_groups_are_an_error(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "project/tide_tables/charts.py").write_text(
        "import importlib.metadata as metadata\nmetadata.entry_points(group='tide_tables.charts')\n", encoding="utf-8"
    )
    stderr = tool("list", code=2)[1]
    assert "several groups: `tide_tables.charts` and `tide_tables.sources`" in stderr
    assert "17 plugins" in tool("list", "--group", GROUP)[0]


def test_without_a_project_the_groups_are_offered(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "project/pyproject.toml").unlink()
    stderr = tool("list", code=2)[1]
    assert stderr.startswith("error: no project here reads entry points\n\nhint: name a group: `--group GROUP`")
    assert f"`{GROUP}`" in stderr


def test_a_project_of_plugins_has_the_group_that_they_are_in(tool: Tool, tmp_path: Path) -> None:
    project = tmp_path / "other"
    project.mkdir()
    text = f'[project]\nname = "harbour-sources"\n[project.entry-points."{GROUP}"]\ngood = "harbours:Good"\n'
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    assert f"plugins of `{GROUP}`" in tool("list", "--project", str(project))[0]


def test_metadata_that_cannot_be_read_is_a_warning(plugins: Path, tool: Tool) -> None:
    (plugins / "broken-1.dist-info").mkdir()
    (plugins / "broken-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\n", encoding="utf-8")
    (item,) = read_result(tool("list", "--json")[0])["findings"]
    assert (item["id"], item["level"]) == ("unreadable-metadata", "warning")


def test_no_environment_is_an_error() -> None:
    variables = {name: text for name, text in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    command = [sys.executable, str(find_tool("plugin_manager").path), "list"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no environment for `")
    assert "hint: create it, such as by `uv sync`" in done.stderr
