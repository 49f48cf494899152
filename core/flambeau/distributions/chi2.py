"""The chi-squared distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau._tensor import Tensor
from flambeau.shapes import Size

from . import constraints
from .gamma import Gamma

__all__ = ["Chi2"]


class Chi2(Gamma):
    """Sums of squares of normal numbers. Source of the semantics: ``torch.distributions.Chi2``.

    Args:
        df: how many squares, a positive number that need not be whole.
        validate_args: False to take anything.

    Raises:
        ValueError: ``df`` is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.distributions.Chi2(3.0).mean
        tensor(3.)
    """

    arg_constraints: ClassVar = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * df, 0.5, validate_args=validate_args)

    def _expanded(self, shape: Size) -> dict[str, Any]:
        return {"concentration": self.concentration.expand(shape), "rate": self.rate.expand(shape)}

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self.concentration * 2
