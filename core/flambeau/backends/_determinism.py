"""Whether results have to be the same each time: PyTorch's switch for it."""

from __future__ import annotations

from flambeau.backend.determinism import chosen
from flambeau.errors import argument_type

__all__ = [
    "are_deterministic_algorithms_enabled", "get_deterministic_debug_mode", "is_deterministic_algorithms_warn_only_enabled",
    "set_deterministic_debug_mode", "use_deterministic_algorithms",
]  # fmt: skip

_MODES = ("default", "warn", "error")


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Make results of CUDA devices the same each time. Source: ``torch.use_deterministic_algorithms``.

    There, numbers that are added at repeated indices are added in the order in which threads come to it, and so rounded in
    another way each time; this puts them in order first, which takes longer. Nothing else depends on it: all other operations,
    and all on the CPU, give the same each time anyway.

    Differs from PyTorch: no operation is refused while it is on, and memory that is not initialised is not filled.

    Args:
        mode: whether it is on.
        warn_only: whether an operation that cannot do so only warns; it is kept, and there is no such operation.

    Raises:
        TypeError: an argument is no bool.

    Example:
        >>> import flambeau as torch
        >>> torch.use_deterministic_algorithms(True)
        >>> torch.are_deterministic_algorithms_enabled()
        True
        >>> torch.use_deterministic_algorithms(False)
    """
    for place, (name, value) in enumerate({"mode": mode, "warn_only": warn_only}.items()):
        if not isinstance(value, bool):
            raise argument_type("_set_deterministic_algorithms", name, 0 if place else 1, value, "bool")
    chosen.on, chosen.warns = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    """Whether results have to be the same each time. Source: ``torch.are_deterministic_algorithms_enabled``.

    Example:
        >>> import flambeau as torch
        >>> torch.are_deterministic_algorithms_enabled()
        False
    """
    return chosen.on


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether what cannot be the same each time only warns. Source: ``torch.is_deterministic_algorithms_warn_only_enabled``.

    Example:
        >>> import flambeau as torch
        >>> torch.is_deterministic_algorithms_warn_only_enabled()
        False
    """
    return chosen.warns


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Another way to say :func:`use_deterministic_algorithms`. Source: ``torch.set_deterministic_debug_mode``.

    Args:
        debug_mode: "default" or 0, "warn" or 1, "error" or 2.

    Raises:
        TypeError: it is neither text nor an int.
        RuntimeError: it is another one.

    Example:
        >>> import flambeau as torch
        >>> torch.set_deterministic_debug_mode("warn")
        >>> torch.get_deterministic_debug_mode()
        1
        >>> torch.set_deterministic_debug_mode("default")
    """
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str) and debug_mode not in _MODES:
        raise RuntimeError(
            f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
        )
    number = _MODES.index(debug_mode) if isinstance(debug_mode, str) else debug_mode
    if number not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(number > 0, warn_only=number == 1)


def get_deterministic_debug_mode() -> int:
    """0 where results may differ, 2 where they have to be the same each time, 1 where what cannot be so only warns.

    Source of the semantics: ``torch.get_deterministic_debug_mode``.

    Example:
        >>> import flambeau as torch
        >>> torch.get_deterministic_debug_mode()
        0
    """
    return (1 if chosen.warns else 2) if chosen.on else 0
