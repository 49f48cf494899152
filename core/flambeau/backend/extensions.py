"""Groups of kernels that a backend has as a whole or not at all, under the contract of :mod:`flambeau.backend.kernels`.

There is no composition of required kernels for them. A backend that names a group in its capability ``extensions``
provides every kernel of it; an op on a backend that does not raises :class:`~flambeau.errors.UnsupportedError`.
"""

from __future__ import annotations

from typing import Protocol

from .kernels import Array

__all__ = ["EXTENSIONS", "BytesKernels", "FftKernels", "LinalgKernels"]


class LinalgKernels(Protocol):
    """Factorisations of matrices, the last two dims of an array; leading dims are a batch. Floats and complex only.

    None raises: a matrix that has no such factorisation, or no inverse, gives nan (or infinities).
    """

    def cholesky(self, a: Array) -> Array:
        """The lower triangular L with ``a = L L^H``. Only the lower triangle of ``a`` is read."""

    def qr(self, a: Array, complete: bool) -> tuple[Array, Array]:
        """Q with orthonormal columns, as many as the smaller side (as rows, if ``complete``), and upper triangular R."""

    def svd(self, a: Array, full: bool) -> tuple[Array, Array, Array]:
        """U, the singular values from the largest down, and V^H; U and V are square if ``full``."""

    def eigh(self, a: Array) -> tuple[Array, Array]:
        """The eigenvalues, ascending and real, and eigenvectors as columns; the lower triangle of ``a`` is read."""

    def eig(self, a: Array) -> tuple[Array, Array]:
        """The eigenvalues and eigenvectors, as columns of length 1, of general matrices; complex always."""

    def lu_factor(self, a: Array) -> tuple[Array, Array]:
        """L, with ones on its diagonal that are not stored, and U in one array, and int64 rows: i was swapped with row[i]."""

    def solve(self, a: Array, b: Array) -> Array:
        """The x with ``a x = b``; a is (…, n, n), b (…, n, k), with the same leading dims."""

    def solve_triangular(self, a: Array, b: Array, upper: bool) -> Array:
        """As ``solve``, of triangular matrices by substitution; the other triangle is not read. A zero gives infinities."""

    def inv(self, a: Array) -> Array:
        """The inverse."""

    def det(self, a: Array) -> Array:
        """The determinant."""

    def slogdet(self, a: Array) -> tuple[Array, Array]:
        """Sign (of absolute value 1, or 0) and logarithm of the absolute value of the determinant."""


class FftKernels(Protocol):
    """Discrete Fourier transforms, without a factor in front of the sum. Results are complex, of the precision of ``a``."""

    def fft(self, a: Array, dim: int, inverse: bool) -> Array:
        """The transform along ``dim`` of a complex array; the exponent is positive if ``inverse``."""

    def rfft(self, a: Array, dim: int) -> Array:
        """The transform of a real array: its first n // 2 + 1 numbers, of which the others are the conjugates."""

    def irfft(self, a: Array, dim: int, n: int) -> Array:
        """The real array of size n whose transform begins with ``a``, times n."""


class BytesKernels(Protocol):
    """Access to the bytes of an array, for backends whose views alias."""

    def bitcast(self, a: Array, dtype: str) -> Array:
        """The bytes of ``a`` as elements of another dtype: an alias.

        Where the new elements are larger or smaller, the last dim of ``a`` is contiguous and gets another size.
        """


EXTENSIONS: dict[str, type] = {"bytes": BytesKernels, "linalg": LinalgKernels, "fft": FftKernels}
"""The groups by the name that stands in :class:`~flambeau.backend.Capabilities`."""
