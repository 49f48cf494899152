"""The kernels of a backend: what core asks of it, declared once.

The names that a backend must provide are the methods of :class:`RequiredKernels`; those that it may provide are the
methods of :class:`~flambeau.backend.optional.OptionalKernels`, each of which has a default composition in
:mod:`flambeau.ops`, and whole groups of :mod:`flambeau.backend.extensions`, which have none. A backend hands core any
object (or mapping) that has these names as callables; core copies them into a
:class:`~flambeau.backend.table.KernelTable` when it loads the backend, and refuses one that lacks a required kernel.

The contract, for every kernel:

- Arrays are the backend's own objects. Core reads nothing from them but ``array.shape``, a tuple of ints. An array
  is a mutable handle: a library whose arrays are immutable wraps them in an object with one slot.
- A kernel returns a **new array** (never a Python scalar, never one of its arguments) unless its description says
  "writes into", in which case it returns None. Movement kernels return an alias of their argument where the
  backend's capability ``views`` is ``"alias"``.
- Arguments are checked before the call: dtypes are equal (core promotes and casts), shapes fit, dims are
  normalised to ``0 <= dim < ndim``, indices to ``0 <= index < size``, devices are equal. A kernel checks nothing.
- Dtypes are given by name (``"float32"``). Integer arithmetic wraps around. Floating point follows IEEE 754 and
  never warns or raises: division by zero gives inf or nan.
- Shapes may hold zeros, and may be ``()``.
- An element-wise kernel may lay its result out in memory as its operands lie. PyTorch does, and programs see it in
  strides; none must.
- Where the capability ``out`` is True, every unary and binary kernel takes a third form with the keyword ``out``:
  an array of the result's shape and dtype that the result is written into. It may be one of the operands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

__all__ = ["Array", "RequiredKernels", "Scalar", "Shape"]

Array: TypeAlias = Any
Shape: TypeAlias = tuple[int, ...]
Scalar: TypeAlias = bool | int | float | complex


class RequiredKernels(Protocol):
    """The kernels without which a backend is not accepted."""

    # -- storage ------------------------------------------------------------------------------------------------
    def empty(self, shape: Shape, dtype: str) -> Array:
        """A C-contiguous array with arbitrary contents."""

    def full(self, shape: Shape, value: Scalar, dtype: str) -> Array:
        """A C-contiguous array filled with ``value`` (a Python number that ``dtype`` can hold, nan, or inf)."""

    def arange(self, start: Scalar, step: Scalar, length: int, dtype: str) -> Array:
        """``start + i * step`` for i < length; floating types compute in float64 and round once."""

    def from_host(self, buffer: memoryview | bytes | bytearray, shape: Shape, dtype: str) -> Array:
        """A copy of ``buffer``: the elements in C order and native byte order; ``bool`` is one byte, 0 or 1."""

    def to_host(self, a: Array) -> memoryview | bytes | bytearray:
        """The elements of ``a`` in C order and native byte order, as one flat buffer."""

    def clone(self, a: Array, keep_strides: bool) -> Array:
        """A copy: with the memory order of ``a`` where ``keep_strides`` and it is dense, else C-contiguous."""

    def cast(self, a: Array, dtype: str) -> Array:
        """A copy of another type, in the memory order of ``a`` where it is dense.

        Floats truncate to integers; everything but zero becomes True in ``bool``. From float64 to 16 bits they go through
        float32, as in PyTorch.
        """

    def copy_into(self, target: Array, source: Array) -> None:
        """Writes ``source`` into ``target``: equal dtypes; ``source`` broadcasts to ``target``'s shape."""

    # -- unary: the result has the shape and dtype of `a` -------------------------------------------------------
    def neg(self, a: Array) -> Array:
        """``-a`` (not called for bool)."""

    def abs(self, a: Array) -> Array:
        """Absolute value; of complex numbers, a real array."""

    def sign(self, a: Array) -> Array:
        """-1, 0 or 1 by sign; nan gives 0 (PyTorch's rule, not NumPy's)."""

    def floor(self, a: Array) -> Array:
        """Largest integer not above; floats only."""

    def ceil(self, a: Array) -> Array:
        """Smallest integer not below; floats only."""

    def trunc(self, a: Array) -> Array:
        """Towards zero; floats only."""

    def round(self, a: Array) -> Array:
        """To the nearest integer, halves to even; floats only."""

    def sqrt(self, a: Array) -> Array:
        """Square root; floats only, as are all functions to :meth:`lgamma`."""

    def exp(self, a: Array) -> Array:
        """E to the power a."""

    def expm1(self, a: Array) -> Array:
        """exp(a) - 1, accurate near 0."""

    def log(self, a: Array) -> Array:
        """Natural logarithm: log(0) is -inf, of a negative number nan."""

    def log1p(self, a: Array) -> Array:
        """log(1 + a), accurate near 0."""

    def sin(self, a: Array) -> Array:
        """Sine of an angle in radians."""

    def cos(self, a: Array) -> Array:
        """Cosine."""

    def tan(self, a: Array) -> Array:
        """Tangent."""

    def asin(self, a: Array) -> Array:
        """Inverse sine; nan outside [-1, 1]."""

    def acos(self, a: Array) -> Array:
        """Inverse cosine; nan outside [-1, 1]."""

    def atan(self, a: Array) -> Array:
        """Inverse tangent."""

    def sinh(self, a: Array) -> Array:
        """Hyperbolic sine."""

    def cosh(self, a: Array) -> Array:
        """Hyperbolic cosine."""

    def tanh(self, a: Array) -> Array:
        """Hyperbolic tangent."""

    def erf(self, a: Array) -> Array:
        """Error function."""

    def lgamma(self, a: Array) -> Array:
        """Logarithm of the absolute value of the gamma function; inf at its poles."""

    def isnan(self, a: Array) -> Array:
        """Result dtype bool: whether an element is not a number; floats only."""

    def logical_not(self, a: Array) -> Array:
        """Result dtype bool: whether an element is zero."""

    def bitwise_not(self, a: Array) -> Array:
        """Complement of integers; logical not of bool."""

    # -- binary: equal dtypes, shapes that broadcast; the result has the common shape and dtype ------------------
    def add(self, a: Array, b: Array) -> Array:
        """Sum; ``or`` for bool."""

    def sub(self, a: Array, b: Array) -> Array:
        """Difference (not called for bool)."""

    def mul(self, a: Array, b: Array) -> Array:
        """Product; ``and`` for bool."""

    def div(self, a: Array, b: Array) -> Array:
        """True quotient; floats only."""

    def floor_divide(self, a: Array, b: Array) -> Array:
        """Quotient rounded down. Integer divisors are not zero (core checks)."""

    def remainder(self, a: Array, b: Array) -> Array:
        """Remainder with the sign of the divisor, as Python's ``%``; 0 keeps that of the dividend. Integer divisors are not 0."""

    def fmod(self, a: Array, b: Array) -> Array:
        """Remainder with the sign of the dividend, as C's ``fmod``. Integer divisors are not zero."""

    def pow(self, a: Array, b: Array) -> Array:
        """Power. Integer exponents are not negative."""

    def atan2(self, a: Array, b: Array) -> Array:
        """Angle of the point (b, a) in (-pi, pi]; floats only."""

    def maximum(self, a: Array, b: Array) -> Array:
        """The larger; nan if either is nan."""

    def minimum(self, a: Array, b: Array) -> Array:
        """The smaller; nan if either is nan."""

    def eq(self, a: Array, b: Array) -> Array:
        """Result dtype bool: equal; nan is not equal to anything."""

    def lt(self, a: Array, b: Array) -> Array:
        """Result dtype bool: less."""

    def le(self, a: Array, b: Array) -> Array:
        """Result dtype bool: less or equal."""

    def bitwise_and(self, a: Array, b: Array) -> Array:
        """And of the bits; integers and bool, as for the next four."""

    def bitwise_or(self, a: Array, b: Array) -> Array:
        """Or of the bits."""

    def bitwise_xor(self, a: Array, b: Array) -> Array:
        """Exclusive or of the bits."""

    def left_shift(self, a: Array, b: Array) -> Array:
        """Shift to the left; integers only, ``0 <= b < bits``."""

    def right_shift(self, a: Array, b: Array) -> Array:
        """Shift to the right, arithmetic for signed types; integers only, ``0 <= b < bits``."""

    def where(self, condition: Array, a: Array, b: Array) -> Array:
        """``a`` where the bool array ``condition`` holds, else ``b``; the three broadcast."""

    # -- reductions: `dims` is a sorted tuple of distinct dims (never empty for a dimensioned array) --------------
    def sum(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Sum in the dtype of ``a`` (not bool); an empty sum is 0."""

    def prod(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Product in the dtype of ``a`` (not bool); an empty product is 1."""

    def amax(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Maximum; nan if one is nan. The reduced dims are not empty."""

    def amin(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Minimum; nan if one is nan. The reduced dims are not empty."""

    def argmax(self, a: Array, dim: int, keepdim: bool) -> Array:
        """Result dtype int64: index of the first maximum along ``dim``; nan counts as the maximum."""

    def argmin(self, a: Array, dim: int, keepdim: bool) -> Array:
        """Result dtype int64: index of the first minimum along ``dim``; nan counts as the minimum."""

    def any(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Result dtype bool: whether an element is not zero (nan is not); False where empty."""

    def all(self, a: Array, dims: Shape, keepdim: bool) -> Array:
        """Result dtype bool: whether no element is zero; True where empty."""

    def cumsum(self, a: Array, dim: int) -> Array:
        """Running sum along ``dim`` in the dtype of ``a`` (not bool)."""

    def cumprod(self, a: Array, dim: int) -> Array:
        """Running product along ``dim`` in the dtype of ``a`` (not bool)."""

    # -- movement: aliases where the backend's views alias, except for the last three ------------------------------
    def reshape(self, a: Array, shape: Shape) -> Array:
        """The same elements in C order under another shape. An alias wherever the strides of ``a`` allow one."""

    def permute(self, a: Array, dims: Shape) -> Array:
        """Dimension i of the result is dimension ``dims[i]`` of ``a``."""

    def expand(self, a: Array, shape: Shape) -> Array:
        """``a`` broadcast to ``shape``: new dims lead, dims of size 1 repeat with stride 0."""

    def slice(self, a: Array, starts: Shape, lengths: Shape, steps: Shape) -> Array:
        """Elements ``start, start + step, …`` (``length`` of them, step >= 1) of every dim."""

    def as_strided(self, a: Array, shape: Shape, strides: Shape, offset: int) -> Array:
        """Element (i, j, …) lies ``offset + i * strides[0] + j * strides[1] + …`` elements after the first of ``a``.

        Strides are >= 0, and no element comes after the last of ``a`` in memory. Copies of views are C-contiguous: there
        the elements of ``a`` are counted in C order.
        """

    def flip(self, a: Array, dims: Shape) -> Array:
        """A copy with the order of elements along ``dims`` reversed."""

    def pad(self, a: Array, before: Shape, after: Shape, value: Scalar) -> Array:
        """A copy with ``before[d]`` and ``after[d]`` (>= 0) elements of ``value`` added to every dim d."""

    def concat(self, arrays: Sequence[Array], dim: int) -> Array:
        """A copy of the arrays (one or more, equal dtypes) one after the other along ``dim``."""

    # -- indexing: index arrays are int64 --------------------------------------------------------------------------
    def index(self, a: Array, indices: Sequence[Array]) -> Array:
        """``a[i0, i1, …]``: k index arrays of one shape S select along the first k dims; shape S + rest."""

    def index_put(self, target: Array, indices: Sequence[Array], values: Array, accumulate: bool) -> None:
        """Writes ``values`` (of shape S + rest) into ``target[i0, i1, …]``, added where ``accumulate``.

        Where an index occurs twice, all its values are added, or the last one stays.
        """

    def gather(self, a: Array, dim: int, index: Array) -> Array:
        """``result[i][j][k] = a[i][index[i][j][k]][k]`` for dim 1; ``index`` is nowhere larger but along dim."""

    def scatter(self, target: Array, dim: int, index: Array, source: Array) -> None:
        """Writes into ``target``: ``target[i][index[i][j][k]][k] = source[i][j][k]`` for dim 1; the last one stays.

        ``source`` has the shape of ``index``.
        """

    def scatter_add(self, target: Array, dim: int, index: Array, source: Array) -> None:
        """Writes into ``target``: as :meth:`scatter`, but adds, every one of repeated indices."""

    def nonzero(self, a: Array) -> Array:
        """Result dtype int64 and shape (count, ndim): indices of the elements that are not zero, in C order."""

    # -- the rest ------------------------------------------------------------------------------------------------------
    def sort(self, a: Array, dim: int, descending: bool) -> tuple[Array, Array]:
        """Sorted values and their int64 indices, stable in both directions; nan counts as the largest."""

    def searchsorted(self, sorted_sequence: Array, values: Array, right: bool) -> Array:
        """Result dtype int64, shape of ``values``: insertion points in a one-dimensional ascending array."""

    def matmul(self, a: Array, b: Array) -> Array:
        """Product of matrices ``(…, n, k) @ (…, k, m)``; both have two dims or more, leading ones broadcast."""
