"""The circumstances of an output: platform, versions, and the package being installed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaffolder.output.transcript import Transcript

PLATFORMS = {
    "wasm": re.compile(r"wasm32-|emscripten|pyodide"),
    "android": re.compile(r"linux-android|aarch64-android|termux"),
    "windows": re.compile(
        r"\b[A-Z]:[/\\]|windows-(?:gnu|msvc)|win_amd64|win32|\bDLL load failed|ld\.exe|\bLNK\d{4}\b|mingw"
    ),
    "macos": re.compile(r"/Users/|apple-darwin|macosx|dyld|darwin\.so|/private/var|for architecture (?:arm64|x86_64)"),
    "linux": re.compile(r"unknown-linux|linux-gnu|manylinux|musllinux|/home/|linux_x86_64|linux_aarch64|/usr/bin/ld"),
}
PYO3 = re.compile(
    r"\bpyo3(?:-ffi|-macros|-build-config)?(?:-| v| @ |==?)(\d{1,2})\.(\d{1,3})(?:\.\d+)?(?=[/\\\s)`(]|$)"
)
MATURIN = re.compile(r"\bmaturin(?:-| v| |==)(\d{1,2})\.(\d{1,3})(?:\.\d+)?\b")
# Python's version, the surest place first: downloaded wheels may be for several.
PYTHONS = tuple(
    re.compile(sign, re.MULTILINE)
    for sign in (
        r"(?:interpreter|Python) version(?: \(|: )3\.(\d{1,2})",
        r"cpython-3(\d{1,2})\b",
        r"\bcp3(\d{1,2})-cp3\1\b",
        r"\b(?:python|Python|pypy)-?3\.(\d{1,2})(?:\.\d+)?\b",
        r"[\\/]Python3(\d{1,2})[\\/]",
        r"[\\/]lib\.[\w-]+-3\.(\d{1,2})\b",
        r"^(?:Using )?(?:C?Python|Python:|python) 3\.(\d{1,2})\b",
    )
)
# Someone's own project is built from where it lies, others' packages from an index.
OWN = re.compile(
    r"@ (?:file:|editable)|maturin develop|Running `maturin pep517[^\n]{0,200}--editable|^Processing (?:\.|/)"
    r"|\bpip install (?:-e )?\.|Obtaining file:|^\$ (?:cargo|maturin)",
    re.MULTILINE,
)
# What names the package that failed, the surest first: of those collected, any may have.
OTHERS = tuple(
    re.compile(sign, re.MULTILINE)
    for sign in (
        r"Failed to (?:download and )?build `(?P<package>[\w.-]+)==|Failed building wheel for (?P<other>[\w.-]+)$",
        r"pip-(?:install|wheel)-\w+[/\\](?P<package>[\w.-]+?)_[0-9a-f]{16,}",
        r"sdists-v\d+[/\\]\w+[/\\](?P<package>[\w.-]+)|problem with (?:poetry|pip) but with (?P<other>[\w.-]+)",
        r"(?:Installing|Updating) (?P<package>[\w.-]+) \([^)\n]+\): Failed",
        r"Could not build wheels for (?P<package>[\w.-]+)",
        r"^(?:ERROR: )?Failed to build (?P<package>(?!one or|installable)[\w.-]+)$",
        r"Failed to build installable wheels for some pyproject\.toml based projects \((?P<package>[\w.-]+)",
        r"Failed to build `(?P<package>[\w.-]+) @ git\+|steps to\s+successfully install (?P<other>\w+)",
        r"Building wheel for (?P<package>[\w.-]+) \([^)\n]*\)[^\n]*(?:error|did not run successfully)",
        r"Building wheels? for (?P<package>(?!collected)[\w.-]+) \((?:pyproject|PEP)",
        r"[Ff]ailed to build '(?P<package>[\w.-]+)' when",
        r"generating package metadata\.\n[^\w\n]*> (?P<package>(?!See)[\w.-]+)$",
        r"Failed to install (?P<package>[\w.-]+) from\s+\S+\.tar\.gz",
        r"^(?:Downloading|Using cached) (?P<package>[\w.-]+?)-\d[\w.]*\.tar\.gz[^\n]*\n(?:[^\n]*\n){0,8}?[^\n]*error",
        r"^Collecting (?P<package>[\w.-]+)|^(?:Downloading|Using cached) (?P<other>[\w.-]+?)-\d[\w.]*\.tar\.gz",
        r"^[^\n]{0,40}?\bpip3? install (?:-(?![er]\b)[\w-]+(?:=\S+)? )*(?P<package>[A-Za-z][\w.-]*)(?:[=<>~!\[]|$)",
    )
)


@dataclass(frozen=True)
class Scene:
    """What an output says besides the failure.

    Attributes:
        platform: A key of `PLATFORMS`, if known.
        pyo3: PyO3's release series.
        maturin: Maturin's.
        package: The third-party package being installed, if there is one.
        python: Python's version, if known.
    """

    platform: str | None = None
    pyo3: tuple[int, int] | None = None
    maturin: tuple[int, int] | None = None
    package: str | None = None
    python: tuple[int, int] | None = None

    @property
    def other_python(self) -> str:
        """A version of Python that most packages have wheels for, other than this one."""
        return "3.11" if self.python == (3, 12) else "3.12"


def read_scene(transcript: Transcript) -> Scene:
    """Read the circumstances of an output."""
    text = transcript.text
    platform = next((name for name, sign in PLATFORMS.items() if sign.search(text)), None)
    return Scene(platform, _version(PYO3, text), _version(MATURIN, text), _package(text), _python(text))


def _surest(signs: Iterable[re.Pattern[str]], text: str) -> re.Match[str] | None:
    """Return the match of the first sign that there is in the output."""
    return next(filter(None, (sign.search(text) for sign in signs)), None)


def _python(text: str) -> tuple[int, int] | None:
    match = _surest(PYTHONS, text)
    return (3, int(match[1])) if match else None


def _package(text: str) -> str | None:
    """Name the third-party package being installed."""
    if OWN.search(text):
        return None
    match = _surest(OTHERS, text)
    return next(filter(None, match.groups()), None) if match else None


def _version(sign: re.Pattern[str], text: str) -> tuple[int, int] | None:
    """Return the newest version in the output: an older one belongs to a dependency or a cache."""
    return max(((int(match[1]), int(match[2])) for match in sign.finditer(text)), default=None)


def holds(condition: str, version: tuple[int, int] | None) -> bool:
    """Return whether a version satisfies `<0.26` or `>=0.26`, which only a known one does, or `unknown`."""
    if condition == "unknown":
        return version is None
    sign, major, minor = re.fullmatch(r"(<|>=)(\d+)\.(\d+)", condition).groups()  # type: ignore[union-attr]
    if version is None:
        return False
    limit = (int(major), int(minor))
    return version < limit if sign == "<" else version >= limit
