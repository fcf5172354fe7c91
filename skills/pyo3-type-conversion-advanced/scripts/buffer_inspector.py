# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Inspect what memory objects export, by all protocols, and what they share."""

from scaffolder import toolkit
from scaffolder.tools.buffer_inspector.app import app

if __name__ == "__main__":
    toolkit.main(app, "buffer_inspector")
