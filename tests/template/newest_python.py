"""Makes a small Debian with the newest Python in a folder of the cache, and runs commands in it.

This machine's own system stays as it is. What it takes is Linux, root, Debian's `apt-get` and the package source that
it uses, of which the newest release is taken.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.template.matrix import PYTHONS

VERSION = PYTHONS[-1]
RELEASE = "sid"
PACKAGES = ["ca-certificates", "gcc", "libc6-dev", *(f"python{VERSION}{part}" for part in ("", "-dev", "-venv"))]
# The mounts are seen by nobody else, and end with the command.
ENTER = """
root=$1 project=$2; shift 2
show() { mkdir -p "$root$1"; mount --rbind "$1" "$root$1"; }
for place in "$HOME" "${CARGO_HOME:-$HOME}" "${RUSTUP_HOME:-$HOME}" /etc/ssl/certs /dev; do show "$place"; done
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
  [ -f "$file" ] || continue
  touch "$root$file"
  mount --bind "$file" "$root$file"
done
mkdir -p "$root/project"
mount --bind "$project" "$root/project"
mount -t proc proc "$root/proc"
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:/usr/sbin:/usr/bin:/bin" TMPDIR=/tmp CARGO_TARGET_DIR=/target
exec /usr/sbin/chroot "$root" /bin/bash -euc 'cd /project; eval "$1"' bash "$1"
"""


def obstacle() -> str | None:
    """Return why there can be none on this machine, if so."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root, for the mounts"
    missing = [program for program in ("apt-get", "dpkg", "unshare", "chroot") if shutil.which(program) is None]
    if missing:
        return f"`{missing[0]}` is not installed"
    # Containers often may not mount.
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
    return f"mounts are not allowed: {done.stderr.strip()}" if done.returncode else None


def prepare(cache: Path) -> Path:
    """Return the folder of the small Debian; make it if the cache is empty."""
    root = cache / "newest-python"
    if (root / f"usr/bin/python{VERSION}").exists():
        return root
    partial = root.with_suffix(".partial")
    for folder in (root, partial):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as tools:
        run_apt("update", folder=tools)
        run_apt("download", "debootstrap", folder=tools)
        (package,) = Path(tools).glob("debootstrap_*.deb")
        subprocess.run(["dpkg", "-x", str(package), tools], check=True)
        command = [f"{tools}/usr/sbin/debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", RELEASE]
        environment = os.environ | {"DEBOOTSTRAP_DIR": f"{tools}/usr/share/debootstrap"}
        subprocess.run(
            [*command, str(partial), package_source()], env=environment, check=True, capture_output=True, text=True
        )
    partial.rename(root)
    return root


def run_apt(*arguments: str, folder: str) -> str:
    """Run apt-get and return what it printed."""
    # Else it looks for a user of its own that may read the folder.
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def package_source() -> str:
    """Return the address from which this machine has its packages."""
    sites = run_apt("indextargets", "--format", "$(SITE)", "Created-By: Packages", folder="/")
    return next(site for site in sites.splitlines() if re.search(r"/debian/?$", site))


def enter(root: Path, project: Path, script: str) -> list[str]:
    """Return the command that runs a shell script inside, in the project's folder, with this machine's Rust."""
    return ["unshare", "--mount", "bash", "-euc", ENTER, "bash", str(root), str(project), script]
