"""Attention of several heads, with its projections; what one head computes is in :mod:`flambeau.ops.nn.attention`."""

from __future__ import annotations

import math
import warnings
from typing import Any

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import level_of_caller
from flambeau.ops.creation.filled import zeros, zeros_like
from flambeau.ops.linalg.biased import baddbmm
from flambeau.ops.linalg.matmul import bmm, linear
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.padding import pad
from flambeau.ops.nn.activation import softmax
from flambeau.ops.nn.attention import scaled_dot_product_attention
from flambeau.ops.nn.dropout import dropout

__all__ = ["canonical_mask", "multi_head_attention_forward"]


def dtype_or_none(mask: Any) -> DType | None:
    """The dtype of a mask.

    Raises:
        RuntimeError: it is neither a tensor nor None.
    """
    if mask is None:
        return None
    if isinstance(mask, Tensor):
        return mask.dtype
    raise RuntimeError("input to _none_or_dtype() must be None or torch.Tensor")


def canonical_mask(
    mask: Tensor | None, name: str, other: DType | None, other_name: str, target: DType, check_other: bool = True
) -> Tensor | None:
    """The mask as numbers to be added: -inf where a bool one is True.

    Raises:
        AssertionError: it is neither of bool nor floating.
    """
    if mask is None:
        return None
    if mask.dtype is not dtypes.bool and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if check_other and other is not None and mask.dtype is not other:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=level_of_caller(),
        )
    if mask.is_floating_point():
        return mask
    return zeros_like(mask, dtype=target).masked_fill_(mask, -math.inf)


_COUNTS = {2: ("unbatched (2-D)", 1, "1-D"), 3: ("batched (3-D)", 2, "2-D")}


def _is_batched(
    query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None, attn_mask: Tensor | None, heads: int
) -> bool:
    dims = query.dim()
    if dims not in _COUNTS:
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {dims}-D query tensor")
    what, padding, words = _COUNTS[dims]
    if key.dim() != dims or value.dim() != dims:
        raise AssertionError(
            f"For {what} `query`, expected `key` and `value` to be {dims}-D but found {key.dim()}-D and {value.dim()}-D "
            "tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != padding:
        raise AssertionError(
            f"For {what} `query`, expected `key_padding_mask` to be `None` or {words} but found "
            f"{key_padding_mask.dim()}-D tensor instead"
        )
    if attn_mask is not None and attn_mask.dim() not in (2, 3):
        raise AssertionError(
            f"For {what} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor instead"
        )
    if dims == 2 and attn_mask is not None and attn_mask.dim() == 3:
        expected = (heads, query.shape[0], key.shape[0])
        if attn_mask.shape != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}")
    return dims == 3


def _thirds(parts: Tensor | None) -> tuple[Any, Any, Any]:
    return (None, None, None) if parts is None else parts.chunk(3)  # type: ignore[return-value]


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor | None, bias: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """The projections by the thirds of one matrix; by one product where the inputs are the same tensor."""
    if weight is None:
        raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
    if query is key is value:
        return linear(query, weight, bias).chunk(3, -1)  # type: ignore[return-value]
    of_query, of_key, of_value = _thirds(weight)
    for_query, for_key, for_value = _thirds(bias)
    return linear(query, of_query, for_query), linear(key, of_key, for_key), linear(value, of_value, for_value)


def _projected_apart(inputs: tuple[Tensor, Tensor, Tensor], weights: tuple[Any, Any, Any], bias: Tensor | None) -> Any:
    width = inputs[0].size(-1)
    results = []
    for name, each, weight, part in zip(("query", "key", "value"), inputs, weights, _thirds(bias), strict=True):
        if weight is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name[0]}_proj_weight is None")
        expected = (width, each.size(-1))
        if weight.shape != expected:
            raise AssertionError(f"expecting {name} weights shape of {expected}, but got {weight.shape}")
        if part is not None and part.shape != (width,):
            raise AssertionError(f"expecting {name} bias shape of {(width,)}, but got {part.shape}")
        results.append(linear(each, weight, part))
    return results


