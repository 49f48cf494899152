"""The functions of ``cupy`` that are not element-wise. Parameters have CuPy's names; what is not used is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.exceptions import AxisError

from . import _streams
from ._machine import machine
from ._ndarray import BFLOAT_CODE, allocate, check_device, dtype_code, is_bfloat, ndarray, supported_dtype, wrap
from ._ufunc import WHERE
from ._waiting import waits

# -- making arrays -------------------------------------------------------------------------------------------------


def empty(shape: Any, dtype: Any = float, order: Any = "C") -> ndarray:
    return allocate(shape, dtype, order)


def zeros(shape: Any, dtype: Any = float, order: Any = "C") -> ndarray:
    if _streams.get_current_stream().is_capturing():
        return full(shape, 0, dtype, order)
    return wrap(np.zeros(shape, supported_dtype(dtype), order=order))


def ones(shape: Any, dtype: Any = float) -> ndarray:
    return wrap(np.ones(shape, supported_dtype(dtype)))


def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> ndarray:
    if dtype is None:
        dtype = fill_value.dtype if isinstance(fill_value, ndarray) else np.asarray(fill_value).dtype
    result = allocate(shape, dtype, order)
    copyto(result, fill_value, casting="unsafe")
    return result


def empty_like(prototype: Any, dtype: Any = None, order: Any = "K", subok: Any = None, shape: Any = None) -> ndarray:
    _check_arrays(prototype)
    result = wrap(np.empty_like(prototype._host, dtype, order, shape=shape))
    result.fill(True if result.dtype.kind == "b" else 99)
    return result


def zeros_like(a: Any, dtype: Any = None, order: Any = "K", subok: Any = None, shape: Any = None) -> ndarray:
    result = empty_like(a, dtype, order, subok, shape)
    result.fill(0)
    return result


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> ndarray:
    first, last = (0, start) if stop is None else (start, stop)
    return wrap(np.arange(first, last, step, dtype=supported_dtype(dtype or type(first + last + step))))


def array(
    obj: Any, dtype: Any = None, copy: Any = True, order: Any = "K", subok: bool = False, ndmin: int = 0, *,
    blocking: bool = False,
) -> ndarray:  # fmt: skip
    if not isinstance(obj, ndarray):
        made = wrap(np.array(obj, dtype, order=order, ndmin=ndmin))
        if made.size and (made.ndim or blocking):  # a number is the argument of a kernel
            waits("an array of the host")
        return made
    if obj.data.device_id != machine.get_device():
        return obj.copy("C").astype(dtype or obj.dtype, copy=False)
    return obj.astype(dtype or obj.dtype, order, copy=bool(copy))


def asarray(a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None, blocking: bool = False) -> ndarray:
    return array(a, dtype, copy=copy, order=order or "K", blocking=blocking)


def ascontiguousarray(a: Any, dtype: Any = None) -> ndarray:
    made = asarray(a, dtype)
    return made if made.flags.c_contiguous else made.copy()


def asnumpy(a: Any, stream: Any = None, order: str = "C", out: Any = None, *, blocking: bool = True) -> Any:
    return a.get(stream, order, out, blocking) if isinstance(a, ndarray) else np.asarray(a)


def from_dlpack(array: Any, *, device: Any = None, copy: Any = None) -> ndarray:
    """Only the stand-in's own arrays claim to be on a CUDA device."""
    kind, index = array.__dlpack_device__()
    if kind != 2 or index != machine.get_device():
        raise RuntimeError("the stand-in takes DLPack arrays of the current CUDA device only")
    return array.view() if isinstance(array, ndarray) else _foreign(array)


def _foreign(array: Any) -> ndarray:
    """An array of another library on pretend device memory, of which it is a view."""
    from ._memory import Memory

    capsule = array.__dlpack__(stream=None)
    bfloat = "versioned" in repr(capsule) and dtype_code(capsule).value == BFLOAT_CODE
    if bfloat:
        dtype_code(capsule).value = 0

    class OnHost:
        def __dlpack__(self, **keywords: Any) -> Any:
            return capsule

        def __dlpack_device__(self) -> tuple[int, int]:
            return 1, 0

    host = np.from_dlpack(OnHost())
    host = host.view("bfloat16") if bfloat else host
    return ndarray._made(host, Memory.foreign(host))


# -- copying and choosing ------------------------------------------------------------------------------------------


def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = None) -> None:
    _check_arrays(dst)
    if isinstance(src, np.ndarray) and src.size != 1:
        raise ValueError("non-scalar numpy.ndarray cannot be used for copyto")
    if isinstance(src, ndarray):
        if not np.can_cast(src.dtype, dst.dtype, casting):
            raise TypeError(f"Cannot cast {src.dtype} to {dst.dtype} in {casting} casting mode")
        if src.device != dst.device and (where is not None or src.shape != dst.shape or src.dtype != dst.dtype):
            raise ValueError("between devices there is neither casting, where nor broadcasting")
    if where is not None:
        check_device(dst, src, where)
    source = src._host if isinstance(src, ndarray) else src

    def write() -> None:
        with np.errstate(all="ignore"):
            np.copyto(dst._host, source, casting, True if where is None else where._host)

    if not _streams.capture(write):
        write()


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise ValueError("Must provide both 'x' and 'y' or neither.")
    _check_arrays(condition)
    return WHERE(condition.astype("?", copy=False), x, y)


