"""The tasks that `make` has no target for: `nox -l` lists them."""

import shlex

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"

PROJECT = nox.project.load_toml("pyproject.toml")
TEST_TOOLS = nox.project.dependency_groups(PROJECT, "test")


@nox.session(default=False)
def matrix(session: nox.Session) -> None:
    """Build cells of tests/template/matrix.yml, or test a skill: `-- --only numpy`, `-- --skill NAME`, `-- --help`."""
    session.install(*TEST_TOOLS, "--editable", ".")
    if {"--list", "--json", "--help", "-h"} & set(session.posargs):
        session.run("python", "-m", "tests.template.matrix", *session.posargs)
        return
    # Wrong options are told before a build starts.
    session.run("python", "-m", "tests.template.matrix", "--list", *session.posargs, silent=True)
    if "--skill" in session.posargs:
        session.run("pytest", "tests/skills", "tests/tools", *session.posargs)
        return
    variables = {"PYO3_NEW_MATRIX": shlex.join(session.posargs)}
    session.run("pytest", "tests/template/test_build.py", "-m", "cell", env=variables)
