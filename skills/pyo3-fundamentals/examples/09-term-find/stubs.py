"""Write the stubs of the compiled module from the Rust code; with `--check`, only compare."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parent
PYTHON = PROJECT / "python"
# Left as maturin writes it, so that comparing needs no formatter.
HEADER = """\
# Written by `python stubs.py` from the Rust code.
# ruff: noqa: D200, D212, E501, I001, PYI021, PYI029, RUF022, RUF100
# fmt: off
"""


# region: generate
def generate() -> dict[Path, str]:
    """Return what the stubs should be, by path."""
    command = [sys.executable, "-m", "maturin", "generate-stubs", "--profile", "dev", "--out"]
    with TemporaryDirectory() as folder:
        subprocess.run([*command, folder], check=True, cwd=PROJECT)
        fresh = Path(folder).rglob("*.pyi")
        return {PYTHON / path.relative_to(folder): HEADER + path.read_text(encoding="utf-8") for path in fresh}


# endregion: generate


def main() -> int:
    """Renew or compare the stubs, and return the exit code."""
    fresh = generate()
    present = {path: path.read_text(encoding="utf-8") for path in PYTHON.rglob("*.pyi")}
    drifted = sorted(path for path in fresh | present if fresh.get(path) != present.get(path))
    if "--check" in sys.argv[1:]:
        print("\n".join(f"error: `{path}` is not what the Rust code says" for path in drifted), file=sys.stderr)
        return int(bool(drifted))
    for path in drifted:
        path.unlink(missing_ok=True)
        if path in fresh:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fresh[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
