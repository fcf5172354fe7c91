"""Write what is said twice: code in documents, lists of skills and examples, pages on features, guides in projects.

A document names a region of a file of its skill, and the region is written between the two comments:

    <!-- [[[cog code("snippets/src/errors.rs", "mapping")]]] -->
    <!-- [[[end]]] -->

`python -m docs.documents` renews every page, the pages of the site on features and on migrations, and the guides that
generated projects carry; with `--check` it writes nothing and fails if one has changed.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

from cogapp import Cog

from docs.feature_pages import feature_pages
from docs.migration_page import migration_page
from scaffolder.guides import chapter_names
from scaffolder.skills import Skill, load_skills
from scaffolder.template.catalog import load_catalog

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = "https://github.com/pyo3-new/pyo3-new/blob/main/skills"
LISTS = {"reference": "references/REFERENCE.md", "examples": "examples/README.md"}
LANGUAGES = {
    "md": "markdown",
    "mjs": "javascript",
    "py": "python",
    "pyi": "python",
    "rs": "rust",
    "sh": "console",
    "txt": "text",
}
# What a page calls.
CALLS = "code, examples, feature_list, feature_toctree, skills, skill_pages"
MARKER = re.compile(r"\s*(?://|#) (?P<side>region|endregion): (?P<name>[\w-]+)")


def main() -> int:
    """Renew or check the pages and return the exit code."""
    check = "--check" in sys.argv[1:]
    code = int(Cog().main(["cog", *options(check=check), *map(str, [*pages(), *documents()])]))
    copies = {**carried(), **feature_pages(ROOT), **migration_page(ROOT)}.items()
    changed = {path: text for path, text in copies if not path.is_file() or path.read_text("utf-8") != text}
    for path, text in changed.items():
        print(f"{path} {'is out of date' if check else 'changed'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    return code or int(check and bool(changed))


def options(*, check: bool) -> list[str]:
    """Return cog's options: what documents may call, and whether to write."""
    write = ["--check", "--diff"] if check else ["-r"]
    return [*write, "-U", "--verbosity=1", f"-I{ROOT}", "-p", f"from docs.documents import {CALLS}"]


def pages() -> list[Path]:
    """Return the pages that list the skills."""
    return [ROOT / "README.md", ROOT / "docs/index.md"]


def documents() -> list[Path]:
    """Return the guides, references and lists of examples of all skills."""
    folders = sorted(path.parent for path in ROOT.glob("skills/*/SKILL.md"))
    parts = ("SKILL.md", "examples/README.md", "references/*.md")
    return [path for folder in folders for part in parts for path in sorted(folder.glob(part))]


def carried() -> dict[Path, str]:
    """Return the guides in the template: as they are, but with links that lead out of a project."""
    guides = {}
    for skill in load_skills(ROOT / "skills"):
        text = re.sub(r"<!-- \[\[\[.*\]\]\] -->\n", "", (skill.path / "SKILL.md").read_text(encoding="utf-8"))
        text = re.sub(r"\]\((?=(?:references|examples|scripts)/)", f"]({ADDRESS}/{skill.name}/", text)
        guides[carrier(skill) / ".agents/skills" / skill.name / "SKILL.md"] = text
    return guides


def carrier(skill: Skill) -> Path:
    """Return the folder of the template whose files a project gets if it carries a skill's guide.

    Both parts of its name render to `.` or to nothing: one says whether the project has a feature that the skill
    explains, the other whether it wants guides. That of several features is named after all of them in copier.yml.
    """
    folder = ROOT / "templates"
    if skill.features:
        folder /= f"{{{{{'_or_'.join(skill.features)}}}}}"
    return folder / "{{guides}}"


def code(path: str, *regions: str) -> None:
    """Write a fenced block for a document; called by cog.

    Args:
        path: A file of the document's skill, from the skill's folder.
        regions: What to show of it, by name; everything by default.

    Raises:
        cogapp.CogGeneratedError: There is no such file or region.
    """
    import cog  # type: ignore[import-not-found]

    document = Path(cog.inFile).resolve()
    skill = next(folder for folder in document.parents if (folder / "SKILL.md").is_file())
    if not (skill / path).is_file():
        cog.error(f"`{document}` shows `{path}`, which is no file")
    lines = (skill / path).read_text(encoding="utf-8").splitlines()
    shown = {region: inside(lines, region) for region in regions}
    for region in (region for region, part in shown.items() if not part):
        cog.error(f"`{document}` shows the region `{region}`, which `{path}` does not have")
    # Ruff formats the Python code of Markdown files, too.
    blank = "\n\n\n" if path.endswith(".py") else "\n\n"
    text = blank.join(map(plain, shown.values() if regions else [lines]))
    if "]]]" in text:
        cog.error(f"`{document}` shows `]]]` of `{path}`, which would end the block: name the type")
    suffix = Path(path).suffix[1:]
    cog.outl(f"```{LANGUAGES.get(suffix, suffix)}\n{text}\n```")


def examples() -> None:
    """Write a table of the examples of a document's skill; called by cog."""
    import cog

    skill = Skill(Path(cog.inFile).resolve().parent.parent)
    cog.outl("| example | shows |\n| --- | --- |")
    for example in skill.examples:
        cog.outl(f"| [{example.path.name}]({example.path.name}/README.md) | {example.purpose} |")


def skills() -> None:
    """Write links to the skills; called by cog."""
    import cog

    cog.outl(" ·\n".join(f"[{skill.name}](skills/{skill.name}/SKILL.md)" for skill in load_skills(ROOT / "skills")))


def skill_pages() -> None:
    """Write the site's lists of the pages of each skill; called by cog."""
    # Those with a reference come first: they are where to begin.
    for skill in sorted(load_skills(ROOT / "skills"), key=lambda skill: not chapter_names(skill)):
        title = re.search(r"(?m)^# (.*)$", (skill.path / "SKILL.md").read_text(encoding="utf-8"))
        name = title[1] if title else skill.name
        folder = f"../skills/{skill.name}"
        chapters = [f"{folder}/references/{chapter}" for chapter in chapter_names(skill)]
        reference = [f"Reference <{folder}/references/REFERENCE>", *chapters] if chapters else []
        write_toctree(name, [f"Guide <{folder}/SKILL>", *reference])
        write_toctree(f"Examples of {name}", [f"All of them <{folder}/examples/README>", f"{folder}/examples/*/README"])


def feature_list() -> None:
    """Write links to the pages on features; called by cog."""
    import cog

    for feature in load_catalog(ROOT).features:
        cog.outl(f"- [`{feature.name}`](features/{feature.name}.md): {feature.purpose}")


def feature_toctree() -> None:
    """Write the site's list of the pages on features; called by cog."""
    write_toctree("Features", [f"features/{feature.name}" for feature in load_catalog(ROOT).features])


def write_toctree(caption: str, entries: list[str]) -> None:
    """Write one of the site's lists of pages."""
    import cog

    options = [":hidden:", f":caption: {caption}", ":glob:", ":maxdepth: 1"]
    cog.outl("\n".join(["```{toctree}", *options, "", *entries, "```", ""]))


def plain(lines: list[str]) -> str:
    """Return lines as a text: without marks, and as far to the left as they go."""
    return textwrap.dedent("\n".join(line for line in lines if not MARKER.match(line))).strip("\n")


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
