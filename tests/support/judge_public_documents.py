"""Takes public documents all the way, each in a process of its own, and tells what became of them.

    python -m tests.support.judge_public_documents [--only PATTERN] [--every N] [--jobs N] [--lines FILE]

For developers: all of them take an hour of CPU. The tests take a sample (tests/openapi/test_public_documents.py).
"""

from __future__ import annotations

import argparse
import fnmatch
import itertools
import json
import multiprocessing
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.judged_document import judge
from tests.support.memory import peak_memory
from tests.support.public_documents import every_name, unpack

LONGEST = 120  # seconds of CPU for one document
LARGEST = 6 * 2**30  # bytes of memory


def main() -> int:
    """Judge, print a summary; 1 where something failed in any document."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--only", default="*", help="names to take, as stripe.com/*")
    words.add_argument("--every", type=int, default=1, help="take one of so many")
    words.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    words.add_argument("--lines", type=Path, help="write one JSON object a document into this file")
    chosen = words.parse_args()
    names = [name for name in every_name() if fnmatch.fnmatch(name, chosen.only)][:: chosen.every]
    results = list(_judged(set(names), chosen.jobs))
    if chosen.lines is not None:
        chosen.lines.write_text("".join(json.dumps(each) + "\n" for each in results))
    _print_summary(results)
    return 1 if any(each["failures"] for each in results) else 0


def _judged(names: set[str], jobs: int) -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory() as directory,
        multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool,
    ):
        documents = _in_portions(unpack(Path(directory), names.__contains__), 4 * jobs)
        for portion in documents:
            for each in pool.imap_unordered(_judge, portion):
                yield each
                if each["failures"]:
                    print(
                        f"{each['name']}: {each['failures'][0].splitlines()[-1]}", file=sys.stderr, flush=True
                    )


def _in_portions(documents: Iterator[tuple[str, Path]], size: int) -> Iterator[list[tuple[str, Path]]]:
    while portion := list(itertools.islice(documents, size)):
        yield portion
        for _, path in portion:
            path.unlink()


def _judge(document: tuple[str, Path]) -> dict[str, Any]:
    name, path = document
    signal.signal(signal.SIGXCPU, _too_long)
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST + 10))
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST, LARGEST))
    before = peak_memory()
    judged = judge(name, path)
    return {
        "name": name,
        "size": judged.size,
        "operations": judged.operations,
        "left_out": judged.left_out,
        "models": judged.models,
        "seconds": round(judged.seconds, 3),
        "megabytes": round(peak_memory() - before),
        "diagnostics": [
            [each.code, each.severity.value, str(each.location), each.message] for each in judged.diagnostics
        ],
        "failures": judged.failures,
    }


def _too_long(number: int, frame: object) -> None:
    raise TimeoutError(f"more than {LONGEST} seconds of CPU")


def _print_summary(results: list[dict[str, Any]]) -> None:
    codes: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    for each in results:
        own = Counter(f"{severity} {code}" for code, severity, _, _ in each["diagnostics"])
        codes += own
        documents.update(own.keys())
    failed = [each for each in results if each["failures"]]
    faulty = [
        each for each in results if any(severity == "error" for _, severity, _, _ in each["diagnostics"])
    ]
    operations, left_out = (sum(each[what] for each in results) for what in ("operations", "left_out"))
    print(f"{len(results)} documents, {operations} operations, {left_out} of them left out")
    print(f"{len(failed)} failed, {len(faulty)} break their specification")
    for key in sorted(codes):
        print(f"  {key}: {codes[key]} in {documents[key]} documents")
    for what in ("seconds", "megabytes"):
        worst = sorted(results, key=lambda each: each[what], reverse=True)[:8]
        print(f"most {what}: " + ", ".join(f"{each['name']} {each[what]}" for each in worst))


if __name__ == "__main__":
    sys.exit(main())
