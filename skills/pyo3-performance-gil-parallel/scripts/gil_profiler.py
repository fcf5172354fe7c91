# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Measure how long calls, or the lines of a script, keep other Python threads waiting."""

from scaffolder import toolkit
from scaffolder.tools.gil_profiler.app import app

if __name__ == "__main__":
    toolkit.main(app, "gil_profiler")
