"""``out=``: a result that is written into a tensor which was given, with what that has to be."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau._tensor.modes import grad_enabled
from flambeau._tensor.sparse import unlike_layouts
from flambeau._tensor.storage import check_inference, propagate_write
from flambeau.dtypes import scalar_type_name
from flambeau.errors import level_of_caller
from flambeau.promotion import (
    can_cast,
    cast_error,
    result_dtype,
)
from flambeau.shapes import output_error

from .late import held_back
from .overlaps import check_out

__all__ = [
    "c_name",
    "check_stored",
    "out_dtype_error",
    "public_name",
    "store",
    "with_boolean_out",
    "with_exact_out",
    "with_out",
    "with_out_of_same_dtype",
    "with_promoted_out",
    "with_truth_out",
]


def public_name(function: Callable[..., Any]) -> str:
    """What a program calls a function: ``max`` for the one that finds the largest element along a dimension."""
    name = function.__name__
    return name if name[0] != "_" else name.strip("_").removesuffix("_all").removesuffix("_dim")


def with_out(out: Any, function: Callable[..., Any], *args: Any, resizing: bool = False, **kwargs: Any) -> Any:
    """Run ``function`` and write its result into ``out``: a tensor, or a tuple of them for several results.

    A function with ``dtype=`` computes in the dtype of ``out``; one that is ``resizing`` may give it another shape.

    Raises:
        RuntimeError: gradients would have to flow, or the result's dtype cannot be converted to that of ``out``;
            nothing has been written then.
    """
    if "dtype" in kwargs and isinstance(out, Tensor):
        asked = kwargs["dtype"]
        if asked is not None and (asked := dtypes.as_dtype(asked)) is not out.dtype:
            raise out_dtype_error(asked, out.dtype)
        kwargs["dtype"] = out.dtype
    return _written(out, function, args, kwargs, _check_out, warns=not resizing)


def with_exact_out(out: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """As :func:`with_out`, for ops whose result is not converted: ``out`` must have its dtype."""
    return _written(out, function, args, kwargs, _check_exact_out)


def _written(
    out: Any,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    check: Callable[[Tensor, Tensor], None],
    *,
    warns: bool = True,
) -> Any:
    outs = (out,) if isinstance(out, Tensor) else tuple(out) if isinstance(out, (tuple, list)) else ()
    if not outs or not all(isinstance(target, Tensor) for target in outs):
        raise TypeError(f"{public_name(function)}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if grad_enabled() and _any_node((*args, *kwargs.values(), *outs)):
        raise RuntimeError(
            f"{public_name(function)}(): functions with out=... arguments don't support automatic differentiation, "
            "but one of the arguments requires grad."
        )
    for target in outs:
        check_inference(target)
    given = args[0] if args and isinstance(args[0], Tensor) else outs[0]
    with held_back(given):
        result, results = _fitting(out, outs, function, args, kwargs, check)
    if isinstance(out, Tensor) and out._sparse:
        return out.copy_(result)
    for target, value in zip(outs, results, strict=True):
        _write_out(target, value, warns=warns)
    return type(result)(*outs) if hasattr(result, "_fields") else out


def _fitting(
    out: Any,
    outs: tuple[Tensor, ...],
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    check: Callable[[Tensor, Tensor], None],
) -> tuple[Any, tuple[Tensor, ...]]:
    """What ``function`` gives, and the results in it, which can be written into the tensors that were given."""
    result = function(*args, **kwargs)
    if isinstance(out, Tensor) and (out._sparse or result._sparse):
        if out._sparse is not result._sparse:
            raise unlike_layouts(out, result)
        return result, (result,)
    results = (result,) if isinstance(result, Tensor) else tuple(result)
    if len(outs) != len(results):
        raise TypeError(f"expected tuple of {len(results)} elements but got {len(outs)}")
    for target, value in zip(outs, results, strict=True):
        check(target, value)
        resized = target._array.shape != value._array.shape
        elementwise = getattr(getattr(function, "row", None), "promotion", "") != ""
        check_out(public_name(function), target, args, elementwise=elementwise, resized=resized)
    return result, results


def with_out_of_same_dtype(out: Any, function: Callable[..., Any], input: Any, *args: Any) -> Any:
    """:func:`with_out` for ops that promote nothing: not into another dtype than that of the first operand either.

    Raises:
        RuntimeError: ``out`` has another dtype than ``input``, in PyTorch's words.
    """
    if isinstance(out, Tensor) and isinstance(input, Tensor) and out._type.dtype is not input._type.dtype:
        raise RuntimeError(f"Found dtype {scalar_type_name(out.dtype)} but expected {scalar_type_name(input.dtype)}")
    return with_out(out, function, input, *args)


def with_promoted_out(out: Any, function: Callable[..., Any], input: Any, *operands: Any) -> Any:
    """:func:`with_out` for ops that beside numbers write into their own dtype alone.

    Raises:
        RuntimeError: the operands beside ``input`` are numbers, and ``out`` has another dtype than the result.
    """
    if isinstance(out, Tensor) and isinstance(input, Tensor) and not any(isinstance(each, Tensor) for each in operands):
        dtype = result_dtype([input, *(each for each in operands if each is not None)])
        if dtype is not out._type.dtype:
            raise RuntimeError(f"Found dtype {scalar_type_name(out.dtype)} but expected {scalar_type_name(dtype)}")
    return with_out(out, function, input, *operands)


def with_boolean_out(out: Any, function: Callable[..., Any], input: Any) -> Any:
    """:func:`with_out` for tests whose truth PyTorch writes into bool alone.

    Raises:
        RuntimeError: ``out`` is not bool, in PyTorch's words.
    """
    if isinstance(out, Tensor) and out._type.dtype is not dtypes.bool:
        raise RuntimeError(f"{function.__name__} does not support non-boolean outputs.")
    return with_out(out, function, input)


def with_truth_out(out: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """:func:`with_out` for reductions to truth, which go into bool and uint8, whatever the dtype of what is reduced.

    Raises:
        RuntimeError: ``out`` has another dtype, in PyTorch's words.
    """
    if not isinstance(out, Tensor):
        return with_out(out, function, *args, **kwargs)
    if out._type.dtype not in (dtypes.bool, dtypes.uint8):
        raise RuntimeError(
            f"{function.__name__} only supports bool tensor for result, got: {scalar_type_name(out.dtype)}"
        )

    @wraps(function)
    def converted(*args: Any, **kwargs: Any) -> Tensor:
        result = function(*args, **kwargs)
        return result._to_type(result._type.with_dtype(out.dtype))  # type: ignore[no-any-return]

    return with_out(out, converted, *args, **kwargs)


def _any_node(values: Sequence[Any]) -> bool:
    return any(
        getattr(value, "requires_grad", False) is True
        or (isinstance(value, (list, tuple)) and any(getattr(entry, "requires_grad", False) is True for entry in value))
        for value in values
    )


def _check_out(target: Tensor, value: Tensor) -> None:
    if target._type.place is not value._type.place:
        raise RuntimeError(
            f"Expected out tensor to have device {value._type.device}, but got {target._type.device} instead"
        )
    if not can_cast(value.dtype, target.dtype):
        raise cast_error(value.dtype, target.dtype)


def _check_exact_out(target: Tensor, value: Tensor) -> None:
    _check_out(target, value)
    if target.dtype is not value.dtype:
        raise out_dtype_error(value.dtype, target.dtype)


_C_NAMES = {
    "float32": "float", "float64": "double", "int64": "long int", "int32": "int", "int16": "short int",
    "int8": "signed char", "uint8": "unsigned char", "float16": "c10::Half", "bfloat16": "c10::BFloat16",
    "complex32": "c10::complex<c10::Half>", "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def out_dtype_error(expected: dtypes.dtype, found: dtypes.dtype) -> RuntimeError:
    """PyTorch's error for an ``out=`` of another dtype than the result."""
    return RuntimeError(f"Expected out tensor to have dtype {c_name(expected)}, but got {c_name(found)} instead")


