"""Activation functions as modules."""

from __future__ import annotations

import warnings
from typing import Any

from flambeau._tensor import Tensor
from flambeau.autograd import no_grad
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import level_of_caller
from flambeau.ops.creation.filled import full

from .. import functional
from ..parameter import Parameter
from ._attention import MultiheadAttention
from .module import Module

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid",
    "LogSoftmax", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "Sigmoid", "SiLU", "Softmax", "Softmax2d", "Softmin",
    "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold",
    "MultiheadAttention",
]  # fmt: skip

MultiheadAttention.__module__ = __name__  # where PyTorch has it


class _InPlace(Module):
    """A module that can write its result into its input."""

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Its arguments, and whether it writes into its input."""
        return ", ".join([*self._arguments(), *(["inplace=True"] if self.inplace else [])])

    def _arguments(self) -> list[str]:
        return []


class ReLU(_InPlace):
    """Replace negative elements by 0; ``inplace`` writes into the input. Source of the semantics: ``torch.nn.ReLU``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ReLU()(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.relu(input, inplace=self.inplace)


class LeakyReLU(_InPlace):
    """Multiply negative elements by a slope. Source of the semantics: ``torch.nn.LeakyReLU``."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.leaky_relu(input, self.negative_slope, inplace=self.inplace)

    def _arguments(self) -> list[str]:
        return [f"negative_slope={self.negative_slope}"]


class ELU(_InPlace):
    """Replace negative elements by alpha (exp(x) - 1). Source of the semantics: ``torch.nn.ELU``."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.elu(input, self.alpha, inplace=self.inplace)

    def _arguments(self) -> list[str]:
        return [f"alpha={self.alpha}"]


class SELU(_InPlace):
    """Scale an exponential rectifier so that it keeps mean and variance. Source of the semantics: ``torch.nn.SELU``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.selu(input, inplace=self.inplace)


class CELU(_InPlace):
    """Replace negative elements by alpha (exp(x / alpha) - 1). Source of the semantics: ``torch.nn.CELU``."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.celu(input, self.alpha, inplace=self.inplace)

    def _arguments(self) -> list[str]:
        return [f"alpha={self.alpha}"]


class SiLU(_InPlace):
    """Multiply elements by the logistic function of them. Source of the semantics: ``torch.nn.SiLU``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.silu(input, inplace=self.inplace)


class Mish(_InPlace):
    """Multiply elements by tanh(softplus(x)). Source of the semantics: ``torch.nn.Mish``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.mish(input, inplace=self.inplace)


class Hardsigmoid(_InPlace):
    """Compute x / 6 + 1 / 2, limited to the range from 0 to 1. Source of the semantics: ``torch.nn.Hardsigmoid``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Hardswish(_InPlace):
    """Multiply elements by :class:`Hardsigmoid` of them. Source of the semantics: ``torch.nn.Hardswish``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


def _renamed(old: str, given: float | None, name: str, value: float) -> float:
    """An option by its old name, with a warning, or by its name."""
    if given is None:
        return value
    warnings.warn(
        f"keyword argument `{old}` is deprecated and renamed to `{name}`", FutureWarning, stacklevel=level_of_caller()
    )
    return given


class Hardtanh(_InPlace):
    """Limit elements to a range. Source of the semantics: ``torch.nn.Hardtanh``.

    Raises:
        AssertionError: ``max_val`` is not greater than ``min_val``.
    """

    def __init__(
        self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False, min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(inplace)
        min_val = _renamed("min_value", min_value, "min_val", min_val)
        max_val = _renamed("max_value", max_value, "max_val", max_val)
        if max_val <= min_val:
            raise AssertionError(f"max_val ({max_val}) must be greater than min_val ({min_val})")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def _arguments(self) -> list[str]:
        return [f"min_val={self.min_val}", f"max_val={self.max_val}"]


class ReLU6(Hardtanh):
    """Limit elements to the range from 0 to 6. Source of the semantics: ``torch.nn.ReLU6``."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def _arguments(self) -> list[str]:
        return []


class Threshold(_InPlace):
    """Replace elements that are not above ``threshold`` by ``value``. Source of the semantics: ``torch.nn.Threshold``."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.threshold(input, self.threshold, self.value, self.inplace)

    def _arguments(self) -> list[str]:
        return [f"threshold={self.threshold}", f"value={self.value}"]


class RReLU(_InPlace):
    """Multiply negative elements by a slope drawn for each; outside of training by the mean slope.

    Source of the semantics: ``torch.nn.RReLU``.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def _arguments(self) -> list[str]:
        return [f"lower={self.lower}", f"upper={self.upper}"]


class PReLU(Module):
    """Multiply negative elements by a slope that is learnt. Source of the semantics: ``torch.nn.PReLU``.

    Args:
        num_parameters: 1, or the number of channels, each of which has a slope then.
        init: the first value of the slopes.
        device, dtype: of the slopes.
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: DType | None = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(full((num_parameters,), float(init), device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        """Give the slopes their first value."""
        with no_grad():
            self.weight.fill_(self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """How many slopes there are."""
        return f"num_parameters={self.num_parameters}"


class GELU(Module):
    """Multiply elements by the normal distribution function of them. Source of the semantics: ``torch.nn.GELU``."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """What stands for the distribution function."""
        return f"approximate={self.approximate!r}"


class GLU(Module):
    """Let one half of a dimension gate the other. Source of the semantics: ``torch.nn.GLU``."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class Softplus(Module):
    """Compute log(1 + exp(beta x)) / beta. Source of the semantics: ``torch.nn.Softplus``."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Its arguments."""
        return f"beta={self.beta}, threshold={self.threshold}"


class _Shrink(Module):
    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        """The width on one side."""
        return str(self.lambd)


class Hardshrink(_Shrink):
    """Replace elements between ``-lambd`` and ``lambd`` by 0. Source of the semantics: ``torch.nn.Hardshrink``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    """Move elements by ``lambd`` towards 0. Source of the semantics: ``torch.nn.Softshrink``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.softshrink(input, self.lambd)


class Sigmoid(Module):
    """Compute 1 / (1 + exp(-x)). Source of the semantics: ``torch.nn.Sigmoid``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return input.sigmoid()


class LogSigmoid(Module):
    """Compute the logarithm of the logistic function. Source of the semantics: ``torch.nn.LogSigmoid``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.logsigmoid(input)


class Tanh(Module):
    """Compute the hyperbolic tangent. Source of the semantics: ``torch.nn.Tanh``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return input.tanh()


class Tanhshrink(Module):
    """Compute x - tanh(x). Source of the semantics: ``torch.nn.Tanhshrink``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.tanhshrink(input)


class Softsign(Module):
    """Compute x / (1 + abs(x)). Source of the semantics: ``torch.nn.Softsign``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.softsign(input)


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """Compute softmax along ``dim``. Source of the semantics: ``torch.nn.Softmax``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.softmax(input, self.dim, _stacklevel=5)


class Softmin(_AlongDim):
    """Compute softmax of the negative along ``dim``. Source of the semantics: ``torch.nn.Softmin``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.softmin(input, self.dim, _stacklevel=5)


class LogSoftmax(_AlongDim):
    """Compute the logarithm of softmax along ``dim``. Source of the semantics: ``torch.nn.LogSoftmax``."""

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return functional.log_softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """Compute softmax over the channels of images (…, channels, height, width). Source: ``torch.nn.Softmax2d``.

    Raises:
        ValueError: the input has neither three nor four dimensions.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return functional.softmax(input, -3)
