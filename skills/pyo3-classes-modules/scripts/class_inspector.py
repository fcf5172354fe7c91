# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Inspect the classes of a built extension as Python sees them."""

from scaffolder import toolkit
from scaffolder.tools.class_inspector.app import app

if __name__ == "__main__":
    toolkit.main(app, "class_inspector")
