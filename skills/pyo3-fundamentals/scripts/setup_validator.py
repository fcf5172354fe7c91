# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Check this machine and a PyO3 project, and repair what can be repaired safely."""

from scaffolder import toolkit
from scaffolder.tools.setup_validator.app import app

if __name__ == "__main__":
    toolkit.main(app, "setup_validator")
