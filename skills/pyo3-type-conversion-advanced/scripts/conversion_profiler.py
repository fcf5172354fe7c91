# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Measure what calls cost for inputs of many sizes, and what is copied."""

from scaffolder import toolkit
from scaffolder.tools.conversion_profiler.app import app

if __name__ == "__main__":
    toolkit.main(app, "conversion_profiler")
