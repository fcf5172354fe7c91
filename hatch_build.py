"""Put the template into the wheel and the source distribution."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

QUESTIONS = ("copier.yml", "templates/reserved_names.yml", "templates/versions.yml")


class TemplateHook(BuildHookInterface[Any]):
    """Adds the bundle, and for the wheel the files with the questions."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say what goes where; an editable installation reads the checkout."""
        if version == "editable":
            return
        build_data["force_include"][str(self.bundle())] = "scaffolder/template.bundle"
        if self.target_name == "wheel":
            for path in QUESTIONS:
                build_data["force_include"][str(Path(self.root, path))] = f"scaffolder/questions/{path}"

    def bundle(self) -> Path:
        """Return the bundle of this checkout, or the one that a source distribution has."""
        ready = Path(self.root, "scaffolder/template.bundle")
        if not Path(self.root, ".git").exists():
            return ready
        # The backend can import itself only; its own folder is not on the path.
        sys.path.insert(0, self.root)
        from scaffolder.bundle import write_bundle

        self.folder = tempfile.TemporaryDirectory(prefix="pyo3-new-")
        target = Path(self.folder.name, "template.bundle")
        write_bundle(Path(self.root), self.metadata.version, target)
        return target
