"""How long the parser takes: the shipped articles as they are, and each repeated to 20,000 characters.

    python -m benchmarks.parse_speed [--rounds 5]

Prints the median of the rounds, in milliseconds of CPU time, without the first parse, which loads the rules.
"""

from __future__ import annotations

import argparse
import statistics
import time

from seeds.articles import sample_articles
from seeds.document import Document, read_document
from seeds.parse import parse

LONG = 20_000


def milliseconds(document: Document, rounds: int) -> float:
    parse(document)
    took = []
    for _ in range(rounds):
        began = time.process_time()
        parse(document)
        took.append((time.process_time() - began) * 1000)
    return statistics.median(took)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    for path in sample_articles():
        document = read_document(path)
        long = document.model_copy(update={"text": (document.text + "\n") * (LONG // len(document.text) + 1)})
        for shown in (document, long):
            print(f"{path.name:40} {len(shown.text):6} characters {milliseconds(shown, rounds):7.1f} ms")


if __name__ == "__main__":
    main()
