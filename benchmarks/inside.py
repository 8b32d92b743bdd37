"""What srs takes inside of a fresh process, once a collection is open: the first time, with nothing kept from a time before.

python inside.py stats FILE    all statistics

Prints a JSON list of seconds.
"""

import json
import sys
import time
from contextlib import closing
from datetime import UTC, datetime

from srs.days import Days
from srs.stats import stats
from srs.store.queue import open_queue


def figures(file: str) -> list[float]:
    with closing(open_queue(file)) as queue:
        began = time.perf_counter()
        stats(queue, None, Days(UTC), datetime.now(UTC))
        return [time.perf_counter() - began]


if __name__ == "__main__":
    print(json.dumps({"stats": figures}[sys.argv[1]](sys.argv[2])))
