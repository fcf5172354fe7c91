"""How the site is made, of the pages where they are: `make site`."""

from scaffolder import __version__

REPOSITORY = "https://github.com/pyo3-new/pyo3-new"

project = "pyo3-new"
author = "The pyo3-new authors"
release = __version__
extensions = ["myst_parser", "sphinx_copybutton"]

root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "docs/features/*.md",
    "*.md",
    "skills/*/SKILL.md",
    "skills/*/references/*.md",
    "skills/*/examples/README.md",
    "skills/*/examples/*/README.md",
]
exclude_patterns = ["AGENTS.md"]
nitpicky = True
myst_heading_anchors = 4  # GitHub's, which links name

copybutton_exclude = ".linenos, .gp, .go"  # neither prompts nor what a command prints

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_title = f"pyo3-new {release}"
html_show_copyright = False
html_extra_path = ["index.html"]  # leads from the root of the site to its first page
html_theme_options = {"source_repository": REPOSITORY, "source_branch": "main", "source_directory": ""}
