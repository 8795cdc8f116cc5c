"""Measures how long the demo takes, including the start of Python and Airflow."""

import subprocess
import sys
import time
from pathlib import Path

from bench import Measurement

PROJECT = Path(__file__).parent.parent


def measure() -> list[Measurement]:
    """Run the demo once. It writes below `out/`, as `make demo` does."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "demo"], check=True, capture_output=True, cwd=PROJECT)
    seconds = time.perf_counter() - begun
    return [Measurement("make demo after set-up", seconds, 60, "s", "two months through Airflow, one run")]
