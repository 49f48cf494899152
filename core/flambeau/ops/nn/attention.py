"""Attention: averages of values, weighted by how well their keys fit a query."""

from __future__ import annotations

from math import inf, prod, sqrt
from typing import Any, NamedTuple
from weakref import ref

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused
from flambeau._dispatch.runtime import check_places
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import grad_enabled
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._own import own
from flambeau.ops.creation.filled import ones, zeros
from flambeau.ops.elementwise.selection import where
from flambeau.ops.linalg.matmul import matmul
from flambeau.shapes import float_argument

from .activation import _softmax_backward, softmax
from .dropout import dropout

__all__: list[str] = []  # in PyTorch this is a function of torch.nn.functional alone


def _name(tensor: Tensor) -> str:
    """The dtype in the words of PyTorch's messages, such as float, double and long int."""
    name = scalar_type_name(tensor.dtype)
    return {"Long": "long int", "Char": "signed char", "Byte": "unsigned char"}.get(name, name.lower())


def _check(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> None:
    if mask is not None and mask._type.place is not query._type.place:
        check_places("scaled_dot_product_attention", query, mask)
    if not query._type is key._type is value._type:
        check_places("scaled_dot_product_attention", query, key, value)
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {_name(query)} key.dtype: "
            f"{_name(key)} and value.dtype: {_name(value)} instead."
        )
    if query.dim() < 2 or key.dim() < 2 or value.dim() < 2:
        raise RuntimeError(
            f"Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {query.dim()} key.dim: "
            f"{key.dim()} and value.dim: {value.dim()} instead."
        )
    if not query._type.floats:
        raise RuntimeError(f"expected scalar type Float but found {scalar_type_name(query.dtype)}")
    if mask is not None and mask.dtype not in (dtypes.bool, dtypes.float32, query.dtype):
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
            f"{_name(mask)} and  query.dtype: {_name(query)} instead."
        )


