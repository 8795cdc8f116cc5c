"""`make topology`: the containers' services as local processes, and the demo's months through two Celery workers.

With `--disturb` (`make topology DISTURB=1`) servers are killed in the middle of the first month. Everything is written
below `out/topology/`, or a folder that is named. Nothing listens but on loopback, and nothing is left running.
"""

import argparse
import fcntl
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from topology.airflow_rest import NotReachable
from topology.processes import Interrupted, Processes, ServiceFailed
from topology.progress import Progress
from topology.restarts import RestartingProcesses
from topology.show import Show

PROJECT = Path(__file__).parents[1]


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Refuse a second topology in the same folder; the lock ends with this process, however that ends."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with (out.parent / f".{out.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServiceFailed("another topology runs in this folder") from None
        yield


def _begin(out: Path, progress: Progress, *, disturb: bool) -> Processes:
    """End what a killed run left running and make empty folders; database servers' user may enter `services`."""
    if out.exists() and not (out / "services").is_dir():
        raise ServiceFailed(f"{out} exists and was not made by a topology: it would be emptied")
    record = out / "processes.json"
    processes = RestartingProcesses(record, progress.say) if disturb else Processes(record)
    shutil.rmtree(out, ignore_errors=True)
    for folder, mode in (("services", 0o711), ("state", 0o700), ("logs", 0o700)):
        (out / folder).mkdir(mode=mode, parents=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, processes.interrupt)
    return processes


def _run(out: Path, progress: Progress, *, disturb: bool) -> None:
    with _alone(out):
        processes = _begin(out, progress, disturb=disturb)
        show = Show(PROJECT, out, processes, progress)
        try:
            show.run()
        finally:
            left = processes.stop()
            show.forget()
            if left:
                raise ServiceFailed(f"could not end: {', '.join(left)}")
            progress.step("everything stopped; nothing is left running")


def main() -> int:
    """Run it; returns 0 where both workers ran tasks and every file is equal to the command line's."""
    progress = Progress()
    wanted = argparse.ArgumentParser(prog="topology", description="The services as local processes.")
    wanted.add_argument("folder", nargs="?", type=Path, default=PROJECT / "out" / "topology")
    wanted.add_argument("--disturb", action="store_true", help="kill servers in the middle of the first month")
    asked = wanted.parse_args()
    try:
        _run(asked.folder.absolute(), progress, disturb=asked.disturb)
    except (ServiceFailed, NotReachable) as refusal:
        progress.refuse(str(refusal))
        return 1
    except Interrupted as interrupted:
        progress.refuse(f"stopped by {interrupted.signal.name}")
        return 128 + interrupted.signal
    return 0


if __name__ == "__main__":
    sys.exit(main())
