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
            _replace(self._path, text)
        else:
            self._file.write(text)
            self._file.close()


class LastFailed:
    """The addresses of the cases of a subject that failed when they last ran.

    They are kept in ``$XDG_CACHE_HOME/flambeau/conformance/SUBJECT.jsonl`` (``~/.cache`` if that is not set): lines with an
    address and whether the case failed, of which the last one about a case counts. So a run that is killed has noted what it had
    found out, and a line that is damaged costs no other. Where nothing can be written, nothing is remembered.
    """

    def __init__(self, subject: str) -> None:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.path = Path(base, "flambeau", "conformance", f"{quote(subject, safe='')}.jsonl")
        self._failed = self.read()

    def read(self) -> set[str]:
        """The addresses; none if no run has noted any."""
        found: set[str] = set()
        with contextlib.suppress(OSError):
            for line in self.path.read_bytes().splitlines():
                with contextlib.suppress(
                    ValueError, TypeError, RecursionError
                ):  # it was not written by a run, or not to its end
                    address, failed = json.loads(line)
                    (found.add if failed else found.discard)(str(address))
        return found

    def note(self, result: Result) -> None:
        """Take a result into account."""
        failed = result.status in (*FAILURES, "blocked", "stale")
        if failed == (result.address in self._failed):
            return
        self._failed ^= {result.address}
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"\n{_line([result.address, failed])}")  # behind a line that was cut off, too

    def tidy(self) -> None:
        """Leave a line for each case that failed, and no more."""
        text = "".join(_line([address, True]) for address in sorted(self.read()))
        with contextlib.suppress(OSError):
            if self.path.exists():
                _replace(self.path, text)


def _replace(path: Path, text: str) -> None:
    """Write a file anew, whole or not at all.

    Raises:
        OSError: it cannot be written; it is as it was.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _line(entry: Any) -> str:
    return f"{json.dumps(entry)}\n"
