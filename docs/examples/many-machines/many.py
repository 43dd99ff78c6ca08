"""Dask maps a table of paths through the program: many.py TABLE.csv OUT [SCHEDULER] [-- OPTION…]

The table has a column `path`; the report's lines are written to OUT/report.jsonl. Without a scheduler's address
(tcp://host:8786) two workers are started here. Photos and OUT are on a file system that all workers see; what follows
`--` goes to `nijigen convert`.
"""

import csv
import json
import os
import subprocess
import sys

from dask.distributed import Client, LocalCluster, as_completed

# The work of some minutes: what is lost with a worker is one batch.
BATCH = int(os.environ.get("BATCH", "50"))
CACHE = "NIJIGEN_SHARED_CACHE"


def convert(paths: list[str], out: str, options: list[str], cache: str | None = None) -> list[dict]:
    """Runs the program on a batch; gives its report. A program that was killed is run again, elsewhere."""
    command = [os.environ.get("NIJIGEN", "nijigen"), "convert", "--files-from", "-", "-o", out]
    command += ["--resume", "--report", "json", *options]
    listed = "".join(path + "\0" for path in paths)
    # The worker's host need not know of the shared cache; where nothing is said here, its own variable counts.
    env = {**os.environ, CACHE: cache} if cache else None
    run = subprocess.run(command, input=listed, capture_output=True, text=True, check=False, env=env)
    # 1: some photos failed, each with a line of its own that says why.
    if run.returncode not in (0, 1):
        raise RuntimeError(f"nijigen ended with {run.returncode}: {run.stderr[-500:]}")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    # One that was told to end has finished what it had in hand, and ends with 1, too.
    if missing := {*paths} - {line["input"] for line in lines}:
        raise RuntimeError(f"nijigen ended before {len(missing)} photos were begun")
    return lines


def main(table: str, out: str, scheduler: str | None, options: list[str]) -> int:
    with open(table, newline="", encoding="utf-8") as file:
        paths = [os.path.abspath(row["path"]) for row in csv.DictReader(file)]
    out = os.path.abspath(out)
    os.makedirs(out, exist_ok=True)
    batches = [paths[at : at + BATCH] for at in range(0, len(paths), BATCH)]
    # The program uses all cores by itself.
    cluster = scheduler or LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    failed = 0
    with Client(cluster) as client, open(os.path.join(out, "report.jsonl"), "a", encoding="utf-8") as report:
        # By default a result is kept for an equal call; here what counts is on the disk.
        cache = os.environ.get(CACHE)
        futures = client.map(convert, batches, out=out, options=options, cache=cache, retries=3, pure=False)
        for future in as_completed(futures):
            if future.status != "finished":
                failed += 1
                print(f"a batch failed for good: {future.exception()}", file=sys.stderr)
                continue
            for line in future.result():
                failed += "code" in line
                print(json.dumps(line, ensure_ascii=False), file=report)
    print(f"{len(paths)} photos, {failed} failures: {out}/report.jsonl")
    return 1 if failed else 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    given, options = arguments[:at], arguments[at + 1 :]
    if len(given) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(given[0], given[1], given[2] if len(given) == 3 else None, options))
