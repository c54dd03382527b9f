"""`python -m bench`: measure everything, or the subjects that are named; print the table."""

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from bench import calls, export, inquiry, midnight, orders, report, rpc, sims
from bench.measuring import FULL, QUICK, Size, Subject
from bench.surroundings import Surroundings, surroundings

SUBJECTS: dict[str, Callable[[Surroundings, Size], list[Subject]]] = {
    "rpc": rpc.measure,
    "export": export.measure,
    "calls": calls.measure,
    "inquiry": inquiry.measure,
    "orders": orders.measure,
    "midnight": midnight.measure,
    "sims": sims.measure,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("subject", nargs="*", help=f"of {', '.join(SUBJECTS)}; all of them by default")
    parser.add_argument(
        "--quick", action="store_true", help="sizes that show that it works, and say nothing of speed"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there, too")
    options = parser.parse_args()
    if unknown := set(options.subject) - set(SUBJECTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    # a run that is told to stop still stops its servers
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(143))

    started, load = perf_counter(), report.load()
    found: list[Subject] = []
    with surroundings() as around:
        for name in options.subject or SUBJECTS:
            print(f"measuring {name}", file=sys.stderr, flush=True)
            found += SUBJECTS[name](around, QUICK if options.quick else FULL)
    about = {
        "quick": options.quick,
        "cpus": os.cpu_count(),
        "load_before": load,
        "seconds": round(perf_counter() - started, 1),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in ("amqp", "kombu", "nameko", "psycopg2-binary")},
    }
    print(report.as_text(found))
    print(f"\n{about['seconds']} s on {about['cpus']} processors whose load had been {load:.1f} before.")
    if options.json:
        options.json.write_text(report.as_json(found, about))


if __name__ == "__main__":
    main()
