"""Initial values of parameters, drawn as PyTorch draws them: the same seed gives the same numbers.

Every function writes into its tensor, without recording, and returns it. Source of the semantics: ``torch.nn.init``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.errors import level_of_caller
from flambeau.linalg import qr
from flambeau.ops.creation.filled import empty_like
from flambeau.ops.creation.ranges import eye as _eye
from flambeau.ops.elementwise.selection import where
from flambeau.ops.movement.diagonals import diagonal
from flambeau.ops.random import randperm

__all__ = [
    "calculate_gain", "constant", "constant_", "dirac", "dirac_", "eye", "eye_", "kaiming_normal", "kaiming_normal_",
    "kaiming_uniform", "kaiming_uniform_", "normal", "normal_", "ones_", "orthogonal", "orthogonal_", "sparse", "sparse_",
    "trunc_normal_", "uniform", "uniform_", "xavier_normal", "xavier_normal_", "xavier_uniform", "xavier_uniform_", "zeros_",
]  # fmt: skip

_PLAIN = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid")


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the scale of activations behind a nonlinearity.

    Raises:
        ValueError: the nonlinearity is unknown, or ``param`` is not a number.
    """
    if nonlinearity in _PLAIN:
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs and outputs an element of a weight connects."""
    if tensor.dim() < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """The number of inputs or of outputs, whichever ``mode`` names."""
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Draw uniformly from [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Draw from a normal distribution."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with a number."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


# The order of the arithmetic below is PyTorch's: another order rounds differently, and so draws other numbers.


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Draw uniformly, scaled by the number of inputs and outputs (Glorot and Bengio, 2010)."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    bound = math.sqrt(3.0) * (gain * math.sqrt(2.0 / float(fan_in + fan_out)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Draw from a normal distribution, scaled by the number of inputs and outputs (Glorot and Bengio, 2010)."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / float(fan_in + fan_out)), generator)


def _has_none(tensor: Tensor) -> bool:
    """Whether there is nothing to fill, which gives a warning."""
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=level_of_caller())
    return True


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Draw uniformly, scaled by the number of inputs or outputs and the nonlinearity (He et al., 2015)."""
    if _has_none(tensor):
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Draw from a normal distribution, scaled as :func:`kaiming_uniform_` (He et al., 2015)."""
    if _has_none(tensor):
        return tensor
    return normal_(
        tensor, 0, calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode)), generator
    )


# -- matrices ---------------------------------------------------------------


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity.

    Raises:
        ValueError: it is no matrix.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.init.eye_(torch.empty(2, 3))
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        return tensor.copy_(_eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution so that it gives its input back, as many channels as there are.

    Args:
        tensor: (out channels, in channels, …) with one to three places.
        groups: the groups of the convolution.

    Raises:
        ValueError: it has another number of dimensions, or the groups do not divide the channels.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.init.dirac_(torch.empty(1, 1, 3))
        tensor([[[0., 1., 0.]]])
    """
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    each = tensor.shape[0] // groups
    middle = tuple(size // 2 for size in tensor.shape[2:])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(each, tensor.shape[1])):
                tensor[(group * each + channel, channel, *middle)] = 1
    return tensor


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Fill with a matrix whose rows or columns are orthonormal, times ``gain`` (Saxe et al., 2013).

    Dimensions behind the first are flattened. The last bits are those of the backend's QR factorisation.

    Raises:
        ValueError: the tensor has fewer than two dimensions.

    Example:
        >>> import flambeau as torch
        >>> weight = torch.nn.init.orthogonal_(torch.empty(2, 3))
        >>> bool(torch.allclose(weight @ weight.t(), torch.eye(2), atol=1e-6))
        True
    """
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel():
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    with no_grad():
        drawn = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
        factors = qr(drawn.t() if rows < columns else drawn)
        uniform = factors[0] * diagonal(factors[1]).sign()
        tensor.copy_((uniform.t() if rows < columns else uniform).reshape(tensor.shape))
        return tensor.mul_(gain)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Draw from a normal distribution, and set a share of each column to zero (Martens, 2010).

    Which rows those are comes from the default generator, as in PyTorch.

    Raises:
        ValueError: it is no matrix.

    Example:
        >>> import flambeau as torch
        >>> (torch.nn.init.sparse_(torch.empty(10, 3), 0.3) == 0).sum(0)
        tensor([3, 3, 3])
    """
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows, device=tensor.device)[:zeros], column] = 0
    return tensor


# -- truncated ---------------------------------------------------------------


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Draw from a normal distribution between ``a`` and ``b``, by rejection as PyTorch 2.13 does.

    Warns where the mean is far outside of the bounds.

    Example:
        >>> import flambeau as torch
        >>> weight = torch.nn.init.trunc_normal_(torch.empty(100), std=2.0)
        >>> bool((weight.abs() <= 2).all())
        True
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.",
            stacklevel=level_of_caller(),
        )
    with no_grad():
        tensor.lt(a)  # which complex numbers have not; nothing is drawn then
        if _below((b - mean) / std) - _below((a - mean) / std) > _LIKELY:
            return tensor.copy_(_by_normal_numbers(tensor, mean, std, a, b, generator))
        return tensor.copy_(_by_uniform_numbers(tensor, mean, std, a, b, generator))


_LIKELY = 0.3
"""From this share of normal numbers between the bounds on, those outside are drawn anew."""


def _below(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def _by_normal_numbers(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    low, high = (tensor.new_tensor(bound).item() for bound in (a, b))  # as the dtype has them
    result = tensor.normal_(
        mean, std, generator=generator
    )  # in its own memory, where the first are drawn for its strides
    while bool((outside := (result < low) | (result > high)).any()):
        result = where(outside, empty_like(result).normal_(mean, std, generator=generator), result)
    return result


def _by_uniform_numbers(tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> Tensor:
    """Uniform numbers, accepted with the probability that the density has of its largest value between the bounds."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    result, pending = tensor, None
    while pending is None or bool(pending.any()):
        place = tensor if pending is None else empty_like(tensor)
        candidates = place.uniform_(a, b, generator=generator)
        result = candidates if pending is None else where(pending, candidates, result)
        density = candidates.clone().sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(peak)
        refused = empty_like(tensor).uniform_(generator=generator).log_().gt(density)
        pending = refused if pending is None else pending & refused
    return result


# -- old names ---------------------------------------------------------------


def _deprecated(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function under its old name, without the underscore, which warns."""
    name = function.__name__

    def old(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{name[:-1]}` is now deprecated in favor of `nn.init.{name}`.",
            FutureWarning,
            stacklevel=level_of_caller(),
        )
        return function(*args, **kwargs)

    old.__name__ = old.__qualname__ = name[:-1]
    old.__doc__ = f"The old name of :func:`{name}`; it warns. Source of the semantics: ``torch.nn.init.{name[:-1]}``."
    return old


constant = _deprecated(constant_)
dirac = _deprecated(dirac_)
eye = _deprecated(eye_)
kaiming_normal = _deprecated(kaiming_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
normal = _deprecated(normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
uniform = _deprecated(uniform_)
xavier_normal = _deprecated(xavier_normal_)
xavier_uniform = _deprecated(xavier_uniform_)
