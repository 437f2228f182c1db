"""The Python side of a comparison; see the README beside this folder for the protocol."""

import argparse
import json
import sys
import time


def serve(tasks):
    """Serves one task, the one named on the command line, until told to quit.

    `tasks` maps `(task, peer)` to `(prepare, version)`: `prepare()` makes the data and returns
    a function without arguments that does one run and returns its answer, a sequence of
    numbers. Only that function is timed.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("task")
    parser.add_argument("--peer", required=True)
    arguments = parser.parse_args()
    try:
        prepare, version = tasks[arguments.task, arguments.peer]
    except KeyError:
        known = ", ".join(f"{task} --peer '{peer}'" for task, peer in tasks)
        sys.exit(f"error: no such task or peer; known are {known}")
    run = prepare()
    _say({"ready": True})
    for line in sys.stdin:
        if line.strip() == "run":
            start = time.perf_counter()
            answer = run()
            milliseconds = (time.perf_counter() - start) * 1e3
            _say({"ms": milliseconds, "answer": [float(value) for value in answer]})
        elif line.strip() == "quit":
            _say({"peak_mb": _peak_mb(), "version": version})
            return
        else:
            sys.exit(f"error: neither run nor quit: {line!r}")


def _say(message):
    # Strict: NaN and infinity are no JSON, and no answer.
    print(json.dumps(message, allow_nan=False), flush=True)


def _peak_mb():
    """The most memory this process ever held, in MB; None where the system does not say."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    return None
