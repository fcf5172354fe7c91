"""Write the stubs of the compiled module from the Rust code; with `--check`, only compare."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parent
STUBS = PROJECT / "python" / "color_kit" / "_core"
# Left as maturin writes it, so that comparing needs no formatter.
HEADER = """\
# Written by `python stubs.py` from the Rust code.
# ruff: noqa: D200, D212, I001, PYI021, PYI029, RUF022, RUF100
# fmt: off
"""


# region: generate
def generate() -> dict[str, str]:
    """Return what the stubs should be, by file name."""
    command = [sys.executable, "-m", "maturin", "generate-stubs", "--profile", "dev", "--out"]
    with TemporaryDirectory() as folder:
        subprocess.run([*command, folder], check=True, cwd=PROJECT)
        fresh = Path(folder, STUBS.relative_to(PROJECT / "python"))
        return {path.name: HEADER + path.read_text(encoding="utf-8") for path in fresh.iterdir()}


# endregion: generate


def main() -> int:
    """Renew or compare the stubs, and return the exit code."""
    fresh = generate()
    present = {path.name: path.read_text(encoding="utf-8") for path in STUBS.glob("*.pyi")}
    drifted = sorted(name for name in fresh | present if fresh.get(name) != present.get(name))
    if "--check" in sys.argv[1:]:
        print("\n".join(f"error: `{STUBS / name}` is not what the Rust code says" for name in drifted), file=sys.stderr)
        return int(bool(drifted))
    for name in drifted:
        (STUBS / name).unlink(missing_ok=True)
        if name in fresh:
            (STUBS / name).write_text(fresh[name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
