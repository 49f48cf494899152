"""Dropout: elements, or whole channels, drawn to be left out.

What is drawn, and in which order, is PyTorch's on its CPU: noise of the memory order of the input, two words for each element.
Beyond PyTorch, every function takes a ``generator``.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

from flambeau import dtypes
from flambeau._dispatch.declare import fused, primitive
from flambeau._dispatch.runtime import not_a_tensor
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import no_grad
from flambeau.ops.creation.filled import empty, empty_like
from flambeau.random._for_dtype import bernoulli
from flambeau.random._placing import draw, dropped_by_counter, drops_by_counter, filling_order
from flambeau.shapes import float_argument

__all__ = [
    "alpha_dropout", "alpha_dropout_", "dropout", "dropout_", "feature_alpha_dropout", "feature_alpha_dropout_",
    "feature_dropout", "feature_dropout_",
]  # fmt: skip

_ALPHA = 1.7580993408473766
"""The negative limit of SELU, with its sign turned."""


def _noise(input: Tensor, kept: float, whole_channels: bool, generator: Any) -> Tensor:
    """Ones where something is kept, zeros elsewhere: for each element, or for each channel of each sample."""
    type_, shape = input._type, input._array.shape
    order = None
    if whole_channels:
        if len(shape) < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        shape = (*shape[:2], *[1] * (len(shape) - 2))
    elif not type_.backend.is_contiguous(input._array):
        order = filling_order(empty_like(input.detach()))
    return from_array(draw(type_, shape, generator, bernoulli(type_.dtype, kept), order=order), type_)


def _divided(noise: Tensor, kept: float) -> Tensor:
    """The noise, which belongs to nobody else, divided by how much is kept."""
    type_ = noise._type
    if type_.halves or not type_.real_floats:
        return noise.div_(kept)
    return from_array(type_.kernels.div(noise._array, type_.number(kept)), type_)


# -- as on CUDA devices, at once -------------------------------------------------------------------------


class Dropped(NamedTuple):
    """What is left, and whether an element is kept."""

    values: Tensor
    kept: Tensor


def _masked_slope(grad: Tensor, kept: Tensor, scale: float) -> Tensor:
    return _masked_scale(grad, kept, scale)


def _dropped_slope(grad: Tensor, probability: float, kept: Tensor) -> Tensor:
    return _masked_scale(grad, kept, 1 / probability)


@fused("masked_scale", derivatives={"input": _masked_slope}, method=False, node="MaskedScaleBackward0")
def _masked_scale(input: Tensor, kept: Tensor, scale: float) -> Tensor:
    """The input where it is kept, scaled in the precision that CUDA computes in."""
    type_ = input._type
    if type_.kernels.masked_scale is not None:
        return from_array(type_.kernels.masked_scale(input._array, kept._array, scale), type_)
    with no_grad():
        wide = input.detach().to(dtypes.float32) if type_.halves else input.detach()
        return (wide * kept * scale).to(input.dtype)


@primitive(
    derivatives={"input": _dropped_slope},
    outputs=("values", "kept"),
    method=False,
    node="NativeDropoutBackward0",
)
def _native_dropout(input: Tensor, probability: float, generator: Any) -> Dropped:
    """Dropout that CUDA's fused kernel draws; ``probability`` is that of being kept."""
    values, kept = dropped_by_counter(input, probability, generator)
    mask = from_array(kept, input._type.with_dtype(dtypes.bool))
    if values is None:
        return Dropped(_masked_scale(input, mask, 1 / probability), mask)
    return Dropped(from_array(values, input._type), mask)


def _dropped(
    name: str, input: Tensor, p: float, train: bool, inplace: bool, generator: Any, *, channels: bool, alpha: bool
) -> Tensor:
    if not isinstance(input, Tensor):
        raise not_a_tensor(name, "input", 1, input)
    p = float_argument(name, "p", 2, p)
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")
    if p == 0 or not train or 0 in input._array.shape:
        return input
    if p == 1:
        zero = empty((), dtype=input.dtype, device=input.device).fill_(0)
        return input.mul_(zero) if inplace else input * zero
    if not (inplace or channels or alpha) and input._type.floats and drops_by_counter(input, generator):
        return _native_dropout(input, 1 - p, generator).values
    noise = _noise(input, 1 - p, channels, generator)
    if not alpha:
        noise = _divided(noise, 1 - p)
        return input.mul_(noise) if inplace else input * noise
    scale = 1 / sqrt((_ALPHA * _ALPHA * p + 1) * (1 - p))
    shift = (noise - 1).mul_(_ALPHA * scale).add_(_ALPHA * scale * p)
    noise.mul_(scale)
    return input.mul_(noise).add_(shift) if inplace else input * noise + shift


