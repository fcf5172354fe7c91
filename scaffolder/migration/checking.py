"""Ask the compiler about a project, whatever Python the machine has."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.machine.programs import run
from scaffolder.migration.matching import Edit, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# What every release since 0.19 can be built for; `cargo check` links nothing, so no such Python has to be there.
PYTHON = (3, 11)
CONFIG = """\
implementation=CPython
version={version}
shared=true
abi3={stable}
pointer_width=64
build_flags=
suppress_build_script_link_lines=true
"""
DEPRECATED = "deprecated"
UNUSED = "unused_imports"
# Rules live on deprecations, which `#![allow(deprecated)]` would hide.
FLAGS = ["--force-warn", DEPRECATED]


@dataclass(frozen=True)
class Problem:
    """An error or deprecation of the compiler.

    Attributes:
        path: The file, from the top of the repository; empty if it is about no file of the project.
        line: The line, from 1.
        code: The compiler's code, such as `E0308`; empty if there is none.
        message: What it says, in its own words.
        error: Whether it is an error.
    """

    path: str
    line: int
    code: str
    message: str
    error: bool


@dataclass
class Check:
    """What the compiler said.

    Attributes:
        ran: Whether it came so far as to look at the project's own code.
        passed: Whether the project compiles.
        problems: Its errors, and the deprecations.
        messages: The same, by file, in a form that rules apply to.
        features: The features that are on, by the manifest of a crate that compiles.
        unused: The edits that leave out unused imports, by file and message.
        reason: Why it did not run, in the first line that says so.
    """

    ran: bool
    passed: bool
    problems: list[Problem] = field(default_factory=list)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    features: dict[str, set[str]] = field(default_factory=dict)
    unused: dict[str, list[tuple[Edit, ...]]] = field(default_factory=dict)
    reason: str = ""

    @property
    def messages_of_all(self) -> list[Message]:
        """What is said of any file."""
        return [message for messages in self.messages.values() for message in messages]

    @property
    def errors(self) -> list[Problem]:
        """The errors alone."""
        return [problem for problem in self.problems if problem.error]


def write_config(folder: Path, features: Iterable[str]) -> Path:
    """Write what PyO3 is told of the Python that it builds for.

    Args:
        folder: Where to write it.
        features: PyO3's features in the project; a stable ABI says which one.
    """
    stable = [feature for feature in features if feature.startswith("abi3")]
    minors = [feature.removeprefix("abi3-py3") for feature in stable]
    # An older stable ABI has less, such as no `&str` in the text of a Python string before 3.10.
    minor = max((int(name) for name in minors if name.isdigit()), default=PYTHON[1])
    text = CONFIG.format(version=f"{PYTHON[0]}.{minor}", stable=str(bool(stable)).lower())
    path = folder / f"pyo3-config-{PYTHON[0]}.{minor}{'-abi3' if stable else ''}.txt"
    # Cargo compiles PyO3 again if the file is written again.
    if not path.is_file():
        path.write_text(text, encoding="utf-8")
    return path


def check_crates(
    root: Path,
    folder: Path,
    packages: Sequence[str],
    config: Path,
    environment: Mapping[str, str],
    *,
    options: Sequence[str] = (),
) -> Check:
    """Compile some crates of a workspace as far as types go.

    Args:
        root: The top of the repository's copy; paths are given from there.
        folder: The workspace's folder.
        packages: The crates' names or ids.
        config: What `write_config` wrote.
        environment: The variables that cargo runs with.
        options: More options of `cargo check`, such as `--features`.
    """
    command = ["cargo", "check", "--message-format=json", "--quiet", *options]
    command += [word for name in packages for word in ("--package", name)]
    command += ["--config", f"build.rustflags={json.dumps(FLAGS)}"]
    variables = {**environment, "PYO3_CONFIG_FILE": str(config), "CARGO_TERM_COLOR": "never"}
    if given := environment.get("RUSTFLAGS"):
        variables["RUSTFLAGS"] = " ".join([given, *FLAGS])
    done = run(command, variables, folder, timeout=None, quiet=False)
    if done is None:
        return Check(ran=False, passed=False, reason="`cargo` is not installed")
    records = [json.loads(line) for line in done.output.splitlines() if line.startswith("{")]
    check = Check(ran=False, passed=done.code == 0)
    texts: dict[str, str] = {}
    for record in records:
        if record["reason"] == "compiler-message":
            add_message(check, record["message"], root, folder, texts)
        if record["reason"] == "compiler-artifact":
            note_features(check, record, root)
    check.problems = list(dict.fromkeys(check.problems))
    check.ran = check.passed or any(problem.path for problem in check.errors)
    if not check.ran:
        check.reason = first_error(records, done.errors)
    return check


def note_features(check: Check, artifact: Mapping[str, Any], root: Path) -> None:
    """Take over which features a crate of the project was compiled with."""
    manifest = Path(artifact["manifest_path"])
    if manifest.is_relative_to(root.resolve()):
        name = manifest.relative_to(root.resolve()).as_posix()
        check.features.setdefault(name, set()).update(artifact["features"])


def add_message(check: Check, message: Mapping[str, Any], root: Path, folder: Path, texts: dict[str, str]) -> None:
    """Take over an error, deprecation or unused import that is about a file of the project."""
    code = (message["code"] or {}).get("code", "")
    if message["level"] != "error" and code not in {DEPRECATED, UNUSED}:
        return
    span = own_span(message["spans"], root, folder)
    if span is None:
        return
    path = relative_path(span, root, folder) or ""
    if path not in texts:
        texts[path] = read_exactly(root / path)
    text = texts[path]
    suggestion = suggestion_of(message, path, root, folder, text)
    if code == UNUSED:
        suggestions = check.unused.setdefault(path, [])
        if suggestion and suggestion not in suggestions:
            suggestions.append(suggestion)
        if message["level"] != "error":
            return
    check.problems.append(Problem(path, span["line_start"], code, message["message"], message["level"] == "error"))
    made = any(place["is_primary"] and place["expansion"] for place in message["spans"])
    entry = Message(code, full_text(message), *characters(text, span), suggestion, made)
    entries = check.messages.setdefault(path, [])
    # A file that is compiled twice, for tests too, is complained about twice.
    if entry not in entries:
        entries.append(entry)


def read_exactly(path: Path) -> str:
    """Return a file's text with its line endings as they are, since the compiler counts their bytes."""
    return path.read_bytes().decode("utf-8")


