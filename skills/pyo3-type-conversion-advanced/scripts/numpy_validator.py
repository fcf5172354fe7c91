# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Try a function of a built extension with arrays that break naive code."""

from scaffolder import toolkit
from scaffolder.tools.numpy_validator.app import app

if __name__ == "__main__":
    toolkit.main(app, "numpy_validator")
