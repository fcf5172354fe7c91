"""Measure rules beside `eval`; `uv run maturin develop --release` first, a debug build says nothing."""

import random
import time
from collections.abc import Callable

from alert_rules import Rules


def measure(title: str, work: Callable[[], object]) -> None:
    """Print the shortest of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<32}{best * 1000:>10.2f} ms")


def main() -> None:
    """Ask a thousand rules about forty metrics, a hundred times."""
    dice = random.Random(6)
    metrics = [f"metric_{number}" for number in range(40)]
    conditions = [
        "{} > {:.3f} and not ({} < 0.5 or {} > 0.9)".format(
            dice.choice(metrics), dice.random(), *dice.choices(metrics, k=2)
        )
        for _ in range(1000)
    ]
    hosts = [{metric: dice.random() for metric in metrics} for _ in range(100)]
    rules = Rules("\n".join(f"rule_{number}: {condition}" for number, condition in enumerate(conditions)))
    compiled = {f"rule_{number}": compile(condition, "rule", "eval") for number, condition in enumerate(conditions)}

    def in_python() -> list[list[str]]:
        return [[name for name, code in compiled.items() if eval(code, {}, host)] for host in hosts]  # noqa: S307

    def in_rust() -> list[list[str]]:
        return [rules.firing(host) for host in hosts]

    assert in_rust() == in_python()
    measure("eval of compiled expressions", in_python)
    measure("Rules.firing", in_rust)


if __name__ == "__main__":
    main()