def _checked_mask(mask: Tensor, target: int, source: int, batch: int, heads: int) -> Tensor:
    """A mask of three dims."""
    expected = (target, source) if mask.dim() == 2 else (batch * heads, target, source)
    if mask.shape != expected:
        raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {expected}.")
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def _by_heads(projected: Tensor, static: Tensor | None, name: str, batch: int, heads: int, width: int) -> Tensor:
    """(length, batch, heads * width) as (batch * heads, length, width), or what is given in its place."""
    if static is None:
        return projected.reshape(projected.shape[0], batch * heads, width).transpose(0, 1)
    if static.size(0) != batch * heads:
        raise AssertionError(f"expecting {name}.size(0) of {batch * heads}, but got {static.size(0)}")
    if static.size(2) != width:
        raise AssertionError(f"expecting {name}.size(2) of {width}, but got {static.size(2)}")
    return static


def _one_wider(mask: Tensor | None) -> Tensor | None:
    return None if mask is None else pad(mask, (0, 1))


def _merged(mask: Tensor | None, padding: Tensor | None, source: int, batch: int, heads: int) -> Tensor | None:
    """Both masks as one."""
    if padding is None:
        return mask
    for place, size in enumerate((batch, source)):
        if padding.shape[place] != size:
            raise AssertionError(
                f"Expected key_padded_mask.shape[{place}] to be {size}, but got {padding.shape[place]}"
            )
    repeated = padding.reshape(batch, 1, 1, source).expand(-1, heads, -1, -1).reshape(batch * heads, 1, source)
    return repeated if mask is None else mask + repeated


def _check_sizes(query: Tensor, key: Tensor, value: Tensor, embed_dim: int, heads: int, apart: bool) -> None:
    found = query.shape[-1]
    if found != embed_dim:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim}, but got {found}")
    if found // heads * heads != found:
        raise AssertionError(f"embed_dim {found} not divisible by num_heads {heads}")
    if apart and key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if not apart and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")


def _check_biases(
    bias_k: Tensor | None, bias_v: Tensor | None, static_k: Tensor | None, static_v: Tensor | None
) -> bool:
    """Whether a key and a value are to be added."""
    if bias_k is not None and bias_v is not None:
        for name, static in (("key", static_k), ("value", static_v)):
            if static is not None:
                raise AssertionError(f"bias cannot be added to static {name}.")
        return True
    for name, other, bias in (("bias_k", "bias_v", bias_k), ("bias_v", "bias_k", bias_v)):
        if bias is not None:
            raise AssertionError(f"{name} is set but {other} is None")
    return False


