"""Write into the skills' documents the code that they show, as the tested files have it.

A document names a region of a file of its skill, and the region is written between the two comments:

    <!-- [[[cog code("snippets/src/errors.rs", "mapping")]]] -->
    <!-- [[[end]]] -->

`python -m skills.documents` renews every document; with `--check` it writes nothing and fails if one has changed.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from cogapp import Cog

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"md": "markdown", "py": "python", "pyi": "python", "rs": "rust", "sh": "console", "txt": "text"}
MARKER = re.compile(r"\s*(?://|#) (?P<side>region|endregion): (?P<name>[\w-]+)")


def main() -> int:
    """Renew or check the documents and return the exit code."""
    return int(Cog().main(["cog", *options(check="--check" in sys.argv[1:]), *map(str, documents())]))


def options(*, check: bool) -> list[str]:
    """Return cog's options: what documents may call, and whether to write."""
    write = ["--check", "--diff"] if check else ["-r"]
    return [*write, "-U", "--verbosity=1", "-I", str(ROOT), "-p", "from skills.documents import code"]


def documents() -> list[Path]:
    """Return the guides and references of all skills."""
    folders = sorted(path.parent for path in ROOT.glob("skills/*/SKILL.md"))
    return [path for folder in folders for path in [folder / "SKILL.md", *sorted(folder.glob("references/*.md"))]]


def code(path: str, region: str | None = None) -> None:
    """Write a fenced block for a document; called by cog.

    Args:
        path: A file of the document's skill, from the skill's folder.
        region: What to show of it, by its name; everything by default.

    Raises:
        cogapp.CogGeneratedError: There is no such file or region.
    """
    import cog  # type: ignore[import-not-found]

    document = Path(cog.inFile).resolve()
    skill = next(folder for folder in document.parents if (folder / "SKILL.md").is_file())
    if not (skill / path).is_file():
        cog.error(f"`{document}` shows `{path}`, which is no file")
    lines = (skill / path).read_text(encoding="utf-8").splitlines()
    shown = lines if region is None else inside(lines, region)
    if not shown:
        cog.error(f"`{document}` shows the region `{region}`, which `{path}` does not have")
    text = textwrap.dedent("\n".join(line for line in shown if not MARKER.match(line))).strip("\n")
    suffix = Path(path).suffix[1:]
    cog.outl(f"```{LANGUAGES.get(suffix, suffix)}\n{text}\n```")


def inside(lines: list[str], region: str) -> list[str]:
    """Return the lines between the marks of a region; none if it is not there whole."""
    marks = {
        match["side"]: number
        for number, line in enumerate(lines)
        if (match := MARKER.match(line)) and match["name"] == region
    }
    return lines[marks["region"] + 1 : marks["endregion"]] if len(marks) == 2 else []


if __name__ == "__main__":
    sys.exit(main())
