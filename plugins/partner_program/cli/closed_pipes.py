"""Lets a command finish when nobody reads its answer any more, as in `register 2015-06 | head -1`.

A reader that has seen enough is no refusal: the work goes on to its end, what is left of the answer is dropped, and the
exit status is that of the work.
"""

import io
import os
import sys


class _UntilClosed(io.FileIO):
    """A stream that drops what is written after its reader went away."""

    def write(self, data: object) -> int:
        """Write, or drop the data where nobody reads any more."""
        try:
            return super().write(data) or 0  # type: ignore[arg-type]  # whatever the buffer hands over
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return memoryview(data).nbytes  # type: ignore[arg-type]


def outlive_readers() -> None:
    """Make stdout and stderr drop what nobody reads; streams that somebody has put in their place stay as they are."""
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None or stream is not getattr(sys, f"__{name}__"):
            continue
        stream.flush()
        raw = _UntilClosed(number, "wb", closefd=False)
        lines = stream.line_buffering or name == "stderr"
        wrapped = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding=stream.encoding, errors=stream.errors, line_buffering=lines
        )
        setattr(sys, name, wrapped)
