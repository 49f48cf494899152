"""Single conditions that the contract of the kernels is made of, and the error for one that does not hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NoReturn

from flambeau.backend import Shape

from .dtypes import FLOATS, TYPECODES, limits
from .storage import MinimalArray, broadcast_shape, elements

__all__ = ["Checks", "ContractViolation"]


class ContractViolation(RuntimeError):  # noqa: N818 (it says what happened, as StopIteration does)
    """A kernel was called with arguments that its contract excludes.

    Attributes:
        kernel: its name.
        precondition: what the contract asks for.
        found: what the call had instead.
    """

    def __init__(self, kernel: str, precondition: str, found: object) -> None:
        self.kernel = kernel
        self.precondition = precondition
        self.found = found
        super().__init__(f"kernel '{kernel}' was called against its contract: {precondition}; found {found}")


class Checks:
    """The single conditions, for one kernel of one device. Each passes in silence or raises."""

    def __init__(self, kernel: str, device: int) -> None:
        self.kernel = kernel
        self.device = device

    def violated(self, precondition: str, found: object) -> NoReturn:
        """Raise for ``precondition``."""
        raise ContractViolation(self.kernel, precondition, found)

    def require(self, holds: bool, precondition: str, found: object) -> None:
        """``holds`` is true."""
        if not holds:
            self.violated(precondition, found)

    # -- arrays ------------------------------------------------------------------------------------

    def array(self, a: object) -> None:
        """``a`` is an array of this backend and on this device."""
        if not isinstance(a, MinimalArray):
            self.violated("arrays are the backend's own", type(a).__name__)
        if a.device != self.device:
            self.violated(f"arrays are on the kernel's device, minimal:{self.device}", f"minimal:{a.device}")

    def arrays(self, arrays: Sequence[MinimalArray]) -> None:
        """All are arrays of one dtype, on this device."""
        for a in arrays:
            self.array(a)
        dtypes = [a.dtype for a in arrays]
        self.require(len(set(dtypes)) <= 1, "dtypes are equal", dtypes)

    def dtype_in(self, a: MinimalArray, allowed: Collection[str]) -> None:
        """The dtype of ``a`` is one for which the kernel is called."""
        self.require(a.dtype in allowed, f"the dtype is one of {', '.join(sorted(allowed))}", a.dtype)

    def dtype_is(self, a: MinimalArray, dtype: str) -> None:
        """``a`` is an array of ``dtype``."""
        self.array(a)
        self.require(a.dtype == dtype, f"the dtype is {dtype}", a.dtype)

    def broadcastable(self, arrays: Sequence[MinimalArray]) -> None:
        """The shapes broadcast to a common one."""
        shapes = [a.shape for a in arrays]
        self.require(broadcast_shape(shapes) is not None, "shapes broadcast", shapes)

    def same_shape(self, shape: Shape, expected: Shape, what: str) -> None:
        """``shape`` is ``expected``."""
        self.require(tuple(shape) == tuple(expected), f"{what} is {tuple(expected)}", tuple(shape))

    def expands(self, a: MinimalArray, shape: Shape) -> None:
        """``a`` broadcasts to exactly ``shape``."""
        common = broadcast_shape([a.shape, shape])
        self.require(common == tuple(shape), f"the shape broadcasts to {tuple(shape)}", a.shape)

    def indices_fit(self, index: MinimalArray, size: int) -> None:
        """All elements of the int64 array ``index`` are in ``0 <= index < size``."""
        values = elements(index)
        outside = [value for value in values if not 0 <= value < size]
        self.require(not outside, f"indices are in 0 <= index < {size}", outside[:3])

    # -- plain arguments ---------------------------------------------------------------------------

    def flag(self, value: object) -> None:
        """A bool."""
        self.require(isinstance(value, bool), "flags are bools", repr(value))

    def dtype(self, name: object) -> None:
        """The name of a dtype that the backend has."""
        self.require(name in TYPECODES, f"dtypes are names: {', '.join(TYPECODES)}", repr(name))

    def counts(self, values: object, length: int, what: str) -> None:
        """A tuple of ``length`` ints that are not negative."""
        self.shape(values)
        assert isinstance(values, tuple)
        self.require(len(values) == length, f"{what} has {length} entries", values)

    def shape(self, shape: object) -> None:
        """A tuple of ints that are not negative."""
        fits = isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape)
        self.require(fits, "shapes, dims and the like are tuples of ints >= 0", repr(shape))

    def dim(self, dim: object, ndim: int) -> None:
        """One normalised dim."""
        fits = type(dim) is int and 0 <= dim < ndim
        self.require(fits, f"dims are normalised to 0 <= dim < {ndim}", repr(dim))

    def dims(self, dims: object, ndim: int) -> None:
        """A sorted tuple of distinct normalised dims."""
        self.shape(dims)
        assert isinstance(dims, tuple)
        self.require(all(dim < ndim for dim in dims), f"dims are normalised to 0 <= dim < {ndim}", dims)
        self.require(list(dims) == sorted(set(dims)), "dims are sorted and distinct", dims)

    def value(self, value: object, dtype: str) -> None:
        """A Python number that ``dtype`` can hold."""
        if dtype in FLOATS:
            self.require(isinstance(value, (int, float)), f"{dtype} can hold the value", repr(value))
            return
        lowest, highest = limits(dtype)
        fits = isinstance(value, int) and lowest <= value <= highest
        self.require(fits, f"{dtype} can hold the value", repr(value))
