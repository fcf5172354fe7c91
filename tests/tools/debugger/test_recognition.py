"""What is recognised in failing outputs, however they were wrapped, and what is left alone."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from docs.chapter import entry, page
from scaffolder.output.transcript import make_printable, transcript
from scaffolder.tools.debugger.catalogue import load_problems
from scaffolder.tools.debugger.explaining import explain
from scaffolder.tools.debugger.source import Output
from tests.conftest import CHECKOUT
from tests.tools.debugger.outputs import ANSWERS, FAILURES, FOLDER, WRAPPINGS, body, expected, findings, ids, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run

SKILL = CHECKOUT / "skills/pyo3-fundamentals"
PROBLEMS = {problem.id: problem for problem in load_problems()}
CARGO = body(FOLDER / "undefined-python-symbols--cargo-test.txt")


def kept(name: str) -> str:
    """Return a kept output."""
    return body(FOLDER / f"{name}.txt")


@pytest.mark.parametrize("path", FAILURES, ids=lambda path: path.stem)
def test_an_output_is_explained(path: Path) -> None:
    assert ids(body(path)) == expected(path)
    assert verdict(path) == "right"


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_wrapped_output_shows_the_same(wrapping: str) -> None:
    wrong = {path.stem: ids(WRAPPINGS[wrapping](body(path))) for path in FAILURES}
    assert {path.stem: wrong[path.stem] for path in FAILURES if wrong[path.stem] != expected(path)} == {}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_has_an_output(problem: str) -> None:
    assert any(path.stem.startswith(f"{problem}--") for path in FAILURES)


def test_every_output_says_where_it_is_from() -> None:
    for path in FAILURES:
        assert re.match(r"\$ \S|# from [\w.-]+#\d+\n|# wording of \S", path.read_text(encoding="utf-8")), path.name


def test_outputs_name_no_machine() -> None:
    for path in FAILURES:
        assert not re.search(
            r"/root/(?!\.)|/tmp/(?!work)\w+/price|/work/(?:main|h|shared|tmp)/", path.read_text(encoding="utf-8")
        ), path.name


def test_answers_are_about_outputs_that_there_are() -> None:
    assert set(ANSWERS) <= {path.stem for path in FAILURES}


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.id)
def test_the_chapter_has_each_problem(problem: Any) -> None:
    assert f"\n{entry(problem)}\n" in page(problem).read_text(encoding="utf-8")
    own = (
        problem.chapter
        if "/" in problem.chapter
        else f"{SKILL.name}/{problem.chapter or f'troubleshooting#{problem.id}'}"
    )
    assert problem.reference.partition("/skills/")[2].replace("references/", "").replace(".md", "") == own


def test_texts_name_only_what_signs_show() -> None:
    for problem in PROBLEMS.values():
        texts = [problem.title, problem.cause, problem.fix]
        texts += [text for variant in problem.variants for text in variant.values.values()]
        for sign in problem.signs:
            for text in texts:
                assert problem.fill(text, dict.fromkeys(sign.expression.groupindex, "x")), problem.id


def test_problems_are_followed_by_others_that_there_are() -> None:
    assert {name for problem in PROBLEMS.values() for name in problem.leads_to} <= set(PROBLEMS)


def test_stray_bytes_and_other_encodings_do_not_matter() -> None:
    assert ids(CARGO.encode("utf-8") + b"\xff\xfe\x00") == ["undefined-python-symbols"]
    assert ids(CARGO.encode("utf-16")) == ["undefined-python-symbols"]


@pytest.mark.parametrize(
    "text",
    ["\x1b\x1b[0m]52;c;aGk=\x07x", "\x1bc", "\x1b(0", "\x1b]0;title", "\x9b31m", "a\x85b\u2028c", "\u202eevil", "a\bb"],
)
def test_what_acts_on_a_terminal_is_not_printed(text: str) -> None:
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", make_printable(text))
    shown = findings(f"error: no {text} prices\n")[0].evidence or ""
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", shown)


def test_a_cause_comes_before_what_it_causes() -> None:
    later, earlier = kept("extension-not-built--import"), kept("rust-missing--maturin")
    assert ids(later + earlier) == ["rust-missing", "extension-not-built"]


def test_an_unknown_failure_says_who_speaks() -> None:
    (finding,) = findings(kept("unknown--patterns"))
    assert finding.message == "a failure that is not in this catalogue; rustc says"
    assert "non-exhaustive patterns: `None` not covered" in (finding.evidence or "")
    assert "help: ensure that all possible cases are being handled" in (finding.evidence or "")
    assert "rustc --explain E0004" in (finding.fix or "")


def test_a_broad_kind_shows_what_the_program_says() -> None:
    (finding,) = findings(kept("borrow-refused--moved"))
    assert "borrow of moved value: `prices`" in (finding.evidence or "")
    assert "help: consider cloning the value" in (finding.evidence or "")


def test_a_broad_kind_is_named_only_if_nothing_else_is_known() -> None:
    assert ids(kept("wheel-not-built--cut") + kept("rust-missing--maturin")) == ["rust-missing"]
    assert ids(kept("wheel-not-built--cut")) == ["wheel-not-built"]


@pytest.mark.parametrize(("python", "proposed"), [("312", "3.11"), ("314", "3.12"), ("39", "3.12")])
def test_another_python_is_proposed_than_the_one_that_failed(python: str, proposed: str) -> None:
    (finding,) = findings(kept("wheel-not-built--cut").replace("cpython-312", f"cpython-{python}"))
    assert f"uv venv --python {proposed}\n" in (finding.fix or "")


def test_what_rustc_reports_besides_is_passed_on() -> None:
    text = (
        kept("signature-mismatch--missing") + "\nerror[E0425]: cannot find value `x` in this scope\n --> src/a.rs:1:1\n"
    )
    result = explain(Output(transcript(text.encode()), "build.log"))
    assert [(finding.id, finding.level) for finding in result.findings] == [
        ("signature-mismatch", "error"), ("unknown", "note"),
    ]  # fmt: skip
    assert "cannot find value `x`" in (result.findings[1].evidence or "")


def test_a_problem_of_many_names_is_explained_once() -> None:
    shown = findings(kept("renamed-in-pyo3--imports"))
    names = ["PyLong", "ToPyObject", "PyTryFrom", "PyObject", "PyDowncastError", "PyCell", "IntoPy"]
    assert [finding.message.split("`")[1] for finding in shown] == names
    assert [bool(finding.cause and finding.reference) for finding in shown] == [True] + [False] * 6
    assert shown[1].fix == "`ToPyObject` → `IntoPyObject` since 0.23"


def test_code_in_a_fix_is_whole() -> None:
    text = "".join(
        f"error[E0277]: the trait bound `PyErr: From<{name}>` is not satisfied\n" for name in ("Lost", "Old")
    )
    first, second = findings(text)
    assert "impl From<Lost> for PyErr {" in (first.fix or "")
    assert second.fix == (first.fix or "").replace("Lost", "Old")
    assert second.cause is None


@pytest.mark.parametrize(
    ("case", "step"),
    [
        ("module-not-installed--python", "If `nowhere_to_be_found` is your own package"),
        ("name-not-exported--name", "If `rounded` comes from your Rust code"),
        ("name-not-exported--attribute", "If `rounded` comes from your Rust code"),
    ],
)
def test_what_may_be_meant_is_said_with_its_condition(case: str, step: str) -> None:
    (finding,) = findings(kept(case))
    assert step in (finding.fix or "")


def signs() -> list[tuple[str, Any]]:
    """Return all patterns of the catalogue."""
    return [
        (problem.id, sign)
        for problem in PROBLEMS.values()
        for sign in (*problem.signs, *problem.needs, *problem.unless)
    ]


# What made patterns slow, and parts of what they look for, over and over.
HOSTILE = {
    "one letter": "E" * 200_000,
    "blanks": " " * 200_000,
    "empty lines": "\n" * 200_000,
    "backticks": "`" * 100_000,
    "backticks and letters": "`aaaa" * 40_000,
    "quotes": "'a.b/" * 40_000,
    "errors": "error[E0277]: `a` \n" * 12_000,
    "bars": "| \n1 | ^\n" * 20_000,
    "paths": "a::b::" * 40_000,
    "frames": "#1 0x0 in std::sync::a \n" * 10_000,
    "open brackets": "<(" * 100_000,
    "names": "ImportError: a.b: undefined " * 8_000,
    "wheels": "abi3.whlnot a supported wheel" * 1_000 + "\n" + "abi3x.whl not compatible" * 5_000,
    "words": "TypeError: argument 'a': " * 8_000,
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_takes_long(hostile: str) -> None:
    output = transcript(HOSTILE[hostile].encode())
    start = time.process_time()
    explain(Output(output, "build.log"))
    assert time.process_time() - start < 2.5


def test_each_pattern_is_fast_on_what_it_looks_for() -> None:
    slow = {}
    for name, sign in signs():
        parts = re.sub(r"\\.|[^\w '`:./-]", "", sign.pattern)[:120]
        for text in (f"{parts}\n" * 1500, parts * 30 + "\n", f"{parts[: len(parts) // 2]}\n" * 3000):
            output = transcript(text.encode()).text
            start = time.process_time()
            list(sign.expression.finditer(output))
            if (taken := time.process_time() - start) > 0.5:
                slow[name, sign.pattern[:60]] = taken
    assert slow == {}


@pytest.mark.timeout(120)
def test_two_hundred_megabytes_are_read(tmp_path: Path) -> None:
    from scaffolder.tools.debugger.source import read

    noise = b"   Compiling serde v1.0.0\nwarning: unused variable: `x`\n --> src/lib.rs:1:1\n"
    log = tmp_path / "build.log"
    with log.open("wb") as file:
        for _ in range(20):
            file.write(noise * 130_000)
        file.write(CARGO.encode("utf-8"))
    start = time.process_time()
    result = explain(read(str(log)))
    assert time.process_time() - start < 5
    assert [finding.id for finding in result.findings] == ["undefined-python-symbols"]
    line = log.read_bytes().partition(b"undefined symbol: Py")[0].count(b"\n") + 1
    assert result.findings[0].where == f"{log}:{line}"


# The crates that the advice speaks of; those that go with pyo3 have its release's number.
OTHER_CRATES = r"""pyo3 = "\1"
numpy = "\1"
pyo3-async-runtimes = { version = "\1", features = ["tokio-runtime"] }
tokio = "1"
"""

# What stands in `advised.rs` for a piece of an explanation.
ADVISED = re.compile(r"«(?P<case>[\w-]+) \| (?P<pattern>.+?)(?: \| (?P<filled>[^»|]*))?»")


def advised(place: re.Match[str]) -> str:
    """Return the code that the explanation of a kept output shows, with what it leaves open filled in."""
    advice = "\n".join(finding.fix or "" for finding in findings(kept(place["case"])))
    match = re.search(place["pattern"], advice)
    assert match, f"{place['pattern']} is not in:\n{advice}"
    code = match[match.re.groups]
    for value in (place["filled"] or "").split(" / "):
        code = code.replace("…", value, 1)
    assert "…" not in code
    return code


@pytest.mark.slow
def test_what_is_advised_compiles(build_run: Run, tmp_path: Path) -> None:
    project = tmp_path / "price-tools"
    shutil.copytree(FOLDER / "project", project)
    template = (FOLDER.parent / "advised.rs").read_text(encoding="utf-8")
    head, *modules = re.split(r"^(?=mod )", template, flags=re.MULTILINE)
    code = "".join(ADVISED.sub(advised, module) for module in modules)
    (project / "src/lib.rs").write_text(head + code, encoding="utf-8")
    manifest = (project / "Cargo.toml").read_text(encoding="utf-8")
    with_others = re.sub(r'^pyo3 = "([\d.]+)"$', OTHER_CRATES, manifest, flags=re.MULTILINE)
    (project / "Cargo.toml").write_text(with_others, encoding="utf-8")
    build_run("cargo", "check", "--quiet", folder=project)
