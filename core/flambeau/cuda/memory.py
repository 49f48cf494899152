"""The memory of CUDA devices: what is in use, what was, and how much there may be."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from flambeau._left_out import getattr_of as _getattr_of
from flambeau.errors import level_of_caller

from ._places import place_of, unavailable

__all__ = [
    "empty_cache", "get_per_process_memory_fraction", "max_memory_allocated", "max_memory_cached", "max_memory_reserved",
    "mem_get_info", "memory_allocated", "memory_cached", "memory_reserved", "memory_stats", "memory_stats_as_nested_dict",
    "memory_summary", "reset_accumulated_memory_stats", "reset_max_memory_allocated", "reset_max_memory_cached",
    "reset_peak_memory_stats", "set_per_process_memory_fraction",
]  # fmt: skip


def memory_stats(device: Any = None) -> OrderedDict[str, int]:
    """What is known of the memory of a device, in bytes, under PyTorch's names; nothing without a device.

    ``allocated_bytes`` (and ``active_bytes``, the same) are those of tensors, ``reserved_bytes`` those that are kept of the
    device, each ``.all.`` with ``current``, ``peak``, ``allocated`` and ``freed``; ``num_ooms`` counts the errors.

    Differs from PyTorch: there is one pool, not one of small and one of large blocks, and blocks are not counted.
    Source of the semantics: ``torch.cuda.memory_stats``.

    Example:
        >>> import flambeau as torch
        >>> len(torch.cuda.memory_stats()) > 0 and not torch.cuda.is_available()
        False
    """
    if unavailable() is not None:
        return OrderedDict()
    place = place_of(device)
    return OrderedDict(sorted(place.backend.memory_stats(place.index).items()))


def memory_stats_as_nested_dict(device: Any = None) -> dict[str, Any]:
    """The numbers of :func:`memory_stats`, each part of a name a dictionary. Source: ``torch.cuda.memory_stats_as_nested_dict``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.memory_stats_as_nested_dict().get("allocated_bytes", {}).get("all", {}).get("peak", 0) >= 0
        True
    """
    nested: dict[str, Any] = {}
    for path, value in memory_stats(device).items():
        *outer, last = path.split(".")
        place = nested
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = value
    return nested


def memory_allocated(device: Any = None) -> int:
    """The bytes that tensors take on a device; 0 without one. Source of the semantics: ``torch.cuda.memory_allocated``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.memory_allocated() > 0 and not torch.cuda.is_available()
        False
    """
    return memory_stats(device).get("allocated_bytes.all.current", 0)


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that tensors took on a device since :func:`reset_peak_memory_stats`; 0 without one.

    Source of the semantics: ``torch.cuda.max_memory_allocated``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.max_memory_allocated() >= torch.cuda.memory_allocated()
        True
    """
    return memory_stats(device).get("allocated_bytes.all.peak", 0)


def memory_reserved(device: Any = None) -> int:
    """The bytes that are kept of a device, for tensors and later ones; 0 without one. Source: ``torch.cuda.memory_reserved``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.memory_reserved() >= torch.cuda.memory_allocated()
        True
    """
    return memory_stats(device).get("reserved_bytes.all.current", 0)


def max_memory_reserved(device: Any = None) -> int:
    """The most bytes that were kept of a device since :func:`reset_peak_memory_stats`; 0 without one.

    Source of the semantics: ``torch.cuda.max_memory_reserved``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.max_memory_reserved() >= torch.cuda.memory_reserved()
        True
    """
    return memory_stats(device).get("reserved_bytes.all.peak", 0)


def memory_cached(device: Any = None) -> int:
    """The older name of :func:`memory_reserved`, which warns. Source of the semantics: ``torch.cuda.memory_cached``."""
    _warn("`torch.cuda.memory_cached` has been renamed to `torch.cuda.memory_reserved`")
    return memory_reserved(device)


def max_memory_cached(device: Any = None) -> int:
    """The older name of :func:`max_memory_reserved`, which warns. Source of the semantics: ``torch.cuda.max_memory_cached``."""
    _warn("`torch.cuda.max_memory_cached` has been renamed to `torch.cuda.max_memory_reserved`")
    return max_memory_reserved(device)


def reset_peak_memory_stats(device: Any = None) -> None:
    """Let the peaks of a device begin anew at what is in use. Source of the semantics: ``torch.cuda.reset_peak_memory_stats``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.reset_peak_memory_stats()
        ...     assert torch.cuda.max_memory_allocated() == torch.cuda.memory_allocated()
    """
    place = place_of(device)
    place.backend.reset_peak_memory_stats(place.index)


