# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Draw a project's modules, find what they leave out, and register it."""

from scaffolder import toolkit
from scaffolder.tools.module_organizer.app import app

if __name__ == "__main__":
    toolkit.main(app, "module_organizer")
