# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Measure how a function scales over threads, chunks and sizes, and what limits it."""

from scaffolder import toolkit
from scaffolder.tools.parallel_bench.app import app

if __name__ == "__main__":
    toolkit.main(app, "parallel_bench")
