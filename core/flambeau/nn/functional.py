"""Layers and losses as functions; the ops themselves are in :mod:`flambeau.ops`."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from inspect import unwrap
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.out import with_out
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable, taken_over, taking_part
from flambeau.errors import level_of_caller
from flambeau.layouts import contiguous_format
from flambeau.ops.creation.filled import empty_like, zeros_like
from flambeau.ops.elementwise.arithmetic import true_divide
from flambeau.ops.elementwise.exponential import sigmoid as sigmoid
from flambeau.ops.elementwise.trigonometric import tanh as tanh
from flambeau.ops.indexing._ends import ends, in_range
from flambeau.ops.indexing.scattering import with_ones_at
from flambeau.ops.linalg.distances import pdist as pdist
from flambeau.ops.linalg.matmul import linear as linear
from flambeau.ops.linalg.similarity import cosine_similarity as cosine_similarity
from flambeau.ops.linalg.similarity import pairwise_distance as pairwise_distance
from flambeau.ops.movement.padding import pad as pad
from flambeau.ops.nn import activation as _activation
from flambeau.ops.nn import dropout as _dropouts
from flambeau.ops.nn.adaptive import adaptive_avg_pool1d as adaptive_avg_pool1d
from flambeau.ops.nn.adaptive import adaptive_avg_pool2d as adaptive_avg_pool2d
from flambeau.ops.nn.adaptive import adaptive_avg_pool3d as adaptive_avg_pool3d
from flambeau.ops.nn.attention import scaled_dot_product_attention as scaled_dot_product_attention
from flambeau.ops.nn.averaging import avg_pool1d as avg_pool1d
from flambeau.ops.nn.averaging import avg_pool2d as avg_pool2d
from flambeau.ops.nn.averaging import avg_pool3d as avg_pool3d
from flambeau.ops.nn.bilinear import bilinear as bilinear
from flambeau.ops.nn.conv import conv1d as conv1d
from flambeau.ops.nn.conv import conv2d as conv2d
from flambeau.ops.nn.conv import conv3d as conv3d
from flambeau.ops.nn.conv import conv_tbc as conv_tbc
from flambeau.ops.nn.conv import conv_transpose1d as conv_transpose1d
from flambeau.ops.nn.conv import conv_transpose2d as conv_transpose2d
from flambeau.ops.nn.conv import conv_transpose3d as conv_transpose3d
from flambeau.ops.nn.fold import _col2im, _im2col
from flambeau.ops.nn.gates import gelu as gelu
from flambeau.ops.nn.gates import glu as glu
from flambeau.ops.nn.gates import hardsigmoid as hardsigmoid
from flambeau.ops.nn.gates import hardswish as hardswish
from flambeau.ops.nn.gates import logsigmoid as logsigmoid
from flambeau.ops.nn.gates import mish as mish
from flambeau.ops.nn.gates import silu as silu
from flambeau.ops.nn.gates import softplus as softplus
from flambeau.ops.nn.gates import softsign as softsign
from flambeau.ops.nn.gates import tanhshrink as tanhshrink
from flambeau.ops.nn.pixelshuffle import channel_shuffle as channel_shuffle
from flambeau.ops.nn.pixelshuffle import native_channel_shuffle as native_channel_shuffle
from flambeau.ops.nn.pixelshuffle import pixel_shuffle as pixel_shuffle
from flambeau.ops.nn.pixelshuffle import pixel_unshuffle as pixel_unshuffle
from flambeau.ops.nn.rectifiers import celu as celu
from flambeau.ops.nn.rectifiers import celu_ as celu_
from flambeau.ops.nn.rectifiers import elu as elu
from flambeau.ops.nn.rectifiers import elu_ as elu_
from flambeau.ops.nn.rectifiers import hardshrink as hardshrink
from flambeau.ops.nn.rectifiers import hardtanh as hardtanh
from flambeau.ops.nn.rectifiers import hardtanh_ as hardtanh_
from flambeau.ops.nn.rectifiers import leaky_relu as leaky_relu
from flambeau.ops.nn.rectifiers import leaky_relu_ as leaky_relu_
from flambeau.ops.nn.rectifiers import prelu as prelu
from flambeau.ops.nn.rectifiers import relu6 as relu6
from flambeau.ops.nn.rectifiers import rrelu as rrelu
from flambeau.ops.nn.rectifiers import rrelu_ as rrelu_
from flambeau.ops.nn.rectifiers import selu as selu
from flambeau.ops.nn.rectifiers import selu_ as selu_
from flambeau.ops.nn.rectifiers import softshrink as softshrink
from flambeau.ops.nn.rectifiers import threshold as threshold
from flambeau.ops.nn.rectifiers import threshold_ as threshold_
from flambeau.ops.nn.sparse import embedding as _embedding
from flambeau.ops.nn.sparse import embedding_renorm_
from flambeau.shapes import int_argument, is_one

from ._attention import multi_head_attention_forward as multi_head_attention_forward
from ._bags import embedding_bag as embedding_bag
from ._losses import cross_entropy as cross_entropy
from ._losses import l1_loss as l1_loss
from ._losses import linear_cross_entropy as linear_cross_entropy
from ._losses import mse_loss as mse_loss
from ._losses import nll_loss as nll_loss
from ._margin_losses import cosine_embedding_loss as cosine_embedding_loss
from ._margin_losses import ctc_loss as ctc_loss
from ._margin_losses import hinge_embedding_loss as hinge_embedding_loss
from ._margin_losses import margin_ranking_loss as margin_ranking_loss
from ._margin_losses import multi_margin_loss as multi_margin_loss
from ._margin_losses import multilabel_margin_loss as multilabel_margin_loss
from ._margin_losses import multilabel_soft_margin_loss as multilabel_soft_margin_loss
from ._margin_losses import triplet_margin_loss as triplet_margin_loss
from ._margin_losses import triplet_margin_with_distance_loss as triplet_margin_with_distance_loss
from ._normalization import batch_norm as batch_norm
from ._normalization import group_norm as group_norm
from ._normalization import instance_norm as instance_norm
from ._normalization import layer_norm as layer_norm
from ._normalization import local_response_norm as local_response_norm
from ._normalization import rms_norm as rms_norm
from ._pointwise_losses import binary_cross_entropy as binary_cross_entropy
from ._pointwise_losses import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from ._pointwise_losses import gaussian_nll_loss as gaussian_nll_loss
from ._pointwise_losses import huber_loss as huber_loss
from ._pointwise_losses import kl_div as kl_div
from ._pointwise_losses import poisson_nll_loss as poisson_nll_loss
from ._pointwise_losses import smooth_l1_loss as smooth_l1_loss
from ._pointwise_losses import soft_margin_loss as soft_margin_loss
from ._pooling import adaptive_max_pool1d as adaptive_max_pool1d
from ._pooling import adaptive_max_pool1d_with_indices as adaptive_max_pool1d_with_indices
from ._pooling import adaptive_max_pool2d as adaptive_max_pool2d
from ._pooling import adaptive_max_pool2d_with_indices as adaptive_max_pool2d_with_indices
from ._pooling import adaptive_max_pool3d as adaptive_max_pool3d
from ._pooling import adaptive_max_pool3d_with_indices as adaptive_max_pool3d_with_indices
from ._pooling import fractional_max_pool2d as fractional_max_pool2d
from ._pooling import fractional_max_pool2d_with_indices as fractional_max_pool2d_with_indices
from ._pooling import fractional_max_pool3d as fractional_max_pool3d
from ._pooling import fractional_max_pool3d_with_indices as fractional_max_pool3d_with_indices
from ._pooling import lp_pool1d as lp_pool1d
from ._pooling import lp_pool2d as lp_pool2d
from ._pooling import lp_pool3d as lp_pool3d
from ._pooling import max_pool1d as max_pool1d
from ._pooling import max_pool1d_with_indices as max_pool1d_with_indices
from ._pooling import max_pool2d as max_pool2d
from ._pooling import max_pool2d_with_indices as max_pool2d_with_indices
from ._pooling import max_pool3d as max_pool3d
from ._pooling import max_pool3d_with_indices as max_pool3d_with_indices
from ._pooling import max_unpool1d as max_unpool1d
from ._pooling import max_unpool2d as max_unpool2d
from ._pooling import max_unpool3d as max_unpool3d
from ._vision import affine_grid as affine_grid
from ._vision import grid_sample as grid_sample
from ._vision import interpolate as interpolate
from ._vision import upsample as upsample
from ._vision import upsample_bilinear as upsample_bilinear
from ._vision import upsample_nearest as upsample_nearest

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "affine_grid", "alpha_dropout", "avg_pool1d",
    "avg_pool2d", "avg_pool3d", "batch_norm", "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "celu", "celu_", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "ctc_loss",
    "dropout", "dropout1d", "dropout2d", "dropout3d", "elu", "elu_", "embedding", "embedding_bag",
    "feature_alpha_dropout", "fold", "fractional_max_pool2d", "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d", "fractional_max_pool3d_with_indices", "gaussian_nll_loss", "gelu", "glu", "grid_sample",
    "group_norm", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_",
    "hinge_embedding_loss", "huber_loss", "instance_norm", "interpolate", "kl_div", "l1_loss", "layer_norm",
    "leaky_relu", "leaky_relu_", "linear", "linear_cross_entropy", "local_response_norm", "log_softmax", "logsigmoid",
    "lp_pool1d", "lp_pool2d", "lp_pool3d", "margin_ranking_loss", "max_pool1d", "max_pool1d_with_indices",
    "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices", "max_unpool1d", "max_unpool2d",
    "max_unpool3d", "mish", "mse_loss", "multi_head_attention_forward", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "native_channel_shuffle", "nll_loss", "normalize", "one_hot", "pad",
    "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "prelu", "relu", "relu6",
    "relu_", "rms_norm", "rrelu", "rrelu_", "scaled_dot_product_attention", "selu", "selu_", "sigmoid", "silu",
    "smooth_l1_loss", "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh",
    "tanhshrink", "threshold", "threshold_", "triplet_margin_loss", "triplet_margin_with_distance_loss", "unfold",
    "upsample", "upsample_bilinear", "upsample_nearest",
]  # fmt: skip


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Replace negative elements by 0; ``inplace`` writes into ``input``. Source: ``torch.nn.functional.relu``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    if taking_part and input.__class__ is not Tensor:
        taken = taken_over(relu, (input, inplace))
        if taken is not NotImplemented:
            return taken  # type: ignore[no-any-return]
    return input.relu_() if inplace else _activation.relu(input)


@overridable
def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None) -> Tensor:
    """Compute softmax along ``dim``. Source of the semantics: ``torch.nn.functional.softmax``."""
    return _activation.softmax(input, _given_dim("softmax", input, dim, _stacklevel), dtype)


@overridable
def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None) -> Tensor:
    """Compute softmax of ``-input`` along ``dim``. Source of the semantics: ``torch.nn.functional.softmin``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.softmin(torch.tensor([1.0, 1.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    return _activation.softmax(-input, _given_dim("softmin", input, dim, _stacklevel), dtype)


@overridable
def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: dtypes.dtype | None = None
) -> Tensor:
    """Compute the logarithm of softmax along ``dim``. Source of the semantics: ``torch.nn.functional.log_softmax``."""
    return _activation.log_softmax(input, _given_dim("log_softmax", input, dim, _stacklevel), dtype)


def _given_dim(name: str, input: Tensor, dim: int | None, stacklevel: int) -> int:
    """``dim``, or with a warning the one that old programs mean when they give none."""
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=max(stacklevel, level_of_caller()),
    )
    return 0 if input.dim() in (0, 1, 3) else 1


@spelled()
def relu_(input: Tensor) -> Tensor:
    """Replace negative elements by 0 in place. Source of the semantics: ``torch.nn.functional.relu_``."""
    return relu(input, inplace=True)


@overridable
def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """Draw from a relaxed categorical distribution. Source of the semantics: ``torch.nn.functional.gumbel_softmax``.

    Args:
        logits: logarithms of probabilities, not normalised, along ``dim``.
        tau: the temperature; the lower, the nearer to one-hot.
        hard: whether to give one-hot vectors, with the gradient of the relaxed ones.
        eps: not used, with a warning, as in PyTorch.
        dim: the dimension along which the result sums to 1.

    Raises:
        RuntimeError: ``logits`` is not floating.

    Example:
        >>> import flambeau as torch
        >>> float(torch.nn.functional.gumbel_softmax(torch.zeros(3), hard=True).sum())
        1.0
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=level_of_caller())
    noise = -empty_like(logits, memory_format=contiguous_format).exponential_().log()
    soft = _activation.softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    index = soft.argmax(dim, keepdim=True)
    one = zeros_like(logits, memory_format=contiguous_format).scatter(dim, index, 1.0)
    return one - soft.detach() + soft


@overridable
def normalize(
    input: Tensor, p: float = 2.0, dim: int | Sequence[int] = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Divide vectors along ``dim`` by their norms, or by ``eps`` where that is larger.

    Source of the semantics: ``torch.nn.functional.normalize``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.normalize(torch.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    size = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return input / size if out is None else with_out(out, true_divide, input, size)


@overridable
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Give for each class the vector with a one in its place. Source of the semantics: ``torch.nn.functional.one_hot``.

    Args:
        tensor: int64 of shape (…), classes from 0 on.
        num_classes: the length of the vectors; -1 stands for one more than the largest class.

    Raises:
        RuntimeError: the dtype is not int64, a class is out of range, or there is none to infer the number from.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    num_classes = int_argument("one_hot", "num_classes", 2, num_classes)
    if tensor.dtype is not dtypes.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return tensor.new_zeros((*tensor.shape, num_classes))
    if num_classes != -1:
        tensor = in_range(tensor, 0, num_classes, lambda bad: RuntimeError(_NO_CLASS[bad >= 0]))
        return with_ones_at(tensor, num_classes)
    smallest, largest = ends(tensor)
    if smallest < 0:
        raise RuntimeError(_NO_CLASS[False])
    return with_ones_at(tensor, largest + 1)


_NO_CLASS = {False: "Class values must be non-negative.", True: "Class values must be smaller than num_classes."}


# -- tables ---------------------------------------------------------------


def padding_row(padding_idx: int | None, rows: int) -> int | None:
    """The number of the row that gets no gradient, counted from the front.

    Raises:
        AssertionError: there is no such row.
    """
    if padding_idx is None:
        return None
    padding_idx = int_argument("embedding", "padding_idx", 3, padding_idx)
    if not -rows <= padding_idx < rows:
        raise AssertionError(f"Padding_idx must be within num_embeddings, but got {padding_idx} for {rows} rows")
    return padding_idx % rows


@overridable
def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Look up rows of a table: (…) numbers give (…, width). Source: ``torch.nn.functional.embedding``.

    See :class:`flambeau.nn.Embedding` for the arguments.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.embedding(torch.tensor([1, 0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[3., 4.],
                [1., 2.]])
    """
    row = None if padding_idx is None else padding_row(padding_idx, weight.size(0))
    if weight.dim() != 2:
        raise RuntimeError(f"'weight' must be 2-D, but it has {weight.dim()} dimensions")
    if max_norm is not None:
        embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    return _embedding(weight, input, -1 if row is None else row, scale_grad_by_freq, sparse)


# -- blocks of images ---------------------------------------------------------------


Numbers = int | Sequence[int]


def _pair(numbers: Numbers) -> Any:
    return (numbers, numbers) if is_one(numbers) else numbers


@overridable
def unfold(
    input: Tensor, kernel_size: Numbers, dilation: Numbers = 1, padding: Numbers = 0, stride: Numbers = 1
) -> Tensor:
    """Take blocks of (N, C, H, W) or (C, H, W) as columns: (N, C * K * K, blocks).

    Source of the semantics: ``torch.nn.functional.unfold``.

    Args:
        input: floating point numbers or bool.
        kernel_size: the size of a block, one number or two, as for the other options.
        dilation: how far apart the elements of a block are.
        padding: how many zeros are added at both ends.
        stride: how far apart blocks are.

    Raises:
        RuntimeError: the shape or the options do not fit.
        NotImplementedError: the tensor is of integers.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.unfold(torch.arange(6.0).reshape(1, 2, 3), 2)
        tensor([[0., 1.],
                [1., 2.],
                [3., 4.],
                [4., 5.]])
    """
    return _im2col(input, _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride))


