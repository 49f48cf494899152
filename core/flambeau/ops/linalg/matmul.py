"""Products of matrices and vectors."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

from flambeau._dispatch.declare import composite, fused, primitive
from flambeau._dispatch.precision import all_in_single
from flambeau._dispatch.runtime import Number, common_type
from flambeau._tensor import Tensor, from_array
from flambeau.backend.types import TensorType
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.filled import fitting
from flambeau.ops.movement.broadcasting import _expand_method
from flambeau.ops.movement.shapes import _t, _transpose, reshape
from flambeau.ops.reductions.sums import sum_to_size
from flambeau.shapes import Shape, broadcast_shapes

__all__ = ["addmm", "bmm", "dot", "matmul", "mm", "mv", "outer"]


_DIFFERENT = {
    "mm": "expected m1 and m2 to have the same dtype, but got: {c0} != {c1}",
    "bmm": "expected scalar type {0} but found {1}",
    "dot": "dot : expected both vectors to have same dtype, but found {0} and {1}",
    "mv": "addmv input tensors must have the same dtype, but got {1}, {0}, and {1}",
    "addmm": "{given} and mat2 must have the same dtype, but got {wrong} and {2}",
    "addmv": "addmv input tensors must have the same dtype, but got {0}, {1}, and {2}",
    "baddbmm": "Input dtypes must be the same, got: input {c0}, batch1: {c1}, batch2: {c2}",
}
"""PyTorch's words for operands of different dtypes: {0} is the scalar type of the first, {c0} its name in C."""

_BOOLEANS = {
    "mm": "addmm_impl_cpu_", "addmm": "addmm_impl_cpu_", "mv": "addmv_impl_cpu", "addmv": "addmv_impl_cpu",
}  # fmt: skip
"""The kernels that PyTorch names where it refuses bool, if they are not called as the function is."""

