"""Products of two inputs with a weight between them."""

from __future__ import annotations

from math import prod

from flambeau._dispatch.declare import composite
from flambeau._dispatch.out import c_name
from flambeau._dispatch.runtime import common_type
from flambeau._tensor import Tensor
from flambeau.ops.linalg.matmul import matmul
from flambeau.ops.movement.shapes import reshape

__all__ = ["bilinear"]


@composite(method=False)
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Compute ``input1 @ weight[k] @ input2 + bias[k]`` for each k: (…, m) and (…, n) give (…, o).

    ``weight`` is (o, m, n), ``bias`` (o,). Source of the semantics: ``torch.nn.functional.bilinear``.

    Raises:
        RuntimeError: the shapes do not fit, or the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.bilinear(torch.tensor([2.0]), torch.tensor([3.0, 4.0]), torch.ones(1, 1, 2))
        tensor([14.])
    """
    _check_shapes(input1, input2, weight, bias)
    _check_types(input1, input2, weight, bias)
    outputs, left, right = weight.shape
    lead = tuple(input1.shape[:-1])
    count = prod(lead)
    first, second = reshape(input1, (count, left)), reshape(input2, (count, right, 1))
    between = reshape(matmul(first, reshape(weight.permute(1, 0, 2), (left, outputs * right))), (count, outputs, right))
    result = reshape(matmul(between, second), (*lead, outputs))
    return result if bias is None else result + bias


def _check_shapes(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if input1.dim() != input2.dim():
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}")
    for dim, (one, two) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=True)):
        if one != two:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {dim}: got {one} and {two}")
    for number, input in enumerate((input1, input2), 1):
        if weight.dim() <= number or input.size(-1) != weight.size(number):
            found = input.size(-1)
            expected = weight.size(number) if weight.dim() > number else "none"
            raise RuntimeError(
                f"bilinear(): input{number} size does not match weight size: got {found} but expected {expected}"
            )
    if weight.dim() != 3:
        raise RuntimeError(f"bilinear(): weight must have 3 dimensions, got {weight.dim()}")
    if bias is not None and bias.size(0) != weight.size(0):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.size(0)} but expected {weight.size(0)}"
        )


def _check_types(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    operands = {"input1": input1, "input2": input2, "weight": weight} | ({} if bias is None else {"bias": bias})
    common_type("bilinear", list(operands.values()))
    if any(operand.dtype is not weight.dtype for operand in operands.values()):
        found = ", ".join(f"{name}: {c_name(operand.dtype)}" for name, operand in operands.items())
        raise RuntimeError(f"All tensors must have the same dtype, got {found}")
