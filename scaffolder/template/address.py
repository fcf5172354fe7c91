"""The web address that the repository of a new project will have, as far as git and gh know it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scaffolder import git

if TYPE_CHECKING:
    from pathlib import Path

# An account of GitHub, and nothing that could lead elsewhere.
ACCOUNT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
# Such as git@github.com:ada/price-tools.git; without a dot the host is a name of the user's own ssh settings.
SSH = re.compile(r"(?:[^@/:]+@)?(?P<host>[^@/:]+\.[^@/:]+):(?!/)(?P<path>.+)")


def repository_address(folder: Path, name: str) -> str | None:
    """Return the address of a project's repository, or nothing if it can't be known.

    Args:
        folder: Where the project goes; what lies in a repository becomes a part of it.
        name: The project's name.
    """
    place = next(parent for parent in folder.resolve().parents if parent.is_dir())
    if is_inside_repository(place):
        remote = read(place, "remote", "get-url", "origin")
        return web_address(remote) if remote else None
    account = read(place, "config", "github.user") or github_account()
    return f"https://github.com/{account}/{name}" if ACCOUNT.fullmatch(account) else None


def is_inside_repository(folder: Path) -> bool:
    """Whether a folder belongs to a git repository."""
    return read(folder, "rev-parse", "--is-inside-work-tree") == "true"


def read(folder: Path, *arguments: str) -> str:
    """Return the line that a git command prints, or nothing if it fails."""
    try:
        return git.run(*arguments, folder=folder).decode("utf-8", "replace").strip()
    except git.GitError:
        return ""


def github_account() -> str:
    """Return the account that GitHub's own program, if there is one, uses for github.com."""
    program = shutil.which("gh")
    if program is None:
        return ""
    command = [program, "config", "get", "user", "--host", "github.com"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def web_address(remote: str) -> str | None:
    """Return the web address of a git remote, without a user's name or password, or nothing if it has none."""
    if match := SSH.fullmatch(remote):
        return f"https://{match['host']}/{plain_path(match['path'])}"
    try:
        parts = urlsplit(remote)
        port = f":{parts.port}" if parts.port and parts.scheme in {"http", "https"} else ""
    except ValueError:
        return None
    if parts.scheme not in {"git", "http", "https", "ssh"} or not parts.hostname:
        return None
    scheme = "http" if parts.scheme == "http" else "https"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{scheme}://{host}{port}/{plain_path(parts.path)}"


def plain_path(path: str) -> str:
    """Return the path of a repository on the web."""
    return path.strip("/").removesuffix(".git")
