"""Groups of kernels that a backend has as a whole or not at all, under the contract of :mod:`flambeau.backend.kernels`.

There is no composition of required kernels for them. A backend that names a group in its capability ``extensions``
provides every kernel of it; an op on a backend that does not raises :class:`~flambeau.errors.UnsupportedError`.
"""

from __future__ import annotations

from typing import Protocol

from .kernels import Array

__all__ = ["EXTENSIONS", "BytesKernels", "FftKernels", "LinalgKernels"]


class LinalgKernels(Protocol):
    """Factorisations of matrices, the last two dims of an array; leading dims are a batch. Floats and complex only."""


class FftKernels(Protocol):
    """Discrete Fourier transforms."""


class BytesKernels(Protocol):
    """Access to the bytes of an array, for backends whose views alias."""

    def bitcast(self, a: Array, dtype: str) -> Array:
        """The bytes of ``a`` as elements of another dtype: an alias.

        Where the new elements are larger or smaller, the last dim of ``a`` is contiguous and gets another size.
        """


EXTENSIONS: dict[str, type] = {"bytes": BytesKernels, "linalg": LinalgKernels, "fft": FftKernels}
"""The groups by the name that stands in :class:`~flambeau.backend.Capabilities`."""
