"""Switches of CUDA's libraries, which change no number. Source of the semantics: ``torch.backends.cuda``."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flambeau._left_out import getattr_of as _getattr_of
from flambeau.cuda import is_available
from flambeau.errors import level_of_caller

from . import _attention, _precision

__all__ = [
    "cudnn_sdp_enabled", "enable_cudnn_sdp", "enable_flash_sdp", "enable_math_sdp", "enable_mem_efficient_sdp",
    "flash_sdp_enabled", "is_built", "math_sdp_enabled", "matmul", "mem_efficient_sdp_enabled", "sdp_kernel",
]  # fmt: skip


def is_built() -> bool:
    """Whether a backend serves CUDA devices. Source of the semantics: ``torch.backends.cuda.is_built``."""
    return is_available()


class _Matmul:
    """Switches of products of matrices. Source of the semantics: ``torch.backends.cuda.matmul``."""

    __slots__ = (
        "_fp32_precision", "allow_bf16_reduced_precision_reduction", "allow_fp16_accumulation",
        "allow_fp16_reduced_precision_reduction",
    )  # fmt: skip

    def __init__(self) -> None:
        self._fp32_precision = "none"
        self.allow_bf16_reduced_precision_reduction = True
        self.allow_fp16_accumulation = False
        self.allow_fp16_reduced_precision_reduction = True

    @property
    def allow_tf32(self) -> bool:
        """Whether less exact products are allowed, see :func:`flambeau.set_float32_matmul_precision`."""
        return _precision.get_float32_matmul_precision() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, allowed: bool) -> None:
        _precision.set_float32_matmul_precision("high" if allowed else "highest")

    @property
    def fp32_precision(self) -> str:
        """How exact products of float32 have to be: ``"none"`` (as is said for all), ``"ieee"`` or ``"tf32"``."""
        return self._fp32_precision

    @fp32_precision.setter
    def fp32_precision(self, precision: str) -> None:
        if precision not in ("none", "ieee", "tf32"):
            raise RuntimeError(f"Unknown precision: {precision}")
        self._fp32_precision = precision


matmul = _Matmul()


# -- ways of computing attention, of which there is one: what is allowed is kept -----------------------------------------------


def flash_sdp_enabled() -> bool:
    """Whether flash attention is allowed. Source: ``torch.backends.cuda.flash_sdp_enabled``.

    Example:
        >>> import flambeau as torch
        >>> with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        ...     torch.backends.cuda.flash_sdp_enabled()
        False
    """
    return _attention.FLASH in _attention.allowed()


def enable_flash_sdp(enabled: bool) -> None:
    """Allow flash attention, or no longer. Source: ``torch.backends.cuda.enable_flash_sdp``.

    Raises:
        RuntimeError: it is no bool.
    """
    _attention.allow(_attention.FLASH, enabled)


def mem_efficient_sdp_enabled() -> bool:
    """Whether attention that saves memory is allowed. Source: ``torch.backends.cuda.mem_efficient_sdp_enabled``."""
    return _attention.EFFICIENT in _attention.allowed()


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Allow attention that saves memory, or no longer. Source: ``torch.backends.cuda.enable_mem_efficient_sdp``.

    Raises:
        RuntimeError: it is no bool.
    """
    _attention.allow(_attention.EFFICIENT, enabled)


def math_sdp_enabled() -> bool:
    """Whether attention as the formula says it is allowed. Source: ``torch.backends.cuda.math_sdp_enabled``."""
    return _attention.MATH in _attention.allowed()


def enable_math_sdp(enabled: bool) -> None:
    """Allow attention as the formula says it, or no longer. Source: ``torch.backends.cuda.enable_math_sdp``.

    Raises:
        RuntimeError: it is no bool.
    """
    _attention.allow(_attention.MATH, enabled)


def cudnn_sdp_enabled() -> bool:
    """Whether cuDNN's attention is allowed. Source: ``torch.backends.cuda.cudnn_sdp_enabled``."""
    return _attention.CUDNN in _attention.allowed()


def enable_cudnn_sdp(enabled: bool) -> None:
    """Allow cuDNN's attention, or no longer. Source: ``torch.backends.cuda.enable_cudnn_sdp``.

    Raises:
        RuntimeError: it is no bool.
    """
    _attention.allow(_attention.CUDNN, enabled)


@contextmanager
def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Iterator[Any]:
    """A block in which some ways of computing attention are allowed; deprecated. Source: ``torch.backends.cuda.sdp_kernel``.

    Warns:
        FutureWarning: see :func:`flambeau.nn.attention.sdpa_kernel`, which says the same.
    """
    warnings.warn(
        "`torch.backends.cuda.sdp_kernel()` is deprecated. In the future, this context manager will be removed. Please see "
        "`torch.nn.attention.sdpa_kernel()` for the new context manager, with updated signature.",
        FutureWarning,
        stacklevel=level_of_caller(),
    )
    asked = (enable_math, enable_flash, enable_mem_efficient, enable_cudnn)
    with _attention.only(way for way, allowed in enumerate(asked) if allowed):
        yield


if not TYPE_CHECKING:  # to a type checker any name would be there
    __getattr__ = _getattr_of(__name__)
