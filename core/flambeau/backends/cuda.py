"""Switches of CUDA's libraries, which change no number. Source of the semantics: ``torch.backends.cuda``."""

from __future__ import annotations

from flambeau.cuda import is_available

from . import _precision

__all__ = ["is_built", "matmul"]


def is_built() -> bool:
    """Whether a backend serves CUDA devices. Source of the semantics: ``torch.backends.cuda.is_built``."""
    return is_available()


class _Matmul:
    """Switches of products of matrices. Source of the semantics: ``torch.backends.cuda.matmul``."""

    @property
    def allow_tf32(self) -> bool:
        """Whether less exact products are allowed, see :func:`flambeau.set_float32_matmul_precision`."""
        return _precision.get_float32_matmul_precision() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, allowed: bool) -> None:
        _precision.set_float32_matmul_precision("high" if allowed else "highest")


matmul = _Matmul()
