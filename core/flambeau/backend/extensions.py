"""Groups of kernels that a backend has as a whole or not at all, under the contract of :mod:`flambeau.backend.kernels`.

There is no composition of required kernels for them. A backend that names a group in its capability ``extensions``
provides every kernel of it; an op on a backend that does not raises :class:`~flambeau.errors.UnsupportedError`.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["EXTENSIONS", "FftKernels", "LinalgKernels"]


class LinalgKernels(Protocol):
    """Factorisations of matrices, the last two dims of an array; leading dims are a batch. Floats and complex only."""


class FftKernels(Protocol):
    """Discrete Fourier transforms."""


EXTENSIONS: dict[str, type] = {"linalg": LinalgKernels, "fft": FftKernels}
"""The groups by the name that stands in :class:`~flambeau.backend.Capabilities`."""
