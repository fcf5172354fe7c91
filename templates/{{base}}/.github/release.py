# /// script
# requires-python = ">=3.11"
# dependencies = ["packaging>=24"]
# ///
"""Check that a tag is the version to release, and print the section of the changelog about it.

`uv run .github/release.py v1.2.0` before you push the tag tells what the workflow would say.
Without a tag it is a rehearsal, for which the section may still be called `Unreleased`.
"""

import re
import sys
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from packaging.version import InvalidVersion, Version


def fail(message: str, hint: str) -> NoReturn:
    """End with what is wrong and the next step."""
    sys.exit(f"error: {message}\n\nhint: {hint}")


def parse(text: str, place: str) -> Version:
    """Read a version as Python does, to which Cargo's `1.0.0-rc.1` is `1.0.0rc1`."""
    try:
        version = Version(text)
    except InvalidVersion:
        fail(
            f"`{text}` in {place} is not a version",
            "write it as `1.2.0`, `1.2.0-rc.1` or `1.2.0rc1`",
        )
    if version.local or (version.is_postrelease and "-" in text):
        # To Cargo `1.0.0-1` comes before 1.0.0, and to Python after it.
        fail(
            f"Cargo and Python read `{text}` in {place} differently", "choose a version without it"
        )
    return version


def read_manifest(file: str) -> dict[str, Any]:
    """Read a manifest."""
    return tomllib.loads(Path(file).read_text(encoding="utf-8"))


def read_version(file: str, table: str) -> Version:
    """Return the version that a manifest declares."""
    version = read_manifest(file)[table]["version"]
    if isinstance(version, dict):  # version.workspace = true
        version = read_manifest("Cargo.toml")["workspace"]["package"]["version"]
    return parse(version, file)


def list_crates() -> list[str]:
    """Return the manifest of the extension and those of the crates to publish with it."""
    members = sorted(path.as_posix() for path in Path("crates").glob("*/Cargo.toml"))
    packages = ((file, read_manifest(file)["package"]) for file in members)
    public = [file for file, package in packages if package.get("publish") is not False]
    return ["Cargo.toml", *public]


def is_about(heading: str, version: Version) -> bool:
    """Return whether a heading such as `[1.2.0] - 2026-01-31` is about a version."""
    word = re.split(r"[\s(]", heading.strip())[0].strip("[]")
    try:
        return Version(word) == version
    except InvalidVersion:
        return False


def read_notes(version: Version, *, rehearsal: bool) -> str:
    """Return the section of the changelog about a version."""
    text = Path("CHANGELOG.md").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^## (.*)$", text)
    sections = dict(zip(parts[1::2], (notes.strip() for notes in parts[2::2]), strict=True))
    for heading, notes in sections.items():
        if is_about(heading, version) or (rehearsal and heading.strip() == "Unreleased"):
            if not notes:
                fail(f"the section `{heading}` of CHANGELOG.md is empty", "say what is new in it")
            return notes
    fail(
        f"CHANGELOG.md has no section about {version}",
        f"say what is new under the heading `## {version}`",
    )


def main(tag: str) -> None:
    """Compare the versions, then print the notes."""
    version = read_version("pyproject.toml", "project")
    for file in list_crates():
        if (cargo := read_version(file, "package")) != version:
            fail(
                f"{file} has version {cargo}, and pyproject.toml has {version}",
                "write the same version in both",
            )
    if tag and (not tag.startswith("v") or parse(tag[1:], "the tag") != version):
        fail(f"the tag is `{tag}`, and the version is {version}", f"tag the commit as `v{version}`")
    print(read_notes(version, rehearsal=not tag))


if __name__ == "__main__":
    main("".join(sys.argv[1:2]))