def reset_accumulated_memory_stats(device: Any = None) -> None:
    """Let the totals of a device begin anew: what was allocated and freed, and the errors.

    Source of the semantics: ``torch.cuda.reset_accumulated_memory_stats``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.reset_accumulated_memory_stats()
        ...     assert torch.cuda.memory_stats()["num_ooms"] == 0
    """
    place = place_of(device)
    place.backend.reset_accumulated_memory_stats(place.index)


def reset_max_memory_allocated(device: Any = None) -> None:
    """The older name of :func:`reset_peak_memory_stats`, which warns. Source: ``torch.cuda.reset_max_memory_allocated``."""
    _warn_of_all_peaks("reset_max_memory_allocated")
    reset_peak_memory_stats(device)


def reset_max_memory_cached(device: Any = None) -> None:
    """The older name of :func:`reset_peak_memory_stats`, which warns. Source: ``torch.cuda.reset_max_memory_cached``."""
    _warn_of_all_peaks("reset_max_memory_cached")
    reset_peak_memory_stats(device)


def _warn_of_all_peaks(name: str) -> None:
    _warn(f"torch.cuda.{name} now calls torch.cuda.reset_peak_memory_stats, which resets /all/ peak memory stats.")


def _warn(message: str) -> None:
    warnings.warn(message, FutureWarning, stacklevel=level_of_caller())


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """The free bytes of a device and all that it has, whoever takes them. Source of the semantics: ``torch.cuda.mem_get_info``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     free, total = torch.cuda.mem_get_info()
        ...     assert free <= total
    """
    place = place_of(device)
    return place.backend.memory_info(place.index)


def empty_cache() -> None:
    """Give the memory of the current device back that no tensor takes; nothing without a device.

    Source of the semantics: ``torch.cuda.empty_cache``.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.empty_cache()
    """
    if unavailable() is None:
        place = place_of()
        place.backend.empty_cache(place.index)


def set_per_process_memory_fraction(fraction: float, device: Any = None) -> None:
    """Let tensors take no more than a part of a device's memory, from 0 to 1: what asks for more gets an ``OutOfMemoryError``.

    Source of the semantics: ``torch.cuda.set_per_process_memory_fraction``.

    Raises:
        RuntimeError: there is no device.
        TypeError: the fraction is no float.
        ValueError: it is not between 0 and 1.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.set_per_process_memory_fraction(0.5)
        ...     torch.cuda.set_per_process_memory_fraction(1.0)
    """
    place = place_of(device)
    if not isinstance(fraction, float):
        raise TypeError("Invalid type for fraction argument, must be `float`")
    if not 0 <= fraction <= 1:
        raise ValueError(f"Invalid fraction value: {fraction}. Allowed range: 0~1")
    place.backend.set_memory_fraction(place.index, fraction)


def get_per_process_memory_fraction(device: Any = None) -> float:
    """The part of a device's memory that tensors may take. Source: ``torch.cuda.get_per_process_memory_fraction``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.get_per_process_memory_fraction() if torch.cuda.is_available() else 1.0
        1.0
    """
    place = place_of(device)
    return place.backend.memory_fraction(place.index)


_ROWS = {
    "allocated_bytes": "Allocated memory", "active_bytes": "Active memory", "reserved_bytes": "GPU reserved memory",
}  # fmt: skip
_COLUMNS = ("current", "peak", "allocated", "freed")
_WIDTH = 75


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """A table of the numbers of :func:`memory_stats`, for people.

    Differs from PyTorch: it has the rows that there are numbers for; ``abbreviated`` changes nothing, as there is one pool.
    Source of the semantics: ``torch.cuda.memory_summary``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     assert "Allocated memory" in torch.cuda.memory_summary()
    """
    place = place_of(device)
    stats = memory_stats(place.index)
    rule, strong = "-" * _WIDTH, "=" * _WIDTH
    failures = f" CUDA OOMs: {stats.get('num_ooms', 0)}"
    lines = [
        strong,
        f"{f'CUDA memory summary, device ID {place.index}':^{_WIDTH}}",
        rule,
        f"{failures:<{_WIDTH}}",
        strong,
        "        Metric         | Cur Usage  | Peak Usage | Tot Alloc  | Tot Freed  ",
    ]
    for metric, name in _ROWS.items():
        numbers = [stats.get(f"{metric}.all.{column}", 0) for column in _COLUMNS]
        shown = " | ".join(_size(number, numbers[0]) for number in numbers)
        lines += [rule, f" {name:<21} | {shown} "]
    return "".join(f"|{line}|\n" for line in (*lines, strong))


def _size(count: int, of_row: int) -> str:
    """A number of bytes in the unit that suits the first number of its row."""
    unit = "B  "
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if of_row < 768 * 1024:
            break
        unit, count, of_row = larger, count // 1024, of_row // 1024
    return f"{count:6d} {unit}"


if not TYPE_CHECKING:  # to a type checker any name would be there
    __getattr__ = _getattr_of(__name__)
