"""What reaches the terminal, whatever the streams, the folder and the texts are."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.cli.app import app
from scaffolder.terminal import as_json, printable, run
from scaffolder.toolkit import Document, Finding, Result, Table, replace_file, show

if TYPE_CHECKING:
    from tests.history import Grow

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX")


@dataclass(frozen=True)
class Ending:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


def call(*arguments: str) -> Ending:
    """Run the command in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr):
        code = run(app, "pyo3-new", arguments)
    return Ending(code, stdout.getvalue(), stderr.getvalue())


def shell(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which `pyo3-new` is a function."""
    script = f'pyo3_new() {{ "{sys.executable}" -m scaffolder "$@"; }}\n{line}'
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "\x1bc",
        "\x1b]0;title",
        "\x7f",
        "\x1b\x1b[0m]52;c;ZQ==\x07",
        "\x1b(0",
        "\x9b31m",
        "\x00",
        "a\rb",
        "\u202e",
        "\x0c",
    ],
)
def test_control_characters_are_shown_and_not_sent(text: str) -> None:
    assert printable(f"a\t{text}\r\nb").replace("\t", "").replace("\n", "").isprintable()
    assert printable("a\tb\r\nc é 价") == "a\tb\nc é 价"


def test_colours_of_git_are_kept_where_they_are_wanted() -> None:
    assert printable("\x1b[31m-a\x1b[m\x1b]0;x", colour=True) == "\x1b[31m-a\x1b[m\\x1b]0;x"


@pytest.mark.parametrize("as_data", [False, True])
def test_a_result_holds_no_control_characters(as_data: bool, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "x\x1b]0;pwned\x07\x9b"
    result = Result(
        "tool", evil, (Finding("id", "note", evil, evil, evil, evil, None, evil),), (Table(evil, (evil,), ((evil,),)),),
        (Document("text", evil, evil),),
    )  # fmt: skip
    show(result, as_data=as_data, verbose=True)
    output = capsys.readouterr()
    for stream in (output.out, output.err):
        assert stream.replace("\n", "").replace("\t", "").isprintable()
    if as_data:
        assert json.loads(output.out)["summary"] == evil


def test_an_error_holds_no_control_characters() -> None:
    assert "\x1b" not in call("new", "x", "--template", "\x1b]0;pwned\x07").stderr


@posix
def test_a_name_of_a_file_holds_no_control_characters(grow: Grow) -> None:
    project = grow.project()
    (project / "\x1b]0;pwned\x07").touch()
    assert "  \\x1b]0;pwned\\x07\n" in grow("status", "--offline", cwd=project).stdout


def test_data_is_valid_json_whatever_it_holds() -> None:
    text = as_json({"path": Path("a"), "table": Table("\x9b\u202e", (), ())})
    assert text.replace("\n", "").isprintable()
    assert json.loads(text) == {"path": "a", "table": {"title": "\x9b\u202e", "columns": [], "rows": []}}


@pytest.mark.parametrize(
    ("arguments", "code", "hint"),
    [
        (["nwe", "--json"], 2, "did you mean `new`"),
        (["new", "--json"], 2, "pass `--name NAME`"),
        (["new", "json", "--json"], 2, "try `--name json-rs`"),
        (["list", "--json", "exampels"], 2, "did you mean `examples`?"),
        (["list", "problems", "--json", "nothing"], 2, None),
        (["status", "--project", "nowhere", "--json"], 1, None),
        (["guide", "nothing", "--json"], 2, "choose from"),
        (["example", "show", "wordcount", "--json"], 2, "did you mean `word-count`"),
        (["tool", "type-convrter", "--json"], 2, "did you mean `type_converter`?"),
        (["tool", "type_converter", "--nonsense", "--json"], 2, "see `pyo3-new tool type_converter --help`"),
        (["doctor", "--project", "nowhere", "--json"], 2, None),
        (["explain", "nowhere.log", "--json"], 2, None),
        (["debug", "--json"], 2, "see `pyo3-new debug --help`"),
    ],
)
def test_an_error_as_data_is_one_object(arguments: list[str], code: int, hint: str | None) -> None:
    ending = call(*arguments)
    error = json.loads(ending.stdout)
    assert list(error) == ["message", "hint", "exit_code"]
    assert ending.code == error["exit_code"] == code
    assert error["message"]
    assert hint is None or hint in error["hint"]
    assert not ending.stderr


def test_json_for_an_explained_command_is_not_for_us() -> None:
    assert call("explain", "--", "no-such-program", "--json").stderr.startswith("error: ")


@posix
@pytest.mark.parametrize("command", ["list", "new q --defaults --dry-run", "list problems", "guide", "status"])
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_changes_nothing_else(
    tmp_path: Path, environment: dict[str, str], command: str, closed: str
) -> None:
    done = shell(f"pyo3_new {command} {closed}", tmp_path, environment)
    assert done.returncode == (1 if command == "status" else 0)
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["list", "guide pyo3-fundamentals troubleshooting", "list problems"])
def test_output_that_can_not_be_written_is_an_error(tmp_path: Path, environment: dict[str, str], command: str) -> None:
    done = shell(f"pyo3_new {command} >/dev/full", tmp_path, environment)
    assert (done.returncode, done.stderr) == (1, "error: the output can't be written: No space left on device\n")


@posix
@pytest.mark.parametrize("command", ["list", "example list", "list problems", "guide pyo3-fundamentals types"])
def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path, environment: dict[str, str], command: str) -> None:
    done = shell(f"pyo3_new {command} | head -1; exit ${{PIPESTATUS[0]}}", tmp_path, environment)
    assert (done.returncode, done.stderr) == (0, "")


@posix
@pytest.mark.parametrize("command", ["status", "new q --defaults", "new /tmp/q --defaults", "doctor"])
def test_a_deleted_folder_is_one_clear_error(tmp_path: Path, environment: dict[str, str], command: str) -> None:
    (tmp_path / "gone").mkdir()
    done = shell(f"cd gone; rmdir ../gone; pyo3_new {command}", tmp_path, environment)
    assert done.returncode == 1
    assert done.stderr == "error: the current folder no longer exists\n\nhint: `cd` to a folder that exists\n"


LONG = "x" * 300
DEEP = "a/" * 2000 + "b"


@posix
@pytest.mark.parametrize(
    "arguments",
    [
        ["new", "loop"], ["new", "loop/x"], ["new", DEEP], ["new", LONG, "--name", "price-tools"],
        ["new", "q", "--template", LONG], ["new", "q", "--template", "loop"], ["new", "q", "--answers", LONG],
        ["new", "q", "--template", "~nosuchuser/x"], ["status", "--project", "~nosuchuser/x"],
        ["status", "--project", "loop"], ["status", "--project", LONG], ["doctor", "--project", "loop"],
        ["doctor", "--project", LONG], ["explain", LONG], ["debug", "configs", LONG, "--dry-run"],
        ["example", "copy", "01-word-count", "loop"],
    ],
    ids=lambda words: " ".join(words)[:40],
)  # fmt: skip
def test_an_odd_path_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    ending = call(*arguments)
    assert ending.code in {1, 2}
    assert ending.stderr.startswith("error: ")
    assert not ending.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["loop"]


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o007])
def test_a_new_file_gets_the_mode_that_the_umask_gives(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        replace_file(tmp_path / "new.txt", "text\r\n")
    finally:
        os.umask(before)
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o666 & ~mask
    assert (tmp_path / "new.txt").read_bytes() == b"text\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["new.txt"]


@posix
def test_a_file_that_is_there_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old", encoding="utf-8")
    (tmp_path / "real.txt").chmod(0o640)
    (tmp_path / "link.txt").symlink_to("real.txt")
    replace_file(tmp_path / "link.txt", "new", within=tmp_path)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text(encoding="utf-8") == "new"
    assert (tmp_path / "real.txt").stat().st_mode & 0o777 == 0o640


@posix
@pytest.mark.parametrize("place", ["folder/new.txt", "file.txt", "../elsewhere/new.txt", "loop"])
def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path, place: str) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    (elsewhere / "file.txt").write_text("theirs", encoding="utf-8")
    (project / "folder").symlink_to("../elsewhere")
    (project / "file.txt").symlink_to("../elsewhere/file.txt")
    (project / "loop").symlink_to("folder/../elsewhere/file.txt")
    with pytest.raises(PermissionError, match="points out of"):
        replace_file(project / place, "mine", within=project)
    assert {path.name: path.read_text(encoding="utf-8") for path in elsewhere.iterdir()} == {"file.txt": "theirs"}


@posix
def test_what_is_not_a_regular_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(PermissionError, match="not a regular file"):
            replace_file(tmp_path / name, "mine")
    assert (tmp_path / "pipe").is_fifo()
    assert len(list(tmp_path.iterdir())) == 2