_C_NAMES = {
    "int8": "signed char", "uint8": "unsigned char", "int16": "short int", "int32": "int", "int64": "long int",
    "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def product_type(function: str, *tensors: Tensor) -> TensorType:
    """The type of tensors that are multiplied: they must agree, and be numbers.

    Raises:
        RuntimeError: devices or dtypes differ, in PyTorch's words.
        NotImplementedError: they are bool.
    """
    first = tensors[0]._type
    for other in tensors:
        if other._type is not first:
            common_type(function, tensors)
            raise RuntimeError(_different(function, [tensor.dtype for tensor in tensors]))
    if not first.numbers and (function == "dot" or 0 not in [*tensors[-1]._array.shape, *tensors[-2]._array.shape]):
        raise NotImplementedError(f"\"{_BOOLEANS.get(function, function)}\" not implemented for 'Bool'")
    return first


def _different(function: str, dtypes: list[DType]) -> str:
    if function == "baddbmm" and dtypes[0] is dtypes[1]:
        function, dtypes = "bmm", dtypes[1:]
    names = [scalar_type_name(dtype) for dtype in dtypes]
    same = dtypes[0] is dtypes[-1]
    return _DIFFERENT[function].format(
        *names,
        **{f"c{position}": _C_NAMES.get(dtype.name, dtype.name) for position, dtype in enumerate(dtypes)},
        given="mat1" if same else "self",
        wrong=names[1] if same else names[0],
    )


def check_one_dtype(input: Tensor, other: Tensor) -> None:
    """Refuse operands of different dtypes, in the words of PyTorch's products over several dimensions."""
    if input.dtype is not other.dtype:
        raise RuntimeError("both inputs should have same dtype")


def _turned(tensor: Tensor) -> Tensor:
    return _transpose(tensor, tensor.dim() - 2, tensor.dim() - 1)


def _mm_input(grad: Tensor, mat2: Tensor) -> Tensor:
    return mm(grad, _turned(mat2))


def _mm_mat2(grad: Tensor, input: Tensor) -> Tensor:
    return mm(_turned(input), grad)


@primitive(derivatives={"input": _mm_input, "mat2": _mm_mat2}, out="exact")
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Multiply two matrices: (n, k) by (k, m) gives (n, m). Source of the semantics: ``torch.mm``.

    Raises:
        RuntimeError: they are not matrices, their sizes do not fit, or their dtypes differ.
        NotImplementedError: they are bool, as in all products.

    Example:
        >>> import flambeau as torch
        >>> torch.mm(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
        tensor([[11.]])
    """
    a, b = input._array.shape, mat2._array.shape
    if len(a) != 2 or len(b) != 2:
        raise RuntimeError(f"{'self' if len(a) != 2 else 'mat2'} must be a matrix")
    if a[1] != b[0]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})")
    type_ = input._type
    if mat2._type is not type_ or not type_.numbers:
        type_ = product_type("mm", input, mat2)
    return from_array(type_.kernels.matmul(input._array, mat2._array), type_)


def _matmul_input(grad: Tensor, input_shape: Any, mat2: Tensor) -> Tensor:
    return sum_to_size(_matmul(grad, _turned(mat2)), tuple(input_shape))


def _matmul_mat2(grad: Tensor, mat2_shape: Any, input: Tensor) -> Tensor:
    return sum_to_size(_matmul(_turned(input), grad), tuple(mat2_shape))


@primitive(derivatives={"input": _matmul_input, "mat2": _matmul_mat2}, method=False, node="BmmBackward0")
def _matmul(input: Tensor, mat2: Tensor) -> Tensor:
    """Multiply matrices of one dtype in the last two dimensions; the dimensions before broadcast."""
    type_ = input._type
    return from_array(type_.kernels.matmul(input._array, mat2._array), type_)


@composite(out="exact")
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Multiply batches of matrices: (b, n, k) by (b, k, m) gives (b, n, m). Source of the semantics: ``torch.bmm``.

    Raises:
        RuntimeError: the tensors are not three-dimensional, or their sizes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.bmm(torch.ones(2, 1, 3), torch.ones(2, 3, 1)).shape
        torch.Size([2, 1, 1])
    """
    a, b = input._array.shape, mat2._array.shape
    if len(a) != 3 or len(b) != 3:
        raise RuntimeError(f"{'batch1' if len(a) != 3 else 'batch2'} must be a 3D tensor")
    if a[0] != b[0] or a[2] != b[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but got: [{b[0]}, {b[1]}]."
        )
    product_type("bmm", input, mat2)
    return _matmul(input, mat2)


def _mv_input(grad: Tensor, vec: Tensor) -> Tensor:
    return outer(grad, vec)


def _mv_vec(grad: Tensor, input: Tensor) -> Tensor:
    return mv(_turned(input), grad)


@primitive(derivatives={"input": _mv_input, "vec": _mv_vec}, out="exact")
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """Multiply a matrix by a vector: (n, m) by (m,) gives (n,). Source of the semantics: ``torch.mv``.

    Example:
        >>> import flambeau as torch
        >>> torch.mv(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0]))
        tensor([3., 7.])
    """
    shape, length = input._array.shape, vec._array.shape
    if len(shape) != 2 or len(length) != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {vec.dim()}, {input.dim()}, {vec.dim()}")
    if shape[1] != length[0]:
        raise RuntimeError(
            f"size mismatch, got input ({input.shape[0]}), mat ({input.shape[0]}x{input.shape[1]}), vec ({vec.shape[0]})"
        )
    type_ = product_type("mv", input, vec)
    kernels = type_.kernels
    product = kernels.matmul(input._array, kernels.reshape(vec._array, (shape[1], 1)))
    return from_array(kernels.reshape(product, (shape[0],)), type_)


@primitive(
    derivatives={"input": lambda grad, tensor: grad * tensor, "tensor": lambda grad, input: grad * input}, out="exact"
)
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """Multiply two vectors and add up. Source of the semantics: ``torch.dot``.

    Raises:
        RuntimeError: they are not vectors of one length, or their dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.dot(torch.tensor([2, 3]), torch.tensor([2, 1]))
        tensor(7)
    """
    if input.dim() != 1 or tensor.dim() != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.dim()}D and {tensor.dim()}D tensors")
    type_ = product_type("dot", input, tensor)
    if input.numel() != tensor.numel():
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{input.numel()}] and src [{tensor.numel()}] to have the same number "
            f"of elements, but got {input.numel()} and {tensor.numel()} elements respectively"
        )
    kernels, size = type_.kernels, input.numel()
    product = kernels.matmul(kernels.reshape(input._array, (1, size)), kernels.reshape(tensor._array, (size, 1)))
    return from_array(kernels.reshape(product, ()), type_)


