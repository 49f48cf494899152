"""The results of a run on disk: a file of JSON lines that grows while it runs, and what failed the last time."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from .model import FAILURES, Result

__all__ = ["LastFailed", "ResultsFile"]


class ResultsFile:
    """A file with one line about the run and one for every case.

    The lines come as the results do, so that a run that is killed keeps what it had; when the run has ended, the file is
    written anew, sorted by address. The line about the run says in ``state`` which of both it is. What is no file of its own, as
    ``/dev/stdout``, gets the lines at the end. Where the disk is full, the lines end, the run goes on, and the end says it.

    Args:
        path: where.
        about: what is said of the run.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self._path = path
        self._grows = not path.exists() or (path.is_file() and not path.is_symlink())
        self._full = False
        self._file: IO[str] = path.open("w" if self._grows else "a", encoding="utf-8")
        self._write({"state": "running"} | about)

    def add(self, result: Result) -> None:
        """Append a result."""
        self._write(result.as_dict())

    def _write(self, entry: dict[str, Any]) -> None:
        if self._grows and not self._full:
            try:
                self._file.write(_line(entry))
                self._file.flush()
            except OSError:
                self._full = True

    def finish(self, about: dict[str, Any], results: Iterable[Result]) -> None:
        """Write the whole file.

        Raises:
            OSError: it cannot be written; the lines that are in it stay.
        """
        ordered = sorted(results, key=lambda result: result.address)
        text = _line(about) + "".join(_line(result.as_dict()) for result in ordered)
        if self._grows:
            with contextlib.suppress(OSError):  # a line that found no room
                self._file.close()
            new = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            try:
                new.write_text(text, encoding="utf-8")
                new.replace(self._path)
            except OSError:
                new.unlink(missing_ok=True)
                raise
        else:
            self._file.write(text)
            self._file.close()


def _line(entry: dict[str, Any]) -> str:
    return f"{json.dumps(entry)}\n"


class LastFailed:
    """The addresses of the cases of a subject that failed when they last ran.

    They are kept in ``$XDG_CACHE_HOME/flambeau/conformance/SUBJECT.json`` (``~/.cache`` if that is not set).
    """

    def __init__(self, subject: str) -> None:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.path = Path(base, "flambeau", "conformance", f"{quote(subject, safe='')}.json")

    def read(self) -> list[str]:
        """The addresses; none if no run has noted any."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [address for address in found if isinstance(address, str)] if isinstance(found, list) else []

    def update(self, results: Iterable[Result]) -> None:
        """Take a run into account: cases that it did not run stay as they were."""
        seen = list(results)
        kept = set(self.read()) - {result.address for result in seen}
        failed = {result.address for result in seen if result.status in (*FAILURES, "blocked", "stale")}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(sorted(kept | failed)), encoding="utf-8")
        except OSError:
            return  # where nothing can be written, nothing is remembered
