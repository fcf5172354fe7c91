"""What each finding means, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.toolkit import Finding, reference

if TYPE_CHECKING:
    from scaffolder.toolkit import Level

SKILL = "pyo3-async-embedded-wasm"


@dataclass(frozen=True)
class Kind:
    """What a kind of finding means.

    Attributes:
        level: How bad it is.
        message: What was seen, with the facts filled in.
        cause: Why it matters.
        fix: What to change.
        chapter: The chapter that explains it.
    """

    level: Level
    message: str
    cause: str | None
    fix: str | None
    chapter: str


KINDS = {
    "extension-module": Kind(
        "error", "{setter} is set, so the program is not linked to libpython, except on Windows",
        "it is for modules that a running Python loads; a program ends with undefined symbols such as `Py_IncRef`",
        "remove it: maturin sets what an extension module needs by itself", "hosting",
    ),
    "config-file-unusable": Kind(
        "error", "`PYO3_CONFIG_FILE` is `{path}`, {problem}", None,
        "give the absolute path of a file that `pyo3-build-config` wrote, or unset it", "hosting",
    ),
    "python-missing": Kind(
        "error", "PyO3 builds for `{path}`, which does not exist; {why}", None,
        "name a Python that is installed: `PYO3_PYTHON=/usr/bin/python3`", "hosting",
    ),
    "libpython-not-installed": Kind(
        "error", "Python {version} in `{path}` has no libpython to link to",
        "its library or the link to it belongs to the development files, which are a package of their own on Debian",
        "install them (`apt install libpython3-dev`), or build for another Python: `PYO3_PYTHON=…`", "hosting",
    ),
    "libpython-static": Kind(
        "warning", "Python {version} has a static library only, `{library}`",
        "the program holds Python itself, but does not offer its functions: extension modules in files of their own, "
        "those of the standard library too, fail with `undefined symbol`",
        "build for a Python with a shared library (`--enable-shared`), or link with `-Wl,--export-dynamic`", "hosting",
    ),
    "libpython-not-searched": Kind(
        "warning", "the program will not find the libpython of Python {version} in `{folder}` when it starts",
        "the system does not look in that folder, and no rpath is set; `cargo run` does not help",
        "call `pyo3_build_config::add_libpython_rpath_link_args()` in `build.rs`", "hosting",
    ),
    "libpython-replaced": Kind(
        "warning", "the program is built for Python {version} in `{folder}`, and will run with `{other}`",
        "the system does not look in that folder, and no rpath is set: it takes a library of the same name",
        "call `pyo3_build_config::add_libpython_rpath_link_args()` in `build.rs`, or build for the system's Python",
        "hosting",
    ),
    "never-initialized": Kind(
        "error", "`Python::attach` is called, and nothing starts Python", "the first call panics: "
        "`The Python interpreter is not initialized`",
        "call `Python::initialize()` at the start of `main`, or set the feature `auto-initialize`", "hosting",
    ),
    "registered-late": Kind(
        "error", "`{name}` is registered after Python was started in line {start}",
        "the table of built-in modules is read when Python starts; `append_to_inittab!` panics afterwards",
        "move it before the line that starts Python", "host-types",
    ),
    "variable-late": Kind(
        "warning", "`{name}` is set after Python was started in line {start}, which has read it by then", None,
        "set it before, or set `home` and the search paths in a `PyConfig`", "configuration",
    ),
    "home-inherited": Kind(
        "note", "`PYTHONHOME` is set for this process, and so for all that it starts",
        "another Python that it runs looks for its standard library there, too, and fails",
        "set `home` in a `PyConfig` instead", "configuration",
    ),
    "libpython-missing": Kind(
        "error", "`{name}` is not found: the program does not start",
        "the loader looks {places} in the system's folders",
        "put it beside the program, and link with the rpath `$ORIGIN` (on macOS `@executable_path`)", "distribution",
    ),
    "libpython-not-beside": Kind(
        "warning", "`{name}` is not beside the program", "it starts only where a Python of that version is on PATH",
        "copy it into the program's folder", "distribution",
    ),
    "libpython-local": Kind(
        "note", "`{name}` is found in `{folder}`, which only this machine has",
        "the path is written into the program", "ship it beside the program, with the rpath `$ORIGIN`",
        "distribution",
    ),
    "libpython-outside": Kind(
        "warning", "`{name}` is loaded from `{folder}`, outside of the bundle",
        "a machine without that very file can't start the program",
        "copy it into the bundle, and link with the rpath `$ORIGIN` (on macOS `@executable_path`)", "distribution",
    ),
    "stdlib-missing": Kind(
        "error", "there is no standard library of Python {version}: neither {places}",
        "Python ends with `ModuleNotFoundError: No module named 'encodings'`",
        "ship the folder `lib/python{version}` of the same Python, and name its parent's parent as `home`",
        "standard-library",
    ),
    "stdlib-other-version": Kind(
        "error", "the bundle has the standard library of Python {other}, and the program is of Python {version}",
        "Python looks for a folder or archive with its own version in the name, and can't run another's modules",
        "copy the standard library of Python {version}", "standard-library",
    ),
    "stdlib-outside": Kind(
        "error", "the bundle has no standard library: it is found in `{folder}`, on this machine",
        "elsewhere Python ends with `ModuleNotFoundError: No module named 'encodings'`",
        "copy that folder into the bundle, and name its parent's parent as `home`", "standard-library",
    ),
    "stdlib-incomplete": Kind(
        "error", "the standard library in `{folder}` lacks {names}",
        "Python needs them before it runs the first line", "copy the whole folder", "standard-library",
    ),
    "modules-missing": Kind(
        "warning", "the extension modules of the standard library are missing: {names}",
        "they are neither built into libpython nor in `{folder}`", "copy `lib-dynload`, too", "standard-library",
    ),
    "modules-of-other-version": Kind(
        "error", "{names} in `{folder}` can't be imported by Python {version}",
        "the name says which Python an extension module is built for", "install them with Python {version}",
        "distribution",
    ),
    "library-missing": Kind(
        "error", "`{name}` is not found, and `{user}` needs it: the program does not start",
        "neither its rpath nor the system leads to it", "ship the library, with an rpath that leads there",
        "distribution",
    ),
    "module-unloadable": Kind(
        "warning", "`{user}` can't be loaded: `{name}` is not found", "neither its rpath nor the system leads to it",
        "ship that library, too, or leave out what needs it", "distribution",
    ),
    "library-outside": Kind(
        "warning", "the bundle loads from `{folder}`, outside of it: {names}",
        "a machine that lacks that folder can't load them", "copy them into the bundle, with an rpath that leads there",
        "distribution",
    ),
    "system-libraries": Kind(
        "note", "the bundle leaves to the system: {names}", "another machine needs them in these very versions",
        "copy them into the bundle, or say so to users", "distribution",
    ),
    "unreadable": Kind("warning", "{count} could not be read", None, None, "distribution"),
    "build-fails": Kind("error", "{what}", None, None, "hosting"),
    "does-not-start": Kind("error", "{what}", None, None, "standard-library"),
    "prefix-outside": Kind(
        "error", "the standard library is read from `{folder}`, outside of the bundle",
        "the program works here only because this machine has that folder",
        "name a folder of the bundle as `home`, relative to the program", "standard-library",
    ),
    "encoding": Kind(
        "note", "the {name} is `{value}`: other text can't be printed or opened",
        "the program ran without a locale, as under a service manager", "set `utf8_mode` in a `PyPreConfig`, or "
        "`PYTHONUTF8=1`", "configuration",
    ),
    "fails": Kind("warning", "the program ended with {ending}", None, None, "hosting"),
    "unasked": Kind(
        "note", "the program did not say where its Python is",
        "it reads no variables, runs no `site`, or did not come to start Python", None, "configuration",
    ),
    "starts": Kind("ok", "{what}", None, None, "standard-library"),
    "sound": Kind("ok", "{what}", None, None, "hosting"),
}  # fmt: skip


def finding(kind: str, where: str | None = None, evidence: str | None = None, **facts: object) -> Finding:
    """Return a finding.

    Args:
        kind: Which one of `KINDS`.
        where: The file it was seen in.
        evidence: What shows it.
        **facts: What its sentences name.
    """
    entry = KINDS[kind]
    texts = (entry.message, entry.cause, entry.fix)
    message, cause, fix = (text.format(**facts) if text else None for text in texts)
    chapter = reference(SKILL, str(facts.get("chapter") or entry.chapter))
    return Finding(kind, entry.level, message or "", where, evidence, fix, chapter, cause)