def own_span(spans: Sequence[Mapping[str, Any]], root: Path, folder: Path) -> Mapping[str, Any] | None:
    """Return the place of a message in the project: the primary one, or where a macro was used."""
    for span in sorted(spans, key=lambda span: not span["is_primary"]):
        place: Mapping[str, Any] | None = span
        while place is not None:
            if relative_path(place, root, folder) is not None:
                return place
            place = (place.get("expansion") or {}).get("span")
    return None


def relative_path(span: Mapping[str, Any], root: Path, folder: Path) -> str | None:
    """Return a span's file from the top of the repository; nothing if it is elsewhere, or no file."""
    path = folder / str(span["file_name"])
    if path.suffix != ".rs" or not path.is_file() or not path.resolve().is_relative_to(root.resolve()):
        return None
    return path.resolve().relative_to(root.resolve()).as_posix()


def full_text(message: Mapping[str, Any]) -> str:
    """Return a message with its labels, notes and help."""
    labels = [span["label"] for span in message["spans"] if span["label"]]
    return "\n".join([message["message"], *labels, *(child["message"] for child in message["children"])])


def characters(text: str, span: Mapping[str, Any]) -> tuple[int, int]:
    """Return where a span begins and ends in a file, in characters: the compiler counts bytes."""
    data = text.encode("utf-8")
    start, end = span["byte_start"], span["byte_end"]
    return len(data[:start].decode("utf-8", "replace")), len(data[:end].decode("utf-8", "replace"))


def suggestion_of(message: Mapping[str, Any], path: str, root: Path, folder: Path, text: str) -> tuple[Edit, ...]:
    """Return the first edits that the compiler suggests, if all of them are in the file that it speaks of."""
    for child in message["children"]:
        spans = [span for span in child["spans"] if span["suggested_replacement"] is not None]
        if spans and all(relative_path(span, root, folder) == path for span in spans):
            return tuple(Edit(*characters(text, span), span["suggested_replacement"]) for span in spans)
    return ()


def first_error(records: Iterable[Mapping[str, Any]], output: str) -> str:
    """Return why nothing of the project was looked at: an error in another crate, or cargo's own."""
    for message in errors_of(records):
        return f"{message}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    failure = next((line for line in lines if line.startswith("error")), lines[-1] if lines else "")
    causes = [after for line, after in pairwise(lines) if line == "Caused by:"]
    # Those in between say on which way cargo came there.
    return ": ".join([failure.removeprefix("error: "), *causes[-2:]])


def errors_of(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the errors of the compiler, with the crate."""
    for record in records:
        if record["reason"] == "compiler-message" and record["message"]["level"] == "error":
            yield f"`{record['target']['name']}` does not compile: {record['message']['message']}"
