"""Put the template into the wheel and the source distribution, and the skills into the wheel."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

QUESTIONS = ("copier.yml", "templates/reserved_names.yml", "templates/versions.yml")
# What people and tools read; the rest of a skill is for testing it.
SKILL_PARTS = {"SKILL.md", "references", "scripts", "examples"}


class TemplateHook(BuildHookInterface[Any]):
    """Adds the bundle, and for the wheel the files with the questions and the skills."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say what goes where; an editable installation reads the checkout."""
        if version == "editable":
            return
        build_data["force_include"][str(self.bundle())] = "scaffolder/template.bundle"
        if self.target_name == "wheel":
            for path in QUESTIONS:
                build_data["force_include"][str(Path(self.root, path))] = f"scaffolder/questions/{path}"
            for path in self.skill_files():
                build_data["force_include"][str(Path(self.root, path))] = f"scaffolder/{path}"

    def skill_files(self) -> list[str]:
        """Return the files of the skills, without what building an example left behind."""
        if Path(self.root, ".git").exists():
            listing = ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", "skills"]
            output = subprocess.run(listing, cwd=self.root, capture_output=True, check=True, encoding="utf-8").stdout
            files = [name for name in output.split("\0") if name]
        else:
            found = (path for path in Path(self.root, "skills").rglob("*") if path.is_file())
            files = [path.relative_to(self.root).as_posix() for path in found]
        return sorted(name for name in files if name.split("/")[2:3] and name.split("/")[2] in SKILL_PARTS)

    def bundle(self) -> Path:
        """Return the bundle of this checkout, or the one that a source distribution has."""
        ready = Path(self.root, "scaffolder/template.bundle")
        if not Path(self.root, ".git").exists():
            return ready
        # The backend can import itself only; its own folder is not on the path.
        sys.path.insert(0, self.root)
        from scaffolder.template.bundle import write_bundle

        self.folder = tempfile.TemporaryDirectory(prefix="pyo3-new-")
        target = Path(self.folder.name, "template.bundle")
        write_bundle(Path(self.root), self.metadata.version, target)
        return target
