"""The journal of a run: a file of JSON lines that outlives a process killed by the backend on trial."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .model import Result

__all__ = ["Journal"]


class Journal:
    """A file to which one process appends and which another reads as it grows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def started(self, address: str) -> None:
        """Note that a case begins."""
        self._append({"started": address})

    def ended(self, result: Result) -> None:
        """Note what became of a case."""
        self._append({"ended": result.as_dict()})

    def _append(self, entry: dict[str, Any]) -> None:
        # Opened anew each time, so that a crash right afterwards loses nothing.
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def new_entries(self) -> Iterator[str | Result]:
        """What has been added since the last call: the address of a case that began, or a result."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            entry = json.loads(line)
            yield entry["started"] if "started" in entry else Result(**entry["ended"])

    def results(self) -> list[Result]:
        """Every result so far."""
        return [entry for entry in Journal(self.path).new_entries() if isinstance(entry, Result)]