@composite(out=True)
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Multiply every element of one vector by every element of another. Source of the semantics: ``torch.outer``.

    Example:
        >>> import flambeau as torch
        >>> torch.outer(torch.tensor([1, 2]), torch.tensor([3, 4]))
        tensor([[3, 4],
                [6, 8]])
    """
    if input.dim() != 1 or vec2.dim() != 1:
        raise RuntimeError(f"outer: Expected 1-D argument self, but got {input.dim()}-D and {vec2.dim()}-D")
    return reshape(input, (-1, 1)) * vec2


@composite(out="exact")
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Multiply tensors as matrices; vectors count as a row or column, leading dimensions broadcast.

    Source of the semantics: ``torch.matmul``.

    Raises:
        RuntimeError: a tensor is 0-d, the sizes do not fit, or the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.matmul(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 1.0]))
        tensor([3., 7.])
    """
    left, right = len(input._array.shape), len(other._array.shape)
    if left == 2 and right == 2:
        return mm(input, other)
    if left == 2 and right == 1:
        return mv(input, other)
    if left == 0 or right == 0:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {left}D and {right}D")
    if left == 1 and right == 1:
        return dot(input, other)
    a = reshape(input, (1, -1)) if left == 1 else input
    b = reshape(other, (-1, 1)) if right == 1 else other
    n, k = a._array.shape[-2:]
    k2, m = b._array.shape[-2:]
    if k != k2:
        raise _sizes_differ(a, b, vector=right == 1)
    product_type(_standing_for(left, right), a, b)
    if left > 2 and right <= 2:
        lead = tuple(a._array.shape[:-2])
        product = mm(reshape(a, (prod(lead) * n, k)), b)
        return reshape(product, (*lead, n, m) if right == 2 else (*lead, n))
    batch = broadcast_shapes(a._array.shape[:-2], b._array.shape[:-2])
    result = _matmul(a, b)
    if left == 1 or right == 1:
        return reshape(result, tuple(batch) + (n,) * (left > 1) + (m,) * (right > 1))
    return result


def _sizes_differ(a: Tensor, b: Tensor, *, vector: bool) -> RuntimeError:
    """The error for matrices that do not fit, in the words of the product that PyTorch makes of them."""
    k, (k2, m) = a._array.shape[-1], b._array.shape[-2:]
    rows = prod(a._array.shape[:-1])
    if vector:
        return RuntimeError(f"size mismatch, got input ({rows}), mat ({rows}x{k}), vec ({k2})")
    if b.dim() == 2:
        return RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {k2}x{m})")
    count = broadcast_shapes(a._array.shape[:-2], b._array.shape[:-2])[0]
    return RuntimeError(
        f"Expected size for first two dimensions of batch2 tensor to be: [{count}, {k}] but got: [{count}, {k2}]."
    )


def _standing_for(left: int, right: int) -> str:
    """The product that PyTorch makes of tensors with these numbers of dimensions."""
    if right == 1:
        return "mv"
    return "mm" if left <= 2 or right <= 2 else "bmm"


def _addmm_alpha(value: Tensor, factor: Number) -> Tensor:
    return value if factor == 1 else value * factor


@fused(
    "addmm",
    derivatives={
        "input": lambda grad, input_shape, beta: sum_to_size(_addmm_alpha(grad, beta), tuple(input_shape)),
        "mat1": lambda grad, mat2, alpha: _addmm_alpha(_matmul(grad, _turned(mat2)), alpha),
        "mat2": lambda grad, mat1, alpha: _addmm_alpha(_matmul(_turned(mat1), grad), alpha),
    },
    out="exact",
    inplace=True,
)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """Compute ``beta * input + alpha * (mat1 @ mat2)``; ``input`` broadcasts. Source of the semantics: ``torch.addmm``.

    Raises:
        RuntimeError: the sizes do not fit, or the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> torch.addmm(torch.tensor([1.0]), torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0], [4.0]]))
        tensor([[12.]])
    """
    for name, matrix in (("mat1", mat1), ("mat2", mat2)):
        if matrix.dim() != 2:
            raise RuntimeError(f"{name} must be a matrix, got {matrix.dim()}-D tensor")
    type_ = product_type("addmm", input, mat1, mat2)
    (n, k), (k2, m) = mat1._array.shape, mat2._array.shape
    if k != k2:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {k2}x{m})")
    if input._array.shape not in ((m,), (n, m)):
        _expand_method(input.detach(), (n, m))  # which says what does not fit
    beta, alpha = (number if number == 1 else fitting(number, type_.dtype) for number in (beta, alpha))
    compute = partial(_addmm, beta=beta, alpha=alpha)
    kernel = "addmm" if alpha == 1 and beta == 1 else ""
    return from_array(all_in_single(type_, compute, input._array, mat1._array, mat2._array, kernel=kernel), type_)


