"""Pack the script with a Python of its own into a component, `dist/script.wasm`. Needs no compiler."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = shutil.which("componentize-py", path=sysconfig.get_path("scripts")) or "componentize-py"


def main(output: Path) -> None:
    """Write the types that the script imports, for editors too, and the component."""
    shutil.rmtree(HERE / "bindings", ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    world = [PROGRAM, "--wit-path", "script.wit", "--world", "script"]
    subprocess.run([*world, "bindings", "bindings"], cwd=HERE, check=True)
    pack = ["componentize", "script", "--python-path", ".", "--output", str(output)]
    subprocess.run([*world, *pack], cwd=HERE, check=True)
    print(f"{output.name}: {output.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if sys.argv[1:] else HERE.parent / "dist/script.wasm")