@overridable
def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int, in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None, bias_k: Tensor | None, bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float,
    out_proj_weight: Tensor, out_proj_bias: Tensor | None, training: bool = True, key_padding_mask: Tensor | None = None,
    need_weights: bool = True, attn_mask: Tensor | None = None, use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None, k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None, static_v: Tensor | None = None, average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """Project queries, keys and values, attend with several heads, and project the result.

    Args:
        query: (L, N, E), or (L, E) without a batch.
        key, value: (S, N, …), or (S, …).
        embed_dim_to_check: E.
        num_heads: how many heads share the E numbers.
        in_proj_weight, in_proj_bias: of the three projections one below the other, or the bias of them alone.
        bias_k, bias_v: (1, 1, E), a key and a value that are added to every sequence.
        add_zero_attn: whether a key and a value of zeros are added.
        dropout_p: how likely a weight is left out, if ``training``.
        out_proj_weight, out_proj_bias: of the projection of the result.
        key_padding_mask: (N, S), or (S,): bool, True where a key is not looked at, or numbers that are added.
        need_weights: whether the weights are given too.
        attn_mask: (L, S) or (N * num_heads, L, S), as ``key_padding_mask``.
        use_separate_proj_weight: whether the three projections are given apart: ``q_proj_weight``, ``k_proj_weight`` and
            ``v_proj_weight``.
        static_k, static_v: (N * num_heads, S, E / num_heads), in the place of projections.
        average_attn_weights: whether the weights are means over the heads.
        is_causal: a hint that ``attn_mask`` is the causal one.

    Returns:
        The result, of the shape of ``query``, and the weights, (N, L, S) or by heads (N, num_heads, L, S), or None.

    Raises:
        AssertionError, RuntimeError: sizes do not fit.

    Source of the semantics: ``torch.nn.functional.multi_head_attention_forward``.

    Example:
        >>> import flambeau as torch
        >>> layer, x = torch.nn.MultiheadAttention(4, 2), torch.ones(3, 1, 4)
        >>> layer(x, x, x)[1].detach()
        tensor([[[0.3333, 0.3333, 0.3333],
                 [0.3333, 0.3333, 0.3333],
                 [0.3333, 0.3333, 0.3333]]])
    """
    batched = _is_batched(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = _with_batch(query, key, value)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    target, batch, embed_dim = query.shape
    source, dtype = key.shape[0], query.dtype
    other = dtype_or_none(attn_mask)
    key_padding_mask = canonical_mask(key_padding_mask, "key_padding_mask", other, "attn_mask", dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None
    else:
        attn_mask = canonical_mask(attn_mask, "attn_mask", None, "", dtype, False)
        is_causal = is_causal and key_padding_mask is None
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    if use_separate_proj_weight:
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = _projected_apart((query, key, value), weights, in_proj_bias)
    else:
        q, k, v = _projected(query, key, value, in_proj_weight, in_proj_bias)
    if attn_mask is not None:
        attn_mask = _checked_mask(attn_mask, target, source, batch, num_heads)
    if _check_biases(bias_k, bias_v, static_k, static_v):
        assert bias_k is not None
        assert bias_v is not None
        k, v = cat([k, bias_k.repeat(1, batch, 1)]), cat([v, bias_v.repeat(1, batch, 1)])
        attn_mask, key_padding_mask = _one_wider(attn_mask), _one_wider(key_padding_mask)
    width = embed_dim // num_heads
    q = _by_heads(q, None, "query", batch, num_heads, width)
    k = _by_heads(k, static_k, "static_k", batch, num_heads, width)
    v = _by_heads(v, static_v, "static_v", batch, num_heads, width)
    if add_zero_attn:
        nothing = zeros((batch * num_heads, 1, width), dtype=k.dtype, device=k.device)
        k, v = cat([k, nothing], 1), cat([v, nothing], 1)
        attn_mask, key_padding_mask = _one_wider(attn_mask), _one_wider(key_padding_mask)
    mask = _merged(attn_mask, key_padding_mask, k.shape[1], batch, num_heads)
    p = dropout_p if training else 0.0
    if need_weights:
        attended, found = _with_weights(q, k, v, mask, p)
        found = found.view(batch, num_heads, target, k.shape[1])
        shares = found.mean(1) if average_attn_weights else found
    else:
        attended, shares = _without_weights(q, k, v, mask, p, is_causal, batch, num_heads), None
    flat = attended.transpose(0, 1).reshape(target * batch, embed_dim)
    result = linear(flat, out_proj_weight, out_proj_bias)
    result = result.view(target, batch, result.size(1))
    if not batched:
        return result.squeeze(1), None if shares is None else shares.squeeze(0)
    return result, shares


def _with_batch(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The same with a batch of one; what was one tensor stays one."""
    made = {id(each): each.unsqueeze(1) for each in (query, key, value)}
    return made[id(query)], made[id(key)], made[id(value)]


def _with_weights(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, p: float) -> tuple[Tensor, Tensor]:
    q, k = q * math.sqrt(1.0 / q.shape[-1]), k.transpose(-2, -1)
    scores = bmm(q, k) if mask is None else baddbmm(mask, q, k)
    weights = softmax(scores, -1)
    if p > 0.0:
        weights = dropout(weights, p, True)
    return bmm(weights, v), weights


def _without_weights(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, p: float, is_causal: bool, batch: int, heads: int
) -> Tensor:
    """With a dim of the batch and one of the heads, as dropout draws by them."""
    if mask is not None:
        mask = mask.unsqueeze(0) if mask.size(0) == 1 else mask.view(batch, heads, *mask.shape[1:])
    q, k, v = (each.reshape(batch, heads, *each.shape[1:]) for each in (q, k, v))
    return scaled_dot_product_attention(q, k, v, mask, p, is_causal).flatten(0, 1)
