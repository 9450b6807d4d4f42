"""`python -m chaos --episodes N --seed S`: plays episodes, sums them up, fails where a promise broke."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time

from chaos import worker
from chaos.summary import Summary

WORKERS = 2


def main() -> int:
    """Play the episodes that the command line asks for; 1 where a promise was broken."""
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
    with processes.Pool(WORKERS, maxtasksperchild=1) as workers:
        for result in workers.imap(worker.play, seeds):
            summary.add(result)
            if arguments.digests:
                print(f"{result.seed} {result.digest}", flush=True)
            for violation in result.violations:
                print(f"seed {result.seed}: {violation}", flush=True)
    print(summary.text(seconds=time.perf_counter() - began))
    return 1 if summary.violations else 0


if __name__ == "__main__":
    sys.exit(main())