@spelled()
def dropout(input: Tensor, p: float, train: bool, *, generator: Any = None) -> Tensor:
    """Set elements to zero with probability ``p``, and divide the others by ``1 - p``. Source: ``torch.dropout``.

    Args:
        input: of any shape.
        p: how likely an element is left out.
        train: if False, the input is given back.
        generator: where the noise comes from; the default generator of the device if None.

    Raises:
        RuntimeError: ``p`` is not in [0, 1].

    Example:
        >>> import flambeau as torch
        >>> torch.dropout(torch.ones(4), 0.5, True, generator=torch.Generator().manual_seed(0))
        tensor([0., 0., 2., 0.])
    """
    return _dropped("dropout", input, p, train, False, generator, channels=False, alpha=False)


@spelled()
def dropout_(input: Tensor, p: float, train: bool, *, generator: Any = None) -> Tensor:
    """The in-place form of :func:`flambeau.dropout`."""
    return _dropped("dropout_", input, p, train, True, generator, channels=False, alpha=False)


@spelled()
def feature_dropout(input: Tensor, p: float, train: bool, *, generator: Any = None) -> Tensor:
    """Leave out whole channels of (N, C, …) with probability ``p``. Source of the semantics: ``torch.feature_dropout``.

    Example:
        >>> import flambeau as torch
        >>> torch.feature_dropout(torch.ones(1, 2, 2), 0.5, True, generator=torch.Generator().manual_seed(2))
        tensor([[[0., 0.],
                 [2., 2.]]])
    """
    return _dropped("feature_dropout", input, p, train, False, generator, channels=True, alpha=False)


@spelled()
def feature_dropout_(input: Tensor, p: float, train: bool, *, generator: Any = None) -> Tensor:
    """The in-place form of :func:`flambeau.feature_dropout`."""
    return _dropped("feature_dropout_", input, p, train, True, generator, channels=True, alpha=False)


@spelled()
def alpha_dropout(input: Tensor, p: float, train: bool, *, generator: Any = None) -> Tensor:
    """Dropout that keeps mean and variance of what SELU gives (Klambauer et al., 2017). Source: ``torch.alpha_dropout``.

    Example:
        >>> import flambeau as torch
        >>> torch.alpha_dropout(torch.zeros(4), 0.5, True, generator=torch.Generator().manual_seed(0))
        tensor([-0.7792, -0.7792,  0.7792, -0.7792])
    """
    return _dropped("alpha_dropout", input, p, train, False, generator, channels=False, alpha=True)


@spelled()
def alpha_dropout_(input: Tensor, p: float, train: bool, *, generator: Any = None) -> Tensor:
    """The in-place form of :func:`flambeau.alpha_dropout`."""
    return _dropped("alpha_dropout_", input, p, train, True, generator, channels=False, alpha=True)


@spelled()
def feature_alpha_dropout(input: Tensor, p: float, train: bool, *, generator: Any = None) -> Tensor:
    """:func:`flambeau.alpha_dropout` of whole channels. Source of the semantics: ``torch.feature_alpha_dropout``.

    Example:
        >>> import flambeau as torch
        >>> torch.feature_alpha_dropout(torch.zeros(1, 2, 2), 0.0, True)
        tensor([[[0., 0.],
                 [0., 0.]]])
    """
    return _dropped("feature_alpha_dropout", input, p, train, False, generator, channels=True, alpha=True)


@spelled()
def feature_alpha_dropout_(input: Tensor, p: float, train: bool, *, generator: Any = None) -> Tensor:
    """The in-place form of :func:`flambeau.feature_alpha_dropout`."""
    return _dropped("feature_alpha_dropout_", input, p, train, True, generator, channels=True, alpha=True)
