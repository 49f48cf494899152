"""Element-wise arithmetic of three operands."""

from __future__ import annotations

from functools import partial
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._dispatch.precision import all_in_single, in_single_formula
from flambeau._dispatch.rules import unchanged
from flambeau._dispatch.runtime import Number, operands_of
from flambeau._tensor import Tensor, from_array
from flambeau.dtypes import scalar_type_name
from flambeau.shapes import broadcast_shapes

__all__ = ["addcdiv", "addcmul", "lerp"]


@primitive(
    derivatives={
        "input": unchanged,
        "tensor1": lambda grad, tensor2, value: grad * (tensor2 * value),
        "tensor2": lambda grad, tensor1, value: grad * (tensor1 * value),
    },
    inplace=True,
    out=True,
)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """Add ``value * tensor1 * tensor2`` to ``input``; shapes broadcast. Source of the semantics: ``torch.addcmul``.

    Example:
        >>> import flambeau as torch
        >>> torch.addcmul(torch.tensor([1.0, 2.0]), torch.tensor([3.0]), torch.tensor([4.0, 5.0]), value=0.5)
        tensor([7.0000, 9.5000])
    """
    (a, b, c), type_ = _operands("addcmul", input, tensor1, tensor2)
    if type_.dtype is dtypes.bool:
        raise NotImplementedError("\"addcmul_cpu_out\" not implemented for 'Bool'")
    return from_array(all_in_single(type_, partial(_with_product, "mul", value), a, b, c), type_)


def _with_product(operation: str, value: Number, type_: Any, a: Any, b: Any, c: Any) -> Any:
    kernels = type_.kernels
    factor = b if value == 1 else kernels.mul(type_.number(value), b)
    return kernels.add(a, getattr(kernels, operation)(factor, c))


@primitive(
    derivatives={
        "input": unchanged,
        "tensor1": in_single_formula(lambda grad, tensor2, value: grad * (value / tensor2)),
        "tensor2": in_single_formula(
            lambda grad, tensor1, tensor2, value: -grad * (value * tensor1 / (tensor2 * tensor2))
        ),
    },
    inplace=True,
    out=True,
)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """Add ``value * tensor1 / tensor2`` to ``input``; shapes broadcast. Source of the semantics: ``torch.addcdiv``.

    Raises:
        RuntimeError: ``tensor1`` and ``tensor2`` are integers.

    Example:
        >>> import flambeau as torch
        >>> torch.addcdiv(torch.tensor([1.0, 2.0]), torch.tensor([3.0]), torch.tensor([4.0, 5.0]), value=2)
        tensor([2.5000, 3.2000])
    """
    if not (tensor1._type.floats or tensor2._type.floats):
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a true "
            "division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + value * "
            "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / tensor2) "
            "for float inputs. The future addcdiv behavior is just the latter implementation: (input + value * tensor1 / "
            "tensor2), for all dtypes."
        )
    (a, b, c), type_ = _operands("addcdiv", input, tensor1, tensor2)
    return from_array(all_in_single(type_, partial(_with_product, "div", value), a, b, c), type_)


def _lerp_weight(grad: Tensor, input: Tensor, end: Tensor) -> Tensor:
    return grad * (end - input)


@primitive(
    derivatives={
        "input": lambda grad, weight: grad * (1 - weight),
        "end": lambda grad, weight: grad * weight,
        "weight": _lerp_weight,
    },
    inplace=True,
    out=True,
)
def lerp(input: Tensor, end: Tensor, weight: Tensor | Number) -> Tensor:
    """Go the part ``weight`` of the way from ``input`` to ``end``. Source of the semantics: ``torch.lerp``.

    The way is measured from the nearer end, so that the result is exactly ``end`` where ``weight`` is 1.

    Raises:
        RuntimeError: the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.lerp(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 6.0]), 0.25)
        tensor([1.5000, 3.0000])
    """
    _same_dtype("end", end, input)
    if isinstance(weight, Tensor) and weight._array.shape:
        _same_dtype("weight", weight, input)
    if isinstance(weight, complex) and not input._type.complex:
        raise RuntimeError(f"value cannot be converted to type {_C_NAMES[input.dtype.name]} without overflow")
    (a, b, w), type_ = _operands("lerp", input, end, weight)
    dtype = type_.dtype if isinstance(weight, Tensor) else input.dtype
    if not dtype.is_floating_point and (not dtype.is_complex or dtype is dtypes.complex32):
        kernel = "lerp_kernel_tensor" if isinstance(weight, Tensor) else "lerp_kernel_scalar"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(dtype)}'")
    return from_array(all_in_single(type_, partial(_between, weight), a, b, w), type_)


def _between(weight: Tensor | Number, type_: Any, a: Any, b: Any, w: Any) -> Any:
    kernels = type_.kernels
    way = kernels.sub(b, a)
    if isinstance(weight, Tensor):
        near = kernels.lt(kernels.abs(w), type_.number(0.5))
        rest = kernels.sub(type_.number(1.0), w)
        from_start, from_end = kernels.add(a, kernels.mul(w, way)), kernels.sub(b, kernels.mul(way, rest))
        return kernels.where(near, from_start, from_end)
    if abs(weight) < 0.5:
        return kernels.add(a, kernels.mul(type_.number(weight), way))
    return kernels.sub(b, kernels.mul(way, type_.number(1 - weight)))


def _operands(function: str, *values: Any) -> tuple[list[Any], Any]:
    arrays, type_ = operands_of(function, values)
    broadcast_shapes(*[array.shape for array in arrays])
    return arrays, type_


_C_NAMES = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int32": "int",
    "int64": "long int", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def _same_dtype(argument: str, tensor: Tensor, input: Tensor) -> None:
    found, expected = tensor.dtype, input.dtype
    if found is not expected:
        raise RuntimeError(
            f"expected dtype {_C_NAMES[expected.name]} for `{argument}` but got dtype {_C_NAMES[found.name]}"
        )
