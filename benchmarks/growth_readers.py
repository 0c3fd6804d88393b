#!/usr/bin/env python3
"""What a letter costs as readers become more: `letters.py` at several sizes, a plot, and the slowest statement.

    python benchmarks/growth_readers.py --sizes 1000 10000 100000 --rounds 3 --plot growth-readers.svg

For each size the medians of CPU milliseconds a letter, of the peak of memory (sum of PSS) and of what a reader
takes of the database, as a plot and in a CSV beside it. At the largest size every statement of `prepare` is timed,
in one process so that none is missed, and the slowest is shown with its plan.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from letters import NOW, measured, opened
from plot import Line, write_plot

HEADS = ("readers", "CPU ms a letter", "peak MB", "bytes a reader")


@contextmanager
def timed(engine: sa.Engine) -> Iterator[dict[str, tuple[float, Any]]]:
    """Statement -> seconds in all, and parameters that it was once asked with."""
    spent: dict[str, tuple[float, Any]] = {}

    def before(*given: Any) -> None:
        given[4].began = time.perf_counter()

    def after(*given: Any) -> None:
        _, _, statement, parameters, context, many = given
        took = time.perf_counter() - context.began + spent.get(statement, (0.0, None))[0]
        spent[statement] = (took, parameters[0] if many else parameters)

    sa.event.listen(engine, "before_cursor_execute", before)
    sa.event.listen(engine, "after_cursor_execute", after)
    yield spent


def slowest(folder: Path, database: str) -> Iterator[str]:
    """The slowest statement of one run, its share, and its plan."""
    from aggregator.figures import Published
    from aggregator.post import Order
    from aggregator.publish import prepare

    with opened(folder, database) as app, timed(app.store.engine) as spent:
        prepare(app, NOW, Order(clock=lambda: NOW, hands=1), Published())
        statement, (took, parameters) = max(spent.items(), key=lambda one: one[1][0])
        every = sum(each for each, _ in spent.values())
        yield f"slowest statement, {took:.2f} s of {every:.2f} s in the database:"
        yield " ".join(statement.split())[:600]
        with app.store.engine.connect() as connection:
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                yield f"  {row[-1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    for name, default in (("items", 5_000), ("rounds", 3), ("past", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--plot", type=Path, default=Path("growth-readers.svg"))
    wish = parser.parse_args()
    cost, memory, rows = [], [], []
    for size in wish.sizes:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary).resolve()
            rounds, bytes_a_reader = measured(folder, size, wish.items, wish.past, wish.rounds)
            cpu = statistics.median(1000 * one["cpu"] / one["letters"] for one in rounds)
            peak = statistics.median(one["peak"] for one in rounds)
            print(f"{size} readers: {cpu:.2f} ms CPU a letter, peak {peak:.0f} MB, ", end="")
            print(f"{bytes_a_reader / 1000:.1f} kB of the database a reader and letter", flush=True)
            cost.append((float(size), cpu))
            memory.append((float(size), peak / 100))
            rows.append((size, round(cpu, 3), round(peak), round(bytes_a_reader)))
            if size == max(wish.sizes):
                (folder / "round.db").unlink()
                os.link(folder / "filled.db", folder / "round.db")
                print("\n".join(slowest(folder, str(folder / "round.db"))))
    lines = [Line("CPU ms a letter", cost), Line("peak of memory, 100 MB", memory)]
    with wish.plot.with_suffix(".csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEADS, *rows])
    write_plot(wish.plot, "Letters: ranked, composed, checked, stored", lines, across="readers", up="ms; 100 MB")


if __name__ == "__main__":
    main()
