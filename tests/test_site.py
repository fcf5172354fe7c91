"""The site of documents: every page is on it, and every link leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from docs.documents import documents
from scaffolder.skills import load_skills
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


def test_every_page_is_on_the_site_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    options = ["--quiet", "--fail-on-warning", "--keep-going", "--conf-dir", "docs"]
    command = [sys.executable, "-m", "sphinx", *options, ".", str(tmp_path)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    examples = [example.path / "README.md" for skill in load_skills() for example in skill.examples]
    for page in [*documents(), *examples, *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md"))]:
        assert (tmp_path / page.relative_to(CHECKOUT)).with_suffix(".html").is_file(), page
    first = re.findall(r"url=([^\"]+)", (tmp_path / "index.html").read_text(encoding="utf-8"))
    assert [(tmp_path / address).is_file() for address in first] == [True]
