"""Put the template into the wheel and the source distribution, and the skills into the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

QUESTIONS = ("copier.yml", "templates/reserved_names.yml", "templates/versions.yml")
# What people and tools read; the rest of a skill is for testing it.
SKILL_PARTS = {"SKILL.md", "references", "scripts", "examples"}
# How a script in the checkout finds the package, which an installed one takes from the index.
CHECKOUT_ONLY = re.compile(r"(?m)^#\n# \[tool\.uv\.sources\]\n# pyo3-new = .*\n")


class TemplateHook(BuildHookInterface[Any]):
    """Adds the bundle, and for the wheel the files with the questions and the skills."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say what goes where; an editable installation reads the checkout."""
        if version == "editable":
            return
        self.folder = tempfile.TemporaryDirectory(prefix="pyo3-new-")
        included = build_data["force_include"]
        included[str(self.bundle())] = "scaffolder/template.bundle"
        if self.target_name == "wheel":
            for path in QUESTIONS:
                included[str(Path(self.root, path))] = f"scaffolder/questions/{path}"
            for path in self.skill_files():
                source = self.installed_script(path) if path.split("/")[2] == "scripts" else Path(self.root, path)
                included[str(source)] = f"scaffolder/{path}"

    def skill_files(self) -> list[str]:
        """Return the files of the skills, without what building an example left behind."""
        if Path(self.root, ".git").exists():
            listing = ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", "skills"]
            output = subprocess.run(listing, cwd=self.root, capture_output=True, check=True, encoding="utf-8").stdout
            names = [name for name in output.split("\0") if name and Path(self.root, name).is_file()]
        else:
            paths = (path for path in Path(self.root, "skills").rglob("*") if path.is_file())
            names = [path.relative_to(self.root).as_posix() for path in paths]
        return sorted(name for name in names if name.split("/")[2:3] and name.split("/")[2] in SKILL_PARTS)

    def installed_script(self, path: str) -> Path:
        """Return a copy of a script that asks for this version of the package, wherever it is installed."""
        text, sources = CHECKOUT_ONLY.subn("", Path(self.root, path).read_text(encoding="utf-8"))
        text, requirements = re.subn(r'"pyo3-new"', f'"pyo3-new=={self.metadata.version}"', text, count=1)
        if (sources, requirements) != (1, 1):
            raise ValueError(f"`{path}` does not begin as the other scripts of the skills do")
        copy = Path(self.folder.name, path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8", newline="\n")
        return copy

    def bundle(self) -> Path:
        """Return the bundle of this checkout, or the one that a source distribution has."""
        ready = Path(self.root, "scaffolder/template.bundle")
        if not Path(self.root, ".git").exists():
            return ready
        # The backend can import itself only; its own folder is not on the path.
        sys.path.insert(0, self.root)
        from scaffolder.template.bundle import write_bundle

        target = Path(self.folder.name, "template.bundle")
        write_bundle(Path(self.root), self.metadata.version, target)
        return target