def frexp(x1: Any) -> tuple[ndarray, ndarray]:
    if x1.dtype.kind != "f" and not is_bfloat(x1.dtype):
        raise TypeError("Wrong type of arguments for cupy_frexp")
    mantissa, exponent = np.frexp(x1._host.astype("float32") if is_bfloat(x1.dtype) else x1._host)
    return wrap(np.asarray(mantissa).astype(x1.dtype)), wrap(np.asarray(exponent))


def as_strided(x: Any, shape: Any = None, strides: Any = None) -> Any:
    viewed = np.lib.stride_tricks.as_strided(x._host, shape, strides)
    return x._viewed(viewed)


# -- movement ------------------------------------------------------------------------------------------------------


def broadcast_to(array: Any, shape: Any) -> Any:
    return array._viewed(np.broadcast_to(array._host, shape))


def flip(a: Any, axis: Any = None) -> Any:
    _check_axis(a, axis)
    return a._viewed(np.flip(a._host, axis))


def roll(a: Any, shift: Any, axis: Any = None) -> ndarray:
    _check_axis(a, axis)
    return wrap(np.roll(a._host, shift, axis))


def repeat(a: Any, repeats: Any, axis: Any = None) -> ndarray:
    _check_axis(a, axis)
    return wrap(np.repeat(a._host, repeats, axis))


def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> ndarray:
    _check_arrays(x)
    return wrap(np.asarray(np.nan_to_num(x._host, copy, nan, posinf, neginf)))


def expand_dims(a: Any, axis: Any) -> Any:
    return a._viewed(np.expand_dims(a._host, axis))


def concatenate(tup: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind") -> ndarray:
    _check_arrays(*tup)
    check_device(*tup)
    _refuse(out=out)
    return wrap(np.concatenate([one._host for one in tup], axis, dtype=dtype, casting=casting))


def stack(tup: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind") -> ndarray:
    return concatenate([expand_dims(one, axis) for one in tup], axis, out, dtype=dtype, casting=casting)


# -- reductions: 0-d arrays, never scalars -------------------------------------------------------------------------


def _reduced(function: Callable[..., Any], a: Any, axis: Any, keepdims: bool, dtype: Any = None) -> ndarray:
    _check_arrays(a)
    check_device(a)
    _check_axis(a, axis)
    options = {} if dtype is None else {"dtype": supported_dtype(dtype)}
    if not is_bfloat(a.dtype) and a.dtype != "float16":
        with np.errstate(all="ignore"):
            return wrap(function(a._host, axis=axis, keepdims=keepdims, **options))
    result = _reduced(
        function, wrap(a._host.astype("float32")), axis, keepdims
    )  # as CuPy adds halves up, and rounds the result
    return result.astype(a.dtype if dtype is None else dtype) if result.dtype == "float32" else result


def sum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out)
    return _reduced(np.sum, a, axis, keepdims, dtype)


def prod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out)
    return _reduced(np.prod, a, axis, keepdims, dtype)


def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out)
    return _reduced(np.mean, a, axis, keepdims, dtype)


def amax(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out)
    return _reduced(np.max, a, axis, keepdims)


def amin(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out)
    return _reduced(np.min, a, axis, keepdims)


max, min = amax, amin


def any(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out)
    return _reduced(np.any, a, axis, keepdims)


def all(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out)
    return _reduced(np.all, a, axis, keepdims)


def argmax(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out, dtype=dtype)
    return _reduced(np.argmax, a, axis, keepdims)


def argmin(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False) -> ndarray:
    _refuse(out=out, dtype=dtype)
    return _reduced(np.argmin, a, axis, keepdims)


def count_nonzero(a: Any, axis: Any = None) -> ndarray:
    return _reduced(lambda host, axis, keepdims: np.asarray(np.count_nonzero(host, axis=axis)), a, axis, False)


def _scanned(function: Callable[..., Any], a: Any, axis: Any, dtype: Any) -> ndarray:
    _check_arrays(a)
    check_device(a)
    _check_axis(a, axis)
    _lacks_bfloat("a scan", a)
    # CuPy adds up by trees, which lose next to no digits; NumPy one element after the other.
    own = np.dtype(a.dtype if dtype is None else dtype)
    with np.errstate(all="ignore"):
        if own != "float32":
            return wrap(function(a._host, axis=axis, dtype=dtype))
        return wrap(function(a._host, axis=axis, dtype="float64").astype(own))


def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> ndarray:
    _refuse(out=out)
    return _scanned(np.cumsum, a, axis, dtype)


