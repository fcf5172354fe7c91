"""Write a file of 1 GB, and say how much memory a process has had when it has read that. Runs on Linux."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.append(str(Path(__file__).parent.parent / "tests"))

METERS, READINGS = 1680, 35_040  # a year of quarters of an hour

WRITE = "import readings, sys; from pathlib import Path; readings.write(Path(sys.argv[1]), {meters}, {readings})"
READ = {
    "nothing": "",
    "parquet-loads": "from parquet_loads import load_profile\nload_profile(sys.argv[1])",
    "the same, file object": "from parquet_loads import load_profile\nload_profile(open(sys.argv[1], 'rb'))",
    "pyarrow, in batches": (
        "import pyarrow.parquet as pq\n"
        "for _ in pq.ParquetFile(sys.argv[1]).iter_batches(columns=['meter', 'time', 'register']): pass"
    ),
    "pyarrow, as a table": (
        "import pyarrow.parquet as pq\npq.read_table(sys.argv[1], columns=['meter', 'time', 'register'])"
    ),
}
REPORT = """
import sys, time
start = time.perf_counter()
{work}
seconds = time.perf_counter() - start
print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0], seconds)
"""


def main() -> None:
    """Measure each way in a process of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "readings.parquet")
        write = WRITE.format(meters=METERS, readings=READINGS)
        subprocess.run([sys.executable, "-c", write, path], check=True, cwd=Path(__file__).parent.parent / "tests")
        print(f"{path.stat().st_size / 1e6:.0f} MB, {METERS * READINGS / 1e6:.1f} million readings")
        for title, work in READ.items():
            command = [sys.executable, "-c", REPORT.format(work=work), path]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            resident, seconds = map(float, printed.split())
            print(f"{title:<28}{resident * 1024 / 1e6:>8.0f} MB resident at most{seconds:>8.1f} s")


if __name__ == "__main__":
    main()
