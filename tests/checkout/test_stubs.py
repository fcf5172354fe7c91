"""What becomes of generated stubs that both sides changed, as `nox -s stubs` would write it."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scaffolder.checkout.stubs import merge_stubs

PATH = "python/price_tools/_core/__init__.pyi"
# Hypothesis refuses a strategy that takes long, which a busy machine makes of any.
SLOW = [HealthCheck.too_slow]
# The versions of each definition, in the order in which they are written.
VERSIONS = {
    "ALPHA": ["ALPHA: Final = 1", "ALPHA: Final[str]", 'ALPHA: Final[str]\n"""\nThe first.\n"""'],
    "BETA": ["BETA: Final = 1", "BETA: Any", 'BETA: Any\n"""\nThe second.\n"""'],
    "Ant": ["@final\nclass Ant: ...", "class Ant: ...", '@final\nclass Ant:\n    """\n    An ant.\n    """'],
    "Zebra": ["class Zebra: ...", "@final\nclass Zebra:\n    def __new__(cls, /) -> Zebra: ..."],
    "able": ["def able() -> timedelta: ...", "def able(a: SupportsIndex, b: Any) -> int: ..."],
    "mean": ["def mean() -> float: ...", 'def mean(values: Incomplete) -> float:\n    """\n    Average.\n    """'],
    "over": ["@overload\ndef over() -> int: ...\n\n@overload\ndef over(a: int) -> str: ...", "def over() -> Any: ..."],
    "zero": ["def zero(path: str | PathLike[str], long: SupportsFloat, longer: SupportsInt) -> int: ..."],
}
IMPORTS = {
    "datetime": ["timedelta"],
    "os": ["PathLike"],
    "typing": ["Any", "Final", "SupportsFloat", "SupportsIndex", "SupportsInt", "final", "overload"],
    "_typeshed": ["Incomplete"],
}
Model = dict[str, int | None]
MODELS = st.fixed_dictionaries(
    {name: st.sampled_from([None, *range(len(texts))]) for name, texts in VERSIONS.items()}
    | {name: st.sampled_from([None, 0]) for name in ("arrays", "feeds")}
)


@cache
def write(items: frozenset[tuple[str, int]]) -> str:
    """Write a stub as a project's `stubs` session does."""
    model = dict(items)
    definitions = [texts[model[name]] for name, texts in VERSIONS.items() if name in model]
    words = set(re.findall(r"\w+", "\n".join(definitions)))
    lines = [f"from {module} import {n}" for module, names in IMPORTS.items() for n in names if n in words]
    modules = [name for name in ("arrays", "feeds") if name in model]
    lines += [f"from . import {name} as {name}" for name in modules]
    names = [f'"{name}",' for name in (*VERSIONS, "arrays", "feeds") if name in model]
    lines += ["", f"__all__ = [{' '.join(names)}]", ""]
    # maturin has empty lines only around what takes several.
    for before, text in pairwise(["\n", *definitions]):
        lines += [text] if "\n" not in before + text else ["", text]
    return ruff("format", ruff("check --fix --quiet --select I", "\n".join([*lines, ""])))


def ruff(command: str, text: str) -> str:
    """Sort imports or format as in a generated project."""
    options = ["--isolated", "--stdin-filename", "stub.pyi", "--config", "line-length = 100", "-"]
    done = subprocess.run(["ruff", *command.split(), *options], input=text, capture_output=True, text=True, check=True)
    return done.stdout


def render(model: Model) -> str:
    return write(frozenset((name, number) for name, number in model.items() if number is not None))


def expected(base: Model, ours: Model, theirs: Model) -> Model | None:
    """Merge by the rules: none if both sides changed one definition; what the user deleted stays deleted."""
    merged: Model = {}
    for name in base:
        if ours[name] is None and base[name] is not None:
            merged[name] = None
        elif ours[name] in {base[name], theirs[name]}:
            merged[name] = theirs[name]
        elif theirs[name] == base[name]:
            merged[name] = ours[name]
        else:
            return None
    return merged


def elsewhere(base: Model, ours: Model, theirs: Model) -> Model:
    """Let the template change nothing that the user changed."""
    return {name: base[name] if ours[name] != base[name] else number for name, number in theirs.items()}


def merge(base: str, ours: str, theirs: str) -> str | None:
    merged = merge_stubs(PATH, base.encode(), ours.encode(), theirs.encode())
    return None if merged is None else merged.decode()


@settings(max_examples=80, deadline=None, database=None, derandomize=True, suppress_health_check=SLOW)
@given(base=MODELS, ours=MODELS, theirs=MODELS, merges=st.booleans())
def test_a_merge_is_what_the_session_would_write(base: Model, ours: Model, theirs: Model, merges: bool) -> None:
    theirs = elsewhere(base, ours, theirs) if merges else theirs
    model = expected(base, ours, theirs)
    assert not merges or model is not None
    assert merge(render(base), render(ours), render(theirs)) == (render(model) if model is not None else None)


@settings(max_examples=120, deadline=None, database=None, derandomize=True, suppress_health_check=SLOW)
@given(base=MODELS, ours=MODELS, theirs=MODELS, where=st.lists(st.integers(0, 10**6), min_size=1, max_size=3))
def test_no_line_of_the_users_is_lost(base: Model, ours: Model, theirs: Model, where: list[int]) -> None:
    theirs = elsewhere(base, ours, theirs)
    lines = render(ours).split("\n")
    for number, place in enumerate(where):
        lines.insert(place % len(lines), f"# mine {number}")
    merged = merge(render(base), "\n".join(lines), render(theirs))
    assert merged is None or all(f"# mine {number}" in merged.split("\n") for number in range(len(where)))


def test_line_endings_stay() -> None:
    sides = [render(dict.fromkeys(VERSIONS) | model) for model in ({"able": 0}, {"able": 0, "mean": 0}, {"able": 1})]
    plain = merge_stubs(PATH, *(text.encode() for text in sides))
    merged = merge_stubs(PATH, *(text.replace("\n", "\r\n").encode() for text in sides))
    assert merged
    assert merged.replace(b"\r\n", b"\n") == plain


def test_a_backslash_of_a_docstring_stays_and_warns_nobody() -> None:
    described = 'def able() -> int:\n    """\n    Match `\\d`.\n    """\n'
    assert merge("a: int\n", f"a: int\n\n{described}", "a: int\nb: int\n") == f"a: int\nb: int\n\n{described}"


@pytest.mark.parametrize(
    "line",
    [
        "import sys; x: int",
        "if True: ...",
        "try: ...\nexcept A: ...",
        "x = 1",
        "x: int\nx: str",
        "def",
        "from a import (\n    b,  # mine\n)",
        "__all__ = ['a', 'a']",
        "__all__ += ['b']",
        "__all__ = [1, 'a']",
        "__all__ = [[1]]",
        "__all__ = ['a\\x22']",
        "x: int\r",
        '"""mine"""\n"""mine"""',
        "'\udcff'",
    ],
)
def test_what_no_generated_stub_has_is_left_to_git(line: str) -> None:
    base = "a: int\n"
    ours = f"a: int\n{line}\n".encode("utf-8", "surrogateescape")
    assert merge_stubs(PATH, base.encode(), ours, b"a: int\nb: int\n") is None
