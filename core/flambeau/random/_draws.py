"""What is drawn: a distribution with its parameters, apart from what it is drawn by.

A :class:`Draw` is made where the arguments of a function have been checked. A stream of words on the host (the CPU's) draws it
by its ``on_host``; a device whose numbers come from a counter draws it by its ``kind`` and ``parameters``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ._stream import Stream
from ._transforms import Buffer, Transforms

__all__ = ["Draw", "OnHost"]

OnHost: TypeAlias = Callable[[Stream, Transforms, int], Buffer]
"""Draws a number of elements of a stream of words."""


class Draw(NamedTuple):
    """What is drawn.

    Attributes:
        kind: the name of the distribution.
        dtype: of the numbers that are made: ``"float32"``, ``"int64"``, …
        parameters: of the distribution.
        on_host: how a stream of words draws it.
        wanted: the dtype of the tensor, which the precision of some kinds follows; that of the numbers if empty.
    """

    kind: str
    dtype: str
    parameters: tuple[float, ...]
    on_host: OnHost
    wanted: str = ""
