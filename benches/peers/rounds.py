"""What every peer shares: one line on standard input asks for a round, one JSON line answers it."""

import json
import sys
import time


def serve(one_round):
    """Answers rounds until the driver closes the door. The process stays, so nothing is loaded twice."""
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(one_round()), flush=True)


def micros(work, items):
    """CPU time of one pass over the items, in microseconds an item, and what the work returned, summed."""
    total = 0
    begin = time.process_time_ns()
    for item in items:
        total += work(item)
    return {"micros": (time.process_time_ns() - begin) / 1000 / len(items), "count": total}
