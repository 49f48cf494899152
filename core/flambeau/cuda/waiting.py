"""What is said where a program waits for a device."""

from __future__ import annotations

from flambeau.backend.waiting import ERROR, SILENT, WARN, chosen

from ._places import place_of

__all__ = ["get_sync_debug_mode", "set_sync_debug_mode"]

_MODES = {"default": SILENT, "warn": WARN, "error": ERROR}


def set_sync_debug_mode(debug_mode: int | str) -> None:
    """Say whether operations that wait for the device do so in silence, warn, or are refused before they wait.

    Those are reading elements (``item``, ``tolist``, printing, copies to the CPU), results whose shape depends on elements,
    factorisations, which say whether they failed, and :meth:`Stream.synchronize`; not :func:`synchronize` and
    :meth:`Event.synchronize`, whose purpose it is, as in PyTorch. Source of the semantics: ``torch.cuda.set_sync_debug_mode``.

    Args:
        debug_mode: "default" or 0, "warn" or 1, "error" or 2.

    Raises:
        RuntimeError: there is no such mode, or no device.
        TypeError: it is neither a string nor an int.

    Example:
        >>> import flambeau as torch
        >>> if torch.cuda.is_available():
        ...     torch.cuda.set_sync_debug_mode("warn")
        ...     number = torch.ones(3, device="cuda").sum().item()  # warns
        ...     torch.cuda.set_sync_debug_mode("default")
    """
    place_of()
    if isinstance(debug_mode, str):
        if debug_mode not in _MODES:
            raise RuntimeError("invalid value of debug_mode, expected one of `default`, `warn`, `error`")
        chosen.mode = _MODES[debug_mode]
    elif not isinstance(debug_mode, int):
        raise TypeError(f"invalid argument to set_sync_debug_mode: {debug_mode!r}")
    elif debug_mode not in _MODES.values():
        raise RuntimeError("invalid value of debug_mode, expected one of 0,1,2")
    else:
        chosen.mode = int(debug_mode)


def get_sync_debug_mode() -> int:
    """What is said where a program waits: 0 nothing, 1 a warning, 2 an error. Source: ``torch.cuda.get_sync_debug_mode``.

    Raises:
        RuntimeError: there is no device.

    Example:
        >>> import flambeau as torch
        >>> torch.cuda.get_sync_debug_mode() if torch.cuda.is_available() else 0
        0
    """
    place_of()
    return chosen.mode
