"""The progress of a run: a bar on a terminal, and a line every few seconds where there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .model import Result
from .session import NOT_CONFORMANT

__all__ = ["progress"]

_EVERY = 5.0


@contextmanager
def progress(total: int) -> Iterator[Callable[[Result], None]]:
    """Show on the standard error how far the run is; the block calls what it is given with every result."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from .terminal import Terminal

    console = Terminal(stderr=True)
    if not console.is_terminal:
        yield _Lines(total).advance
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, transient=True, console=console) as bar:
        task = bar.add_task("conformance", total=total)
        yield lambda result: bar.update(task, advance=1, description=result.section)


class _Lines:
    """Progress in lines."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._start = self._shown = time.monotonic()
        self._done = self._failed = 0

    def advance(self, result: Result) -> None:
        self._done += 1
        self._failed += result.status in NOT_CONFORMANT
        now = time.monotonic()
        if now - self._shown >= _EVERY:
            self._shown = now
            text = f"{self._done} of {self._total} cases, {self._failed} failures, {now - self._start:.0f} s, at {result.section}"
            print(text, file=sys.stderr, flush=True)