def _addmm(type_: TensorType, bias: Any, a: Any, b: Any, *, beta: Number = 1, alpha: Number = 1) -> Any:
    kernels = type_.kernels
    if kernels.addmm is not None and alpha == 1 and beta == 1:
        return kernels.addmm(bias, a, b)
    product = kernels.matmul(a, b)
    if alpha == 0:  # nan in what is not wanted does not count
        product = kernels.full(product.shape, 0, type_.dtype.name)
    elif alpha != 1:
        product = kernels.mul(product, type_.number(alpha))
    if beta == 0:
        return product
    # The product first: the sum lies in memory as it does, not as the bias.
    return kernels.add(product, bias if beta == 1 else kernels.mul(bias, type_.number(beta)))


def _linear_input(grad: Tensor, weight: Tensor) -> Tensor:
    return mm(grad, weight)


def _linear_weight(grad: Tensor, input: Tensor) -> Tensor:
    # Not the transpose of `input.T @ grad`: the gradient shall lie in memory as the weight does.
    return mm(_t(grad), input)


@fused(
    "addmm",
    derivatives={
        "input": _linear_input,
        "weight": _linear_weight,
        "bias": lambda grad, bias_shape: sum_to_size(grad, tuple(bias_shape)),
    },
    method=False,
    node="AddmmBackward0",
)
def _linear(input: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The linear layer of a matrix: one node, where the transpose and the product would be two."""
    (n, k), (m, k2) = input._array.shape, weight._array.shape
    if k != k2:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {k2}x{m})")
    type_ = product_type("addmm", bias, input, weight)
    if bias._array.shape != (m,) and broadcast_shapes(bias._array.shape, (n, m)) != (n, m):
        raise RuntimeError(f"linear: a bias of shape {list(bias.shape)} does not fit {m} outputs")
    columns = type_.kernels.permute(weight._array, (1, 0))
    if type_.halves:
        return from_array(all_in_single(type_, _addmm, bias._array, input._array, columns, kernel="addmm"), type_)
    return from_array(_addmm(type_, bias._array, input._array, columns), type_)


@primitive(derivatives={"input": _linear_input, "weight": _linear_weight}, method=False, node="MmBackward0")
def _linear_alone(input: Tensor, weight: Tensor) -> Tensor:
    """The same without a bias."""
    (n, k), (m, k2) = input._array.shape, weight._array.shape
    if k != k2:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({n}x{k} and {k2}x{m})")
    type_ = input._type
    if weight._type is not type_ or not type_.numbers:
        type_ = product_type("mm", input, weight)
    return from_array(type_.kernels.matmul(input._array, type_.kernels.permute(weight._array, (1, 0))), type_)


def _of_rows(input: Tensor, weight: Tensor, *bias: Tensor) -> Tensor:
    """The linear layer of a matrix, or of all rows of many: one product, not many."""
    function = _linear if bias else _linear_alone
    *lead, width = input._array.shape
    if len(lead) == 1:
        return function(input, weight, *bias)
    return reshape(function(reshape(input, (prod(lead), width)), weight, *bias), (*lead, weight._array.shape[0]))


@composite(method=False, out="exact")
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Compute ``input @ weight.T + bias``: (…, in) by (out, in) gives (…, out).

    Source of the semantics: ``torch.nn.functional.linear``.

    Raises:
        RuntimeError: shapes or dtypes do not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.linear(torch.ones(2), torch.ones(3, 2), torch.zeros(3))
        tensor([2., 2., 2.])
    """
    dims = len(input._array.shape)
    if dims > 1 and len(weight._array.shape) == 2:
        if bias is None:
            return _linear_alone(input, weight) if dims == 2 else _of_rows(input, weight)
        if dims == 2 or bias._array.shape == weight._array.shape[:1]:
            return _of_rows(input, weight, bias)
    if not (input._array.shape and weight._array.shape):
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are {input.dim()}D and {weight.dim()}D"
        )
    if bias is None:
        return matmul(input, weight.t())
    if weight.dim() == 1 and (input.dim() == 2 or bias.dim()):
        raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
    if bias.dim() and not (bias._type is weight._type is input._type):
        product_type("addmm", bias, input, weight)  # which says what does not fit
    result = matmul(input, weight.t())
    return result + (bias if bias._array.shape == result._array.shape[-1:] else _fitted(bias, tuple(result.shape)))


def _fitted(bias: Tensor, shape: Shape) -> Tensor:
    """A bias that is no vector of a number for each output: one for all, or those of all rows, as for a matrix."""
    pairs = zip(bias._array.shape[::-1], shape[::-1], strict=False)
    if bias.dim() <= len(shape) and all(size in (1, wanted) for size, wanted in pairs):
        return bias
    return _expand_method(bias, (prod(shape[:-1]), *shape[-1:])).reshape(shape)
