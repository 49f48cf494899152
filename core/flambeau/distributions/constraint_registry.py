"""Which transform leads from all real numbers to the region of a constraint.

Source of the semantics: ``torch.distributions.constraint_registry``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints, transforms

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """A table from classes of constraints to what makes their transforms; call it with a constraint.

    Example:
        >>> import flambeau as torch
        >>> constraints, transforms = torch.distributions.constraints, torch.distributions.transforms
        >>> table = torch.distributions.constraint_registry.ConstraintRegistry()
        >>> @table.register(constraints.unit_interval)
        ... def _to_unit(constraint):
        ...     return transforms.SigmoidTransform()
        >>> table(constraints.unit_interval)
        SigmoidTransform()
    """

    def __init__(self) -> None:
        self._registry: dict[type, Callable[[Any], transforms.Transform]] = {}

    def register(self, constraint: Any, factory: Any = None) -> Any:
        """Enter what makes the transform of a class of constraints, or of that of an instance; or decorate it.

        Raises:
            TypeError: it is neither.
        """
        if factory is None:
            return lambda given: self.register(constraint, given)
        kind = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not isinstance(kind, type) or not issubclass(kind, constraints.Constraint):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> transforms.Transform:
        """The transform to the region of a constraint.

        Raises:
            NotImplementedError: there is none.
        """
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to = ConstraintRegistry()
"""Bijections, for densities: they have ``log_abs_det_jacobian``."""
transform_to = ConstraintRegistry()
"""Transforms, for optimisation: they need not be bijective, and work on unconstrained parameters of any size."""


def _register(*regions: Any, to: tuple[ConstraintRegistry, ...] = (biject_to, transform_to)) -> Callable[[Any], Any]:
    """Enter a factory for several constraints."""

    def enter(factory: Any) -> Any:
        for table in to:
            for region in regions:
                table.register(region, factory)
        return factory

    return enter


@_register(constraints.real)
def _to_real(constraint: Any) -> transforms.Transform:
    return transforms.identity_transform


@_register(constraints.greater_than, constraints.greater_than_eq)
def _to_greater_than(constraint: Any) -> transforms.Transform:
    shifted = transforms.AffineTransform(constraint.lower_bound, 1)
    return transforms.ComposeTransform([transforms.ExpTransform(), shifted])


@_register(constraints.less_than)
def _to_less_than(constraint: Any) -> transforms.Transform:
    turned = transforms.AffineTransform(constraint.upper_bound, -1)
    return transforms.ComposeTransform([transforms.ExpTransform(), turned])


@_register(constraints.interval, constraints.half_open_interval)
def _to_interval(constraint: Any) -> transforms.Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, (int, float)) and low == 0 and isinstance(high, (int, float)) and high == 1:
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


@_register(constraints.simplex, to=(biject_to,))
def _biject_to_simplex(constraint: Any) -> transforms.Transform:
    return transforms.StickBreakingTransform()


@_register(constraints.simplex, to=(transform_to,))
def _transform_to_simplex(constraint: Any) -> transforms.Transform:
    return transforms.SoftmaxTransform()


@_register(constraints.lower_cholesky, to=(transform_to,))
def _to_lower_cholesky(constraint: Any) -> transforms.Transform:
    return transforms.LowerCholeskyTransform()


@_register(constraints.positive_definite, constraints.positive_semidefinite, to=(transform_to,))
def _to_positive_definite(constraint: Any) -> transforms.Transform:
    return transforms.PositiveDefiniteTransform()


@_register(constraints.corr_cholesky)
def _to_corr_cholesky(constraint: Any) -> transforms.Transform:
    return transforms.CorrCholeskyTransform()


def _of_parts(table: ConstraintRegistry) -> None:
    """Enter the transforms of constraints that are made of others, by those of the parts."""

    @table.register(constraints.independent)  # type: ignore[untyped-decorator]
    def _independent(constraint: Any) -> transforms.Transform:
        return transforms.IndependentTransform(table(constraint.base_constraint), constraint.reinterpreted_batch_ndims)

    @table.register(constraints.cat)  # type: ignore[untyped-decorator]
    def _cat(constraint: Any) -> transforms.Transform:
        parts = [table(each) for each in constraint.cseq]
        return transforms.CatTransform(parts, constraint.dim, constraint.lengths)

    @table.register(constraints.stack)  # type: ignore[untyped-decorator]
    def _stack(constraint: Any) -> transforms.Transform:
        return transforms.StackTransform([table(each) for each in constraint.cseq], constraint.dim)


for _table in (biject_to, transform_to):
    _of_parts(_table)