def c_name(dtype: dtypes.dtype) -> str:
    """The name that some of PyTorch's messages give to a dtype: that of the type in C++."""
    return _C_NAMES.get(dtype.name, dtype.name)


def _write_out(target: Tensor, value: Tensor, *, warns: bool = True) -> None:
    if target._array.shape != value._array.shape:
        _resize_out(target, value, warns=warns)
    store(target, value)


def _resize_out(target: Tensor, value: Tensor, *, warns: bool) -> None:
    if target.numel() and warns:
        warnings.warn(
            f"An output with one or more elements was resized since it had shape {list(target.shape)}, which does not match "
            f"the required output shape {list(value.shape)}. This behavior is deprecated, and in a future release outputs "
            "will not be resized unless they have zero elements. You can explicitly reuse an out tensor t by resizing "
            "it, inplace, to zero elements with t.resize_(0).",
            UserWarning,
            stacklevel=level_of_caller(),
        )
    # An empty tensor is at no place, so that what comes would lie anywhere in the memory of others.
    if target._storage is None or target._node is not None or not target.numel():
        target._array = target._type.kernels.empty(value._array.shape, target.dtype.name)
    else:  # within its memory, which others share
        target.resize_(tuple(value._array.shape))


def check_stored(target: Tensor, value: Tensor) -> None:
    """Refuse to write ``value`` into ``target``, as :func:`store` does."""
    if value._array.shape != target._array.shape:
        raise output_error(target.shape, value.shape)
    if not can_cast(value.dtype, target.dtype):
        raise cast_error(value.dtype, target.dtype)


def store(target: Tensor, value: Tensor) -> None:
    """Write ``value`` into ``target``.

    Raises:
        RuntimeError: the shape differs, or the dtype cannot be converted.
    """
    check_stored(target, value)
    kernels = target._type.kernels
    array = value._array if value._type is target._type else value._type.kernels.cast(value._array, target.dtype.name)
    kernels.copy_into(target._array, array)
    propagate_write(target)
