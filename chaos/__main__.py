"""`python -m chaos --episodes N --seed S`: plays episodes, sums them up, fails where a promise broke."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

from chaos import worker
from chaos.summary import Summary

if TYPE_CHECKING:
    from chaos.episode import Result

WORKERS = 2
INTERRUPTED = 130
"""The exit status of what SIGINT ended, as shells have it."""


def main() -> int:
    """Play the episodes that the command line asks for; 1 where a promise was broken, 130 where it was interrupted."""
    parser = argparse.ArgumentParser(prog="chaos", description="Random faults, and promises 1 to 8 held after each.")
    parser.add_argument("--episodes", type=int, default=100, help="how many, with consecutive seeds")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first; repeats one with --episodes 1")
    parser.add_argument("--digests", action="store_true", help="print what each episode was, to compare two runs")
    arguments = parser.parse_args()
    if arguments.episodes < 1 or arguments.seed < 0:
        parser.error("at least one episode, and no negative seed")
    began = time.perf_counter()
    # The order of a set of texts is part of an episode: the workers must not choose it by chance.
    os.environ["PYTHONHASHSEED"] = "0"
    summary = Summary(first_seed=arguments.seed)
    seeds = range(arguments.seed, arguments.seed + arguments.episodes)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([worker.PREPARED])
    interrupted = False
    try:
        # What a worker that is ended in the middle leaves behind goes with this folder.
        with tempfile.TemporaryDirectory(prefix="poolwarden-chaos-", ignore_cleanup_errors=True) as folder:
            os.environ["TMPDIR"] = folder
            _hold_interrupts()
            with processes.Pool(WORKERS, initializer=worker.leave_interrupts_to_others, maxtasksperchild=1) as workers:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
                for result in workers.imap(worker.play, seeds):
                    summary.add(result)
                    _show(result, digest=arguments.digests)
    except KeyboardInterrupt:
        interrupted = True
        print(f"interrupted after {summary.episodes} episodes")
    if summary.episodes:  # what was played until an interrupt took its time, and is told
        print(summary.text(seconds=time.perf_counter() - began))
    return INTERRUPTED if interrupted else int(bool(summary.violations))


def _hold_interrupts() -> None:
    """Let an interrupt wait: a process that is started meanwhile hears none, also while it imports."""
    resource_tracker.ensure_running()  # it would let interrupts through when it starts
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _show(result: Result, *, digest: bool) -> None:
    """Print an episode's digest, where that is wanted, and the promises that it broke."""
    if digest:
        print(f"{result.seed} {result.digest}", flush=True)
    for violation in result.violations:
        print(f"seed {result.seed}: {violation}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