def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> ndarray:
    _refuse(out=out)
    return _scanned(np.cumprod, a, axis, dtype)


# -- sorting, searching, products ----------------------------------------------------------------------------------


def _check_kind(kind: Any) -> None:
    if kind not in (None, "stable"):
        raise ValueError("kind can only be None or 'stable'")


def argsort(a: Any, axis: Any = -1, kind: Any = None) -> ndarray:
    _check_kind(kind)
    check_device(a)
    _lacks_bfloat("Thrust", a)
    data = a if a.ndim else a.reshape(1)
    _check_axis(data, axis)
    return wrap(np.argsort(data._host, axis, kind="stable"))


def sort(a: Any, axis: Any = -1, kind: Any = None) -> ndarray:
    _check_kind(kind)
    check_device(a)
    _lacks_bfloat("Thrust", a)
    _check_axis(a, axis)
    return wrap(np.sort(a._host, axis, kind="stable"))


def lexsort(keys: Any) -> ndarray:
    check_device(keys)
    _lacks_bfloat("Thrust", keys)
    if keys.ndim > 2:
        raise NotImplementedError("Keys with the rank of three or more is not supported in lexsort")
    return wrap(np.lexsort(keys._host))


def nonzero(a: Any) -> tuple[ndarray, ...]:
    _check_arrays(a)
    check_device(a)
    waits("nonzero, whose result's shape the elements say")
    if not a.ndim:
        warnings.warn("calling nonzero on 0d arrays is deprecated", DeprecationWarning, stacklevel=2)
        return (zeros(int(bool(a._host)), "int64"),)
    return tuple(wrap(places) for places in np.nonzero(a._host))


def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> ndarray:
    if not isinstance(a, ndarray):
        raise NotImplementedError("Only int or ndarray are supported for a")
    if not isinstance(v, ndarray):
        raise NotImplementedError("Only python scalars or ndarrays are supported for v")
    if a.ndim != 1:
        raise ValueError("object too deep for desired array or of too small depth")
    _refuse(sorter=sorter)
    check_device(a, v)
    _lacks_bfloat("searchsorted, which sees no nan in it", a, v)
    return wrap(np.searchsorted(a._host, v._host, side))


def take(a: Any, indices: Any, axis: Any = None, out: Any = None) -> Any:
    _refuse(out=out)
    return a.take(indices, axis)


def take_along_axis(a: Any, indices: Any, axis: Any) -> Any:
    return a[_along(a, indices, axis)]


def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    arr[_along(arr, indices, axis)] = values


def _along(a: Any, indices: Any, axis: int) -> tuple[ndarray, ...]:
    if indices.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if indices.ndim != a.ndim:
        raise ValueError("`indices` and `a` must have the same number of dimensions")
    _check_axis(a, axis)
    return tuple(
        indices if dim == axis % a.ndim else arange(size).reshape((-1,) + (1,) * (a.ndim - 1 - dim))
        for dim, size in enumerate(a.shape)
    )


def matmul(
    *args: Any, axes: Any = None, axis: Any = None, keepdims: bool = False, casting: Any = "same_kind",
    dtype: Any = None, signature: Any = None, order: str = "K", out: Any = None,
) -> Any:  # fmt: skip
    _check_arrays(*args)
    check_device(*args, out)
    _refuse(axes=axes, axis=axis, dtype=dtype, signature=signature)
    first, second = args
    with np.errstate(all="ignore"):
        product = wrap(_product(first, second))
    if out is None:
        return product
    copyto(out, product)
    return out


def _product(first: Any, second: Any) -> Any:
    """What ``matmul`` of two arrays gives: cuBLAS adds products of 16 bits up in float32, but CuPy gives it matrices only."""
    if not is_bfloat(np.promote_types(first.dtype, second.dtype)):
        return np.matmul(first._host, second._host)
    if first.ndim > 2 or second.ndim > 2:
        raise TypeError("dtype is not supported: bfloat16")
    return np.matmul(first._host.astype("float32"), second._host.astype("float32")).astype(first.dtype)


# -- checks --------------------------------------------------------------------------------------------------------


def _check_arrays(*arrays: Any) -> None:
    for one in arrays:
        if not isinstance(one, ndarray):
            raise TypeError(f"Unsupported type {type(one)}")


def _lacks_bfloat(what: str, *arrays: Any) -> None:
    if True in [is_bfloat(array.dtype) for array in arrays]:  # `any` is CuPy's here
        raise TypeError(f"{what} has no bfloat16")


def _check_axis(a: Any, axis: Any) -> None:
    for one in axis if isinstance(axis, tuple) else () if axis is None else (axis,):
        if not -a.ndim <= one < a.ndim:
            raise AxisError(one, a.ndim)


def _refuse(**keywords: Any) -> None:
    for name, value in keywords.items():
        if value is not None:
            raise NotImplementedError(f"the stand-in knows no {name}=")
