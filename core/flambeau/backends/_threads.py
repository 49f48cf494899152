"""How many threads of the CPU compute."""

from __future__ import annotations

from typing import Any

from flambeau.backend.selection import find_place
from flambeau.backend.selection import set_num_threads as set_threads
from flambeau.errors import type_name
from flambeau.promotion import as_number

__all__ = ["get_num_interop_threads", "get_num_threads", "set_num_interop_threads", "set_num_threads"]

_interop: int | None = None
"""What the program has asked for between operations."""


def get_num_threads() -> int:
    """How many threads one operation on the CPU may use.

    With the NumPy backend that is what ``OMP_NUM_THREADS`` says, but at most the CPUs that the process may use, and so many
    where it says nothing. Functions of the elements of large tensors are computed by so many threads where that is faster.
    Products of matrices are BLAS' affair, see :func:`set_num_threads`. Workers of a data loader have one thread.
    Source of the semantics: ``torch.get_num_threads``.

    Example:
        >>> import flambeau as torch
        >>> torch.set_num_threads(2)
        >>> torch.get_num_threads()
        2
        >>> torch.set_num_threads(1)
    """
    return find_place("cpu").backend.get_num_threads()


def set_num_threads(threads: Any, /) -> None:
    """Let one operation on the CPU use so many threads. No result depends on it. Source: ``torch.set_num_threads``.

    Differs from PyTorch: products of matrices and decompositions are left to NumPy's and SciPy's BLAS, whose threads only the
    package threadpoolctl can set while a program runs: install ``flambeau[threads]``. Without it they stay as the environment
    said when NumPy was loaded (``OPENBLAS_NUM_THREADS``, or ``OMP_NUM_THREADS``). The number holds for all backends of the CPU.

    Raises:
        RuntimeError: it is no integer, or not positive.
        ValueError: it is beyond 32 bits.
    """
    set_threads(_number("set_num_threads", threads))


def get_num_interop_threads() -> int:
    """What :func:`set_num_interop_threads` was given; 1 before, for operations follow one another in the thread that calls them.

    Source of the semantics: ``torch.get_num_interop_threads``, which tells the number of cores before.

    Example:
        >>> import flambeau as torch
        >>> torch.get_num_interop_threads()
        1
    """
    return 1 if _interop is None else _interop


def set_num_interop_threads(threads: Any, /) -> None:
    """Allow so many operations at a time. It is kept and changes nothing. Source: ``torch.set_num_interop_threads``.

    Raises:
        RuntimeError: it is no integer, or not positive, or it has been set before.
        ValueError: it is beyond 32 bits.
    """
    global _interop
    number = _number("set_num_interop_threads", threads)
    if _interop is not None:
        raise RuntimeError(
            "Error: cannot set number of interop threads after parallel work has started or set_num_interop_threads called"
        )
    _interop = number


def _number(function: str, given: Any) -> int:
    """``given``, which may be an array library's integer; the words are PyTorch's."""
    number = as_number(given)
    if type(number) is not int:
        raise RuntimeError(f"{function} expects an int, but got {type_name(given)}")
    for bits, words in ((63, "long long"), (31, "long")):
        if not -(1 << bits) <= number < 1 << bits:
            raise ValueError(f"Overflow when unpacking {words}")
    if number < 1:
        raise RuntimeError(f"{function} expects a positive integer")
    return number