@overridable
def fold(
    input: Tensor,
    output_size: Numbers,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """Add columns (N, C * K * K, blocks), or without N, to the blocks of an image: (N, C, H, W).

    See :func:`unfold` for the arguments. Source of the semantics: ``torch.nn.functional.fold``.

    Raises:
        RuntimeError: the shape or the options do not fit.
        NotImplementedError: the tensor is of integers.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.fold(torch.ones(4, 2), (2, 3), 2)
        tensor([[[1., 2., 1.],
                 [1., 2., 1.]]])
    """
    pairs = map(_pair, (output_size, kernel_size, dilation, padding, stride))
    return _col2im(input, *pairs)


# -- dropout ---------------------------------------------------------------


_DROPOUTS = {
    name + suffix: unwrap(getattr(_dropouts, name + suffix))
    for name in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
    for suffix in ("", "_")
}
"""What the functions here call, which have asked classes that override them, and know the names of their arguments."""


def _applied(name: str, input: Tensor, p: float, training: bool, inplace: bool, generator: Any) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    function = _DROPOUTS[f"{name}_" if inplace else name]
    dropped: Tensor = function(input, p, training, generator=generator)
    return dropped


@overridable
def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Set elements to zero with probability ``p``, and divide the others by ``1 - p``. Source: ``torch.nn.functional.dropout``.

    ``generator`` is beyond PyTorch, here and in the functions below: where the noise comes from, the default generator of the
    input's device if None.

    Raises:
        ValueError: ``p`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.dropout(torch.ones(4), 0.5, generator=torch.Generator().manual_seed(0))
        tensor([0., 0., 2., 0.])
    """
    return _applied("dropout", input, p, training, inplace, generator)


def _of_samples(
    name: str, input: Tensor, p: float, training: bool, inplace: bool, generator: Any, batched: bool
) -> Tensor:
    """Dropout of channels, with a batch dimension for as long as it takes."""
    if batched:
        return _applied(name, input, p, training, inplace, generator)
    result = _applied(name, input.unsqueeze(0), p, training, inplace, generator)
    return input if inplace else result.squeeze(0)


@overridable
def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Leave out whole channels of (N, C, L) or (C, L). Source of the semantics: ``torch.nn.functional.dropout1d``.

    Raises:
        ValueError: ``p`` is not in [0, 1].
        RuntimeError: the input has another number of dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.dropout1d(torch.ones(2, 2), generator=torch.Generator().manual_seed(2))
        tensor([[0., 0.],
                [2., 2.]])
    """
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Note that dropout1d exists to provide "
            "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch dimension "
            "(i.e. 2D or 3D inputs)."
        )
    return _of_samples("feature_dropout", input, p, training, inplace, generator, input.dim() == 3)


@overridable
def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Leave out whole channels of (N, C, H, W). Source of the semantics: ``torch.nn.functional.dropout2d``.

    Warns of other numbers of dimensions; three are taken for (N, C, L), as in PyTorch.

    Raises:
        ValueError: ``p`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.dropout2d(torch.ones(1, 2, 1, 2), generator=torch.Generator().manual_seed(2))
        tensor([[[[0., 0.]],
        <BLANKLINE>
                 [[2., 2.]]]])
    """
    if input.dim() not in (3, 4):
        _warn_of_dims("dropout2d", input.dim(), "2 spatial dimensions", "(i.e. 3D or 4D inputs)")
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input "
            "is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change in a future release to "
            "interpret the input as one without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise dropout "
            "behavior, please switch to using dropout1d instead.",
            stacklevel=level_of_caller(),
        )
    return _applied("feature_dropout", input, p, training, inplace, generator)


@overridable
def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Leave out whole channels of (N, C, D, H, W) or (C, D, H, W). Source: ``torch.nn.functional.dropout3d``.

    Warns of other numbers of dimensions.

    Raises:
        ValueError: ``p`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.dropout3d(torch.ones(2, 1, 1, 1), generator=torch.Generator().manual_seed(2)).flatten()
        tensor([0., 2.])
    """
    if input.dim() not in (4, 5):
        _warn_of_dims("dropout3d", input.dim(), "3 spatial dimensions", "(i.e. 4D or 5D inputs)")
    return _of_samples("feature_dropout", input, p, training, inplace, generator, input.dim() == 5)


def _warn_of_dims(name: str, dims: int, places: str, inputs: str) -> None:
    warnings.warn(
        f"{name}: Received a {dims}-D input to {name}, which is deprecated and will result in an error in a future release. To "
        f"retain the behavior and silence this warning, please use dropout instead. Note that {name} exists to provide "
        f"channel-wise dropout on inputs with {places}, a channel dimension, and an optional batch dimension {inputs}.",
        stacklevel=level_of_caller(),
    )


@overridable
def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """Dropout that keeps mean and variance of what SELU gives. Source of the semantics: ``torch.nn.functional.alpha_dropout``.

    Raises:
        ValueError: ``p`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.alpha_dropout(torch.zeros(2), 0.5, True, generator=torch.Generator().manual_seed(0))
        tensor([-0.7792, -0.7792])
    """
    return _applied("alpha_dropout", input, p, training, inplace, generator)


@overridable
def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False, *, generator: Any = None
) -> Tensor:
    """:func:`alpha_dropout` of whole channels of (N, C, …). Source: ``torch.nn.functional.feature_alpha_dropout``.

    Raises:
        ValueError: ``p`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.feature_alpha_dropout(torch.ones(1, 2, 2), 0.5)
        tensor([[[1., 1.],
                 [1., 1.]]])
    """
    return _applied("feature_alpha_dropout", input, p, training, inplace, generator)
