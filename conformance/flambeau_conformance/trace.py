"""The kernels that a case reaches: the last of them is where to look when it fails, also when the process dies of it."""

from __future__ import annotations

import mmap
import os
from collections import deque

from flambeau.backend import checking

__all__ = ["Trace", "noted", "trace"]

_SHOWN = 6
_SIZE, _LONG = 64, 512
"""Bytes of what processes share: for the name of a kernel, and for the address of a case behind it."""


class Trace:
    """Notes the kernels that are called on devices whose kernels are checked (:func:`~.subject.check_kernels`)."""

    def __init__(self) -> None:
        self._names: deque[str] = deque(maxlen=_SHOWN)
        self._seen: set[str] = set()
        self._shared: mmap.mmap | None = None
        checking.watchers.append(self._note)

    def share(self) -> mmap.mmap:
        """Memory that processes forked from now on write to: each case, and each kernel before it is called."""
        self._shared = mmap.mmap(-1, _SIZE + _LONG)
        return self._shared

    def keep_to_this_process(self) -> None:
        """Let processes that are forked from now on, by what a kernel does, write nothing into the memory."""
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._let_go)

    def _let_go(self) -> None:
        self._shared = None

    def at(self, address: str) -> None:
        """Note the case that begins."""
        if self._shared is not None:
            self._shared[_SIZE:] = address.encode()[:_LONG].ljust(_LONG, b"\0")

    def clear(self) -> None:
        """Forget what was reached."""
        self._names.clear()
        self._seen.clear()

    def _note(self, name: str) -> bool:
        """Note a kernel; whether it is the first call of it in the case, which may be looked at more closely."""
        if not self._names or self._names[-1] != name:
            self._names.append(name)
        if self._shared is not None:
            self._shared[:_SIZE] = name.encode().ljust(_SIZE, b"\0")
        first = name not in self._seen
        self._seen.add(name)
        return first

    def last(self) -> str:
        """The names of the last kernels, in the order in which they were called."""
        return ", ".join(self._names)


def noted(shared: mmap.mmap) -> tuple[str, str]:
    """The case that a process was at, and the kernel that it called last, as it wrote them to shared memory."""
    texts = (shared[_SIZE:], shared[:_SIZE])
    address, kernel = (text.split(b"\0")[0].decode(errors="replace") for text in texts)
    return address, kernel


trace = Trace()
"""That of this process."""
