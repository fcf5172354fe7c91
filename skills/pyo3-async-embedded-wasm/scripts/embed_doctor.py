# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Look at a Rust program that runs Python, and say what keeps it from starting here or elsewhere."""

from scaffolder import toolkit
from scaffolder.tools.embed_doctor.app import app

if __name__ == "__main__":
    toolkit.main(app, "embed_doctor")
