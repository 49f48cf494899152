"""The kernels that a case reaches: the last of them is where to look when it fails, also when the process dies of it."""

from __future__ import annotations

import mmap
from collections import deque

from flambeau.backend import checking

__all__ = ["Trace", "trace"]

_SHOWN = 6
_SIZE = 64


class Trace:
    """Notes the kernels that are called on devices whose kernels are checked (:func:`~.subject.check_kernels`)."""

    def __init__(self) -> None:
        self._names: deque[str] = deque(maxlen=_SHOWN)
        self._seen: set[str] = set()
        self._shared: mmap.mmap | None = None
        checking.watchers.append(self._note)

    def share(self) -> mmap.mmap:
        """Memory that processes forked from now on write the name of each kernel to, before it is called."""
        self._shared = mmap.mmap(-1, _SIZE)
        return self._shared

    def clear(self) -> None:
        """Forget what was reached."""
        self._names.clear()
        self._seen.clear()

    def _note(self, name: str) -> bool:
        """Note a kernel; whether it is the first call of it in the case, which may be looked at more closely."""
        if not self._names or self._names[-1] != name:
            self._names.append(name)
        if self._shared is not None:
            self._shared[:] = name.encode().ljust(_SIZE)
        first = name not in self._seen
        self._seen.add(name)
        return first

    def last(self) -> str:
        """The names of the last kernels, in the order in which they were called."""
        return ", ".join(self._names)


trace = Trace()
"""That of this process."""
