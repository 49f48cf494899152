"""complex32, pairs of halves, which array libraries do not have: kept as bits of int32, computed in complex64.

Every backend that has int32, float16, complex64 and the extension "bytes" gets it from here. What moves elements moves the bits;
what computes, for the kernels that PyTorch's CPU has too, makes complex64 of them and rounds the result; the others are refused
in PyTorch's words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flambeau.dtypes import complex64

from .kernels import Array
from .table import OPTIONAL, REQUIRED, KernelTable

if TYPE_CHECKING:
    from .protocol import Backend
    from .types import TensorType

__all__ = ["PAIRS", "converting_to_pairs", "kernels_of_pairs"]

PAIRS, _BITS, _WIDE = "complex32", "int32", "complex64"

_MOVING = (
    "to_host", "clone", "copy_into", "where", "reshape", "permute", "expand", "slice", "as_strided", "flip", "concat", "index",
    "gather", "scatter", "select", "roll", "repeat_interleave", "index_select", "bitcast",
)  # fmt: skip
"""Kernels that only move elements: the bits will do."""

_COMPUTING = (
    "add", "sub", "mul", "neg", "abs", "conj", "eq", "ne", "isnan", "isinf", "isfinite", "any", "all", "nonzero", "item",
    "count_nonzero", "square_sum", "var",
)  # fmt: skip
"""Kernels that PyTorch has for complex numbers of halves, computed in complex64."""

_ADDING = {"scatter_add": 3, "index_add": 3}
"""Kernels that add to their first argument, and where what they add stands."""

_NAMES = {
    "arange": "arange_cpu", "pow": "pow", "square": "pow", "exp2": "exp2", "prod": "prod_out_cpu", "mean": "sum_cpu",
    "cumsum": "cumsum_out_cpu", "cumprod": "cumprod_out_cpu", "matmul": "addmm_impl_cpu_", "addmm": "addmm_impl_cpu_",
    "softmax": "softmax_kernel_impl", "log_softmax": "log_softmax_lastdim_kernel_impl", "amax": "max_all", "amin": "min_all",
    "sort": "sort", "nan_to_num": "nan_to_num",
    **{
        name: f"{name}_vml_cpu"
        for name in (
            "exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "tanh", "asin", "acos", "atan", "sqrt", "round",
        )
    },
}  # fmt: skip
"""What PyTorch calls a kernel, where that is not its name with ``_cpu``."""


def widened(kernels: Any, strides: Callable[[Array], Any], bits: Array) -> Array:
    """The numbers in complex64."""
    shape = tuple(bits.shape)
    halves = kernels.bitcast(kernels.reshape(bits, (*shape, 1)), "float16")
    parts = kernels.cast(halves, "float32")
    if strides(parts)[-1] != 1 or any(stride % 2 for stride in strides(parts)[:-1]):  # of an expanded array
        parts = kernels.clone(parts, False)
    return kernels.reshape(kernels.bitcast(parts, _WIDE), shape)


def narrowed(kernels: Any, strides: Callable[[Array], Any], numbers: Array) -> Array:
    """Numbers of complex64, rounded, as bits."""
    shape = tuple(numbers.shape)
    parts = kernels.bitcast(kernels.reshape(numbers, (*shape, 1)), "float32")
    halves = kernels.cast(parts, "float16")
    if strides(halves)[-1] != 1 or any(stride % 2 for stride in strides(halves)[:-1]):
        halves = kernels.clone(halves, False)
    return kernels.reshape(kernels.bitcast(halves, _BITS), shape)


def converting_to_pairs(kernels: KernelTable, type_: TensorType) -> KernelTable:
    """The kernels of another dtype, two of which know what to make of the name complex32."""
    cast, bitcast, strides = kernels.cast, kernels.bitcast, type_.backend.strides

    def cast_to(a: Array, dtype: str) -> Array:
        return narrowed(kernels, strides, cast(a, _WIDE)) if dtype == PAIRS else cast(a, dtype)

    def bitcast_to(a: Array, dtype: str) -> Array:
        return bitcast(a, _BITS if dtype == PAIRS else dtype)

    return kernels.with_ufuncs({"cast": cast_to, "bitcast": bitcast_to})


def kernels_of_pairs(place_kernels: KernelTable, type_: TensorType) -> KernelTable:
    """The kernels of complex32."""
    wide = type_.place.type(complex64).kernels
    return KernelTable(_Pairs(place_kernels, wide, type_.backend).table(), place_kernels.backend_name, ("bytes",))


class _Pairs:
    """The kernels of complex32 in terms of those of the device and of complex64."""

    def __init__(self, kernels: Any, wide: Any, backend: Backend) -> None:
        self.kernels, self.wide, self._strides = kernels, wide, backend.strides
        self._dtype_name = backend.dtype_name

    def are_pairs(self, value: Any) -> bool:
        """Whether an argument is an array of pairs: indices are int64, and masks bool."""
        return hasattr(value, "shape") and self._dtype_name(value) == _BITS

    def table(self) -> dict[str, Callable[..., Any]]:
        """All of them, by name."""
        made: dict[str, Callable[..., Any]] = {
            name: self.refusing(name)
            for name in (*REQUIRED, *OPTIONAL)
            if name in REQUIRED or _elementwise(self.wide, name)
        }
        made |= {name: getattr(self.kernels, name) for name in _MOVING if getattr(self.kernels, name, None) is not None}
        made |= {name: self.computing(name) for name in _COMPUTING if getattr(self.wide, name, None) is not None}
        made |= {
            name: self.adding(name, place) for name, place in _ADDING.items() if getattr(self.wide, name) is not None
        }
        own = ("empty", "full", "from_host", "cast", "bitcast", "pad", "index_put")
        return made | {name: getattr(self, name) for name in own}

    def widen(self, bits: Array) -> Array:
        """See :func:`widened`."""
        return widened(self.kernels, self._strides, bits)

    def narrow(self, numbers: Array) -> Array:
        """See :func:`narrowed`."""
        return narrowed(self.kernels, self._strides, numbers)

    def rounded(self, result: Any) -> Any:
        """A result in complex64 as bits, one in float32 in halves; others as they are."""
        if not hasattr(result, "shape"):  # a Python number
            return result
        kind = self._dtype_name(result)
        if kind == _WIDE:
            return self.narrow(result)
        return self.kernels.cast(result, "float16") if kind == "float32" else result

    def computing(self, name: str) -> Callable[..., Any]:
        """A kernel by way of complex64; its arguments are arrays of pairs and, after them, others."""
        kernel = getattr(self.wide, name)
        count = 2 if name in ("add", "sub", "mul", "eq", "ne") else 1

        def compute(*arguments: Any, out: Array | None = None) -> Any:
            if not self.are_pairs(arguments[0]):
                return kernel(*arguments)
            operands = [self.widen(each) for each in arguments[:count]]
            result = self.rounded(kernel(*operands, *arguments[count:]))
            if out is None:
                return result
            self.kernels.copy_into(out, result)
            return out

        return compute

    def refusing(self, name: str) -> Callable[..., Any]:
        """A kernel that PyTorch's CPU does not have for complex numbers of halves."""

        def refuse(*arguments: Any, **options: Any) -> Any:
            if PAIRS in filter(_is_text, arguments) or any(map(self.are_pairs, arguments)):
                raise NotImplementedError(f"\"{_NAMES.get(name, f'{name}_cpu')}\" not implemented for 'ComplexHalf'")
            return getattr(self.wide, name)(*arguments, **options)

        return refuse

    def adding(self, name: str, place: int) -> Callable[..., None]:
        """A kernel that adds to its first argument, by way of complex64."""
        kernel = getattr(self.wide, name)

        def add(target: Array, *arguments: Any) -> None:
            total = self.widen(target)
            kernel(total, *(self.widen(each) if n == place else each for n, each in enumerate(arguments, 1)))
            self.kernels.copy_into(target, self.narrow(total))

        return add

    def empty(self, shape: Any, dtype: str) -> Array:
        """An array of any contents."""
        return self.kernels.empty(shape, _BITS if dtype == PAIRS else dtype)

    def full(self, shape: Any, value: Any, dtype: str) -> Array:
        """An array of one number."""
        if dtype != PAIRS:
            return self.kernels.full(shape, value, dtype)
        return self.narrow(self.kernels.full(shape, value, _WIDE))

    def from_host(self, buffer: Any, shape: Any, dtype: str) -> Array:
        """An array of bytes, of pairs."""
        return self.kernels.from_host(buffer, shape, _BITS if dtype == PAIRS else dtype)

    def cast(self, a: Array, dtype: str) -> Array:
        """The numbers in another dtype."""
        if not self.are_pairs(a):
            return self.wide.cast(a, dtype)
        return self.kernels.clone(a, True) if dtype == PAIRS else self.wide.cast(self.widen(a), dtype)

    def bitcast(self, a: Array, dtype: str) -> Array:
        """The bits as another dtype."""
        return self.kernels.bitcast(a, _BITS if dtype == PAIRS else dtype)

    def pad(self, a: Array, before: Any, after: Any, value: Any) -> Array:
        """An array with a number around it."""
        bits = self.kernels.item(self.full((), value, PAIRS))
        return self.kernels.pad(a, before, after, bits)

    def index_put(self, target: Array, indices: Any, values: Array, accumulate: bool) -> None:
        """Write at places, or add."""
        if not accumulate:
            self.kernels.index_put(target, indices, values, False)
            return
        total = self.widen(target)
        self.wide.index_put(total, indices, self.widen(values), True)
        self.kernels.copy_into(target, self.narrow(total))


def _elementwise(wide: Any, name: str) -> bool:
    """Whether an optional kernel is there for complex64, perhaps as a composition: the ops count on it."""
    return getattr(wide, name, None) is not None and name not in ("index_add", "index_select")


def _is_text(value: object) -> bool:
    return isinstance(value, str)
