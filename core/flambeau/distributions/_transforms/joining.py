"""Transforms of parts of a tensor, each by its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau.ops.movement.joining import cat, stack

from .. import constraints
from ..utils import _sum_rightmost, lazy_property
from .base import Transform

__all__ = ["CatTransform", "StackTransform"]


class _Several(Transform):
    """What transforms of parts along a dimension share."""

    transforms: list[Transform]

    def _take(self, tseq: Sequence[Transform], dim: int, cache_size: int) -> None:
        """Keep the transforms."""
        if not all(isinstance(each, Transform) for each in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        self.transforms = [each.with_cache(cache_size) for each in tseq] if cache_size else list(tseq)
        self.dim = dim

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all are."""
        return all(each.bijective for each in self.transforms)

    def _check(self, name: str, value: Tensor, wanted: int, length: str) -> None:
        if not -value.dim() <= self.dim < value.dim():
            what = name if name in ("x", "y") else "tensor"
            raise AssertionError(f"dim {self.dim} out of range for {what} with {value.dim()} dimensions")
        if value.size(self.dim) != wanted:
            raise AssertionError(f"{name}.size({self.dim}) = {value.size(self.dim)} must equal {length} {wanted}")


class CatTransform(_Several):
    """Transforms of slices along a dimension. Source of the semantics: ``torch.distributions.transforms.CatTransform``.

    Args:
        tseq: the transforms.
        dim: the dimension.
        lengths: of the slices, 1 each by default.
        cache_size: see :class:`Transform`.

    Example:
        >>> import flambeau as torch
        >>> transforms = torch.distributions.transforms
        >>> both = transforms.CatTransform([transforms.ExpTransform(), transforms.identity_transform], lengths=[1, 2])
        >>> both(torch.zeros(3))
        tensor([1., 0., 0.])
    """

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size=cache_size)
        self._take(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})")

    def _arguments(self) -> tuple[Any, ...]:
        return self.transforms, self.dim, self.lengths

    @lazy_property
    def event_dim(self) -> int:
        """The most that one of them has."""
        return max(each.event_dim for each in self.transforms)

    @lazy_property
    def length(self) -> int:
        """The size of the dimension."""
        return sum(self.lengths)

    def _slices(self, name: str, value: Tensor) -> Sequence[Tensor]:
        self._check(name, value, self.length, "length")
        return value.split(self.lengths, self.dim)

    def _call(self, x: Tensor) -> Tensor:
        parts = zip(self.transforms, self._slices("x", x), strict=True)
        return cat([each(part) for each, part in parts], self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        parts = zip(self.transforms, self._slices("y", y), strict=True)
        return cat([each.inv(part) for each, part in parts], self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Those of the slices joined, or added where the dimension belongs to events."""
        parts = zip(self.transforms, self._slices("x", x), self._slices("y", y), strict=True)
        logarithms = [
            _sum_rightmost(each.log_abs_det_jacobian(value, image), self.event_dim - each.event_dim)
            for each, value, image in parts
        ]
        dim = self.dim - x.dim() if self.dim >= 0 else self.dim
        if dim + self.event_dim < 0:
            return cat(logarithms, dim + self.event_dim)
        total = logarithms[0]
        for logarithm in logarithms[1:]:
            total = total + logarithm
        return total

    @constraints.dependent_property
    def domain(self) -> Any:
        """Those of the transforms side by side."""
        return constraints.cat([each.domain for each in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """Those of the transforms side by side."""
        return constraints.cat([each.codomain for each in self.transforms], self.dim, self.lengths)


class StackTransform(_Several):
    """Transforms of the places along a dimension. Source: ``torch.distributions.transforms.StackTransform``.

    Args:
        tseq: the transforms.
        dim: the dimension.
        cache_size: see :class:`Transform`.

    Example:
        >>> import flambeau as torch
        >>> transforms = torch.distributions.transforms
        >>> columns = transforms.StackTransform([transforms.ExpTransform(), transforms.identity_transform], dim=1)
        >>> columns(torch.zeros(1, 2))
        tensor([[1., 0.]])
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self._take(tseq, dim, cache_size)

    def _arguments(self) -> tuple[Any, ...]:
        return self.transforms, self.dim

    def _slices(self, name: str, value: Tensor) -> Sequence[Tensor]:
        self._check(name, value, len(self.transforms), "len(transforms)")
        return value.unbind(self.dim)

    def _call(self, x: Tensor) -> Tensor:
        parts = zip(self.transforms, self._slices("x", x), strict=True)
        return stack([each(part) for each, part in parts], self.dim)

    def _inverse(self, y: Tensor) -> Tensor:
        parts = zip(self.transforms, self._slices("y", y), strict=True)
        return stack([each.inv(part) for each, part in parts], self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Those of the places, stacked."""
        parts = zip(self.transforms, self._slices("x", x), self._slices("y", y), strict=True)
        return stack([each.log_abs_det_jacobian(value, image) for each, value, image in parts], self.dim)

    @constraints.dependent_property
    def domain(self) -> Any:
        """Those of the transforms side by side."""
        return constraints.stack([each.domain for each in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """Those of the transforms side by side."""
        return constraints.stack([each.codomain for each in self.transforms], self.dim)
