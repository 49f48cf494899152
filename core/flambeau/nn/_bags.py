"""Bags of rows with the options that PyTorch's function has; what it computes is in :mod:`flambeau.ops.nn.bags`."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.ops.creation.ranges import arange
from flambeau.ops.nn.bags import check_bags
from flambeau.ops.nn.bags import embedding_bag as _embedding_bag
from flambeau.ops.nn.sparse import embedding_renorm_

__all__ = ["embedding_bag"]

_MODES = {"sum": 0, "mean": 1, "max": 2}


def _as_bags(input: Tensor, offsets: Tensor | None) -> tuple[Tensor, Tensor]:
    """The numbers of rows one behind the other, and where each bag begins."""
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. "
                f"However, found offsets of type {type(offsets)}"
            )
        length = max(input.shape[1], 1)
        starts = arange(0, input.numel(), length, dtype=dtypes.int64, device=input.device)
        return input.reshape(-1), starts if input.shape[1] else starts.new_zeros(input.shape[0])
    if input.dim() != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.dim() != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    return input, offsets


def _check_mode(mode: str, scale_grad_by_freq: bool, sparse: bool, per_sample_weights: Tensor | None) -> None:
    if mode not in _MODES:
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}'). Please open a feature request on GitHub."
        )


@overridable
def embedding_bag(
    input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None, norm_type: float = 2,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Tensor:  # fmt: skip
    """Put rows of a table together by bags: their mean, their sum or their largest numbers.

    ``input`` is (B, length), bags of one length, or (…,) with ``offsets``, where each bag begins; see
    :class:`flambeau.nn.EmbeddingBag` for the other arguments. Source of the semantics: ``torch.nn.functional.embedding_bag``.

    Raises:
        ValueError: the shapes do not fit, or the mode is unknown or does not go with an option.
        RuntimeError: an index is no row.

    Example:
        >>> import flambeau as torch
        >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        >>> torch.nn.functional.embedding_bag(torch.tensor([[0, 2], [1, 1]]), table)
        tensor([[3., 4.],
                [3., 4.]])
    """
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the same shape as "
            f"the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    include_last_offset = include_last_offset and input.dim() == 1
    indices, starts = _as_bags(input, offsets)
    _check_mode(mode, scale_grad_by_freq, sparse, per_sample_weights)
    flat = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    if max_norm is not None:  # which changes the table
        check_bags(weight, indices, starts, flat, padding_idx)
        embedding_renorm_(weight.detach(), indices, max_norm, norm_type)
    return _embedding_bag(
        weight, indices, starts, scale_grad_by_freq, _MODES[mode], sparse, flat, include_last_offset, padding_idx
    )[0]
