"""Check a configuration file: `python -m infra.config poolwarden.yaml`."""

import argparse
import sys
from pathlib import Path

from infra.config import load_or_exit


def main() -> None:
    """Say what is wrong with the file, and exit with status 1, or say that nothing is."""
    parser = argparse.ArgumentParser(prog="python -m infra.config", description="Check a configuration file.")
    parser.add_argument("path", type=Path, help="such as poolwarden.yaml")
    path = parser.parse_args().path
    load_or_exit(path)
    sys.stdout.write(f"{path} is valid\n")


if __name__ == "__main__":
    main()
