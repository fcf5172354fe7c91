# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Explain why a build, a test or an import failed."""

from scaffolder import toolkit
from scaffolder.tools.debugger.app import app

if __name__ == "__main__":
    toolkit.main(app, "debugger")
