"""What somebody at a terminal may rely on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("near-duplicates")


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([COMMAND, *arguments], capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    texts = ["the cat sat on the mat", "a dog", "The cat sat on the mat!", "a dog", "half \ud800 a letter"]
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps({"text": text, "id": text[:3]}) + "\n" for text in texts), encoding="utf-8")
    return path


def test_the_first_of_each_group_is_kept(corpus: Path) -> None:
    done = run(corpus)
    lines = corpus.read_text(encoding="utf-8").splitlines(keepends=True)
    assert (done.returncode, done.stdout) == (0, lines[0] + lines[1] + lines[4])
    assert done.stderr == "2 groups, 2 documents left out\n"


def test_groups_can_be_printed(corpus: Path) -> None:
    done = run(corpus, "--groups", "--field", "id", "--threshold", "1", "--workers", "2")
    assert done.stdout == "[0, 2]\n[1, 3]\n"


def test_no_groups_are_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text('{"text": "alone"}', encoding="utf-8")
    assert run(path, "--groups").stdout == ""
    assert run(path).stdout == '{"text": "alone"}'


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such pipes")
def test_a_pipe_is_refused_because_it_can_not_be_read_twice(corpus: Path) -> None:
    command = [str(COMMAND), "/dev/stdin"]
    done = subprocess.run(command, input=corpus.read_bytes(), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"error: `/dev/stdin` is not a regular file, and is to be read twice\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 6 is not valid JSON"),
        ("[" * 100_000, "line 6 is not valid JSON"),
        ("\xff", "line 6 is not valid JSON"),
        ("{}", "line 6 has no field `text`"),
        ("[1]", "line 6 has no field `text`"),
        ('{"text": null}', "line 6: `text` is not a string"),
    ],
)
def test_a_line_that_is_no_document_is_named(corpus: Path, line: str, message: str) -> None:
    with corpus.open("a", encoding="latin-1") as file:
        file.write(line + "\n")
    done = run(corpus)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert message in done.stderr


@pytest.mark.parametrize("arguments", [["none.jsonl"], ["--threshold", "7"], ["--words", "-1"], ["--workers", "0"]])
def test_wrong_arguments_are_one_line(corpus: Path, arguments: list[str]) -> None:
    done = run(*([] if arguments[0] == "none.jsonl" else [corpus]), *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