def _repeated_heads(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values with as many heads as there are of queries."""
    heads, of_keys, of_values = query.shape[-3], key.shape[-3], value.shape[-3]
    if heads == of_keys == of_values:
        return key, value
    if not of_keys or not of_values or heads % of_keys or heads % of_values:
        raise RuntimeError("Number of heads in key and value must divide the number of heads in query")
    return key.repeat_interleave(heads // of_keys, -3), value.repeat_interleave(heads // of_values, -3)


def _additive(mask: Tensor | None, query: Tensor, key: Tensor, is_causal: bool) -> Tensor | None:
    """What is added to the scores, -inf where nothing is to be looked at, or None."""
    if mask is not None and mask.dtype is dtypes.bool:
        mask = zeros(mask.shape, dtype=query.dtype, device=query.device).masked_fill(~mask, -inf)
    if not is_causal:
        return mask
    size = (query.shape[-2], key.shape[-2])
    later = ones(size, dtype=dtypes.bool, device=query.device).triu(1)
    return zeros(size, dtype=query.dtype, device=query.device).masked_fill(later, -inf)


def _softmax_of_masked(scores: Tensor) -> Tensor:
    """The softmax over the last dim, and zeros for rows that are -inf throughout; a row with nan stays nan."""
    weights: Tensor = softmax(scores, -1)
    first = weights.detach()[..., :1]
    if not weights._type.backend.asynchronous and not (first != first).any():  # such a row is nan throughout
        return weights
    blind = (scores.detach() == -inf).all(-1, True)
    found: Tensor = where(blind, 0.0, softmax(scores.masked_fill(blind, 0.0), -1))
    return found


# -- without a mask of its own, at once ----------------------------------------------------------------------


class Attended(NamedTuple):
    """What attention gives, and what its backward pass makes the weights with: the logarithms of their sums."""

    values: Tensor
    logs: Tensor


class Slopes:
    """The gradients of query, key and value, which are computed together and asked for one by one."""

    __slots__ = ("_found", "_grad")

    def __init__(self) -> None:
        self._grad: Any = None
        self._found: dict[str, Tensor] = {}

    def take(self, name: str, grad: Tensor, operands: tuple[Tensor, ...], *options: Any) -> Tensor:
        """The gradient of the operand of that name."""
        if self._grad is None or self._grad() is not grad or name not in self._found:
            kernels, arrays = grad._type.kernels, [_matrices(each) for each in (grad, *operands)]
            mask, *others = options
            found = kernels.attention_backward(*arrays, None if mask is None else mask._array, *others)
            self._found = {
                which: from_array(kernels.reshape(array, operand._array.shape), grad._type)
                for which, array, operand in zip(("query", "key", "value"), found, operands[:3], strict=True)
            }
            self._grad = ref(grad)
        return self._found.pop(name)


def _matrices(tensor: Tensor) -> Any:
    """The array of a tensor with all but the last two dims as one."""
    array = tensor._array
    *batch, rows, columns = array.shape
    return tensor._type.kernels.reshape(array, (prod(batch), rows, columns))


def _query_slope(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, is_causal: bool,
    slopes: Slopes, logs: Tensor,
) -> Tensor:  # fmt: skip
    if not grad_enabled():
        return slopes.take("query", grad, (query, key, value, logs), mask, scale, is_causal)
    found: Tensor = matmul(_score_slope(grad, query, key, value, mask, scale, is_causal), key)
    return found


def _key_slope(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, is_causal: bool,
    slopes: Slopes, logs: Tensor,
) -> Tensor:  # fmt: skip
    if not grad_enabled():
        return slopes.take("key", grad, (query, key, value, logs), mask, scale, is_causal)
    found: Tensor = matmul(_score_slope(grad, query, key, value, mask, scale, is_causal).transpose(-2, -1), query)
    return found


def _value_slope(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, is_causal: bool,
    slopes: Slopes, logs: Tensor,
) -> Tensor:  # fmt: skip
    if not grad_enabled():
        return slopes.take("value", grad, (query, key, value, logs), mask, scale, is_causal)
    found: Tensor = matmul(_weights(query, key, mask, scale, is_causal).transpose(-2, -1), grad)
    return found


def _score_slope(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, is_causal: bool
) -> Tensor:
    """The gradient of ``query @ key.T``, made of operations that have further derivatives."""
    weights = _weights(query, key, mask, scale, is_causal)
    slope: Tensor = _softmax_backward(matmul(grad, value.transpose(-2, -1)), weights, weights.dim() - 1) * scale
    return slope


def _weights(query: Tensor, key: Tensor, mask: Tensor | None, scale: float, is_causal: bool) -> Tensor:
    scores = matmul(query * scale, key.transpose(-2, -1))
    if mask is not None:
        return _softmax_of_masked(scores + mask)
    later = _additive(None, query, key, is_causal)
    return softmax(scores if later is None else scores.add_(later), -1)


def _in_order_of(query: Tensor, values: Tensor) -> Tensor:
    """The values as the queries lie in memory, if their rows lie in one piece: heads can be viewed side by side then."""
    if query.is_contiguous() or query.stride(-1) != 1:
        return values
    order = sorted(range(query.dim()), key=lambda dim: -(query.stride(dim) or inf))
    turned = values.permute(order).contiguous()
    return own(turned.permute([order.index(dim) for dim in range(query.dim())]))


@fused(
    "attention",
    derivatives={"query": _query_slope, "key": _key_slope, "value": _value_slope},
    outputs=("values", "logs"),
    method=False,
    node="ScaledDotProductFlashAttentionForCpuBackward0",
)
def _attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, is_causal: bool, slopes: Slopes
) -> Attended:
    """By the kernel, where :func:`_is_plain` says so: of what else there is, the weights have a place in memory."""
    type_, shape = query._type, query._array.shape
    arrays = [_matrices(each) for each in (query, key, value)]
    values, logs = type_.kernels.attention(*arrays, None if mask is None else mask._array, scale, is_causal)
    values = from_array(type_.kernels.reshape(values, (*shape[:-1], value._array.shape[-1])), type_)
    return Attended(
        _in_order_of(query, values), from_array(type_.kernels.reshape(logs, (*shape[:-1], 1)), type_.single())
    )


def _four_dims(mask: Tensor | None, query: Tensor, key: Tensor) -> Tensor | None:
    """A mask that the kernel takes: numbers of the dtype of the queries, of four dims that broadcast to the scores."""
    type_, scores = query._type, (*query._array.shape[:-1], key._array.shape[-2])
    if mask is None or (mask._node is not None and grad_enabled()):
        return None
    shape = (1,) * (4 - mask.dim()) + tuple(mask._array.shape)
    if len(shape) != 4 or any(size not in (1, whole) for size, whole in zip(shape, scores, strict=True)):
        return None
    added = _additive(mask.detach(), query, key, False)
    assert added is not None
    return added.to(type_.dtype).reshape(shape)


def _is_plain(query: Tensor, key: Tensor, value: Tensor) -> bool:
    """Whether there is a kernel for these, and PyTorch has one too: of four dims, whose sizes are the same but for the rows.

    There what a query does not look at is not computed with; elsewhere a nan, as -inf is added, stays one.
    """
    type_ = query._type
    if type_.kernels.attention is None or not type_.real_floats or not type_.takes("attention"):
        return False
    (*of_query, _, width), of_key, of_value = query._array.shape, key._array.shape, value._array.shape
    return (
        len(of_query) == 2 and of_key == of_value == (*of_query, of_key[-2], width) and key.numel() > 0 < query.numel()
    )


@composite(method=False)
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Compute ``softmax(query @ key.T * scale + mask) @ value``.

    Args:
        query: (…, L, E), of floating point numbers.
        key, value: (…, S, E) and (…, S, V) of the same dtype.
        attn_mask: broadcasts to (…, L, S): bool, True where a query looks at a key, or numbers that are added. A query that
            looks at no key gets zeros, and nan where its scores are nan before the mask.
        dropout_p: how likely a weight is left out.
        is_causal: whether query i looks at no key behind number i.
        scale: 1 / sqrt(E) if None.
        enable_gqa: whether heads of keys and values, the third last dim, are each used for several heads of queries.

    Returns:
        (…, L, V), of four dims in the query's order of memory.

    Raises:
        RuntimeError: dtypes or shapes do not fit, or there is a mask beside ``is_causal``.
        TypeError: ``scale`` or ``dropout_p`` is no number; a tensor that learns would get no gradient.

    Source of the semantics: ``torch.nn.functional.scaled_dot_product_attention``.

    Example:
        >>> import flambeau as torch
        >>> query, value = torch.zeros(1, 2), torch.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> torch.nn.functional.scaled_dot_product_attention(query, value, value)
        tensor([[2., 3.]])
    """
    _check(query, key, value, attn_mask)
    if is_causal and attn_mask is not None:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    dropout_p = float_argument("scaled_dot_product_attention", "dropout_p", 0, dropout_p)
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
    if enable_gqa:
        key, value = _repeated_heads(query, key, value)
    if scale is None:
        scale = 1 / sqrt(query.shape[-1]) if query.shape[-1] else inf
    scale = float_argument("scaled_dot_product_attention", "scale", 0, scale)
    if not dropout_p and _is_plain(query, key, value):
        mask = _four_dims(attn_mask, query, key)
        if attn_mask is None or mask is not None:
            return _attention(query, key, value, mask, scale, bool(is_causal), Slopes()).values
    single = query.dtype.itemsize < 4
    q, k = (query.float(), key.float()) if single else (query, key)
    scores = matmul(q * scale, k.transpose(-2, -1))
    mask = _additive(attn_mask, query, key, is_causal)
    if attn_mask is not None:
        weights = _softmax_of_masked(scores + mask)
    else:
        weights = softmax(scores if mask is None else scores.add_(mask), -1)
    weights = weights.to(query.dtype)
    if dropout_p:
        weights = dropout(weights, dropout_p, True)
    attended: Tensor = matmul(weights, value)
    return attended
