"""The base of the transforms: which parts of a sample are changed, all with the same draws."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller
from flambeau.utils import _pytree
from flambeau.vision._images import is_pillow
from flambeau.vision.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, Video

from .._drawing import Drawing
from ._queries import has_any, matches
from .functional._kinds import is_pure_tensor, kernel_of

__all__ = ["RandomApplyTransform", "Transform", "warn_if_kept"]


class Transform(Drawing):
    """The base of all transforms: a subclass defines ``transform``, and ``make_params`` if it draws.

    A sample is anything nested: tuples, lists, dictionaries. Of its leaves images, videos, masks and boxes are changed, all with
    the same draws; a plain tensor is an image if it is the first, and there is no image that says so. All others stay as
    they are.

    Attributes:
        generator: where random numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.Transform``; ``generator`` is not in it.
    """

    _transformed_types: tuple[Any, ...] = (Tensor, is_pillow)
    _first: Any = None
    """The class of ``transforms`` that does the same, of which ``get_params`` is this one's, too."""

    def __init__(self, *, generator: Any = None) -> None:
        super().__init__(generator)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if hasattr(cls._first, "get_params"):
            cls.get_params = staticmethod(cls._first.get_params)  # type: ignore[attr-defined]

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        """Raise if the transform does not take the leaves of a sample."""

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw, or compute, what all parts of a sample are changed by."""
        return {}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One part of a sample, changed."""
        raise NotImplementedError

    def forward(self, *inputs: Any) -> Any:
        """The sample, changed; several arguments are one of several parts."""
        leaves, structure = _pytree.flatten(inputs if len(inputs) > 1 else inputs[0])
        self.check_inputs(leaves)
        return structure.build(self._changed_leaves(leaves))

    def _changed_leaves(self, leaves: list[Any]) -> list[Any]:
        chosen = self._chosen(leaves)
        params = self.make_params([each for each, is_chosen in zip(leaves, chosen, strict=True) if is_chosen])
        return [
            self.transform(each, params) if is_chosen else each for each, is_chosen in zip(leaves, chosen, strict=True)
        ]

    def _chosen(self, leaves: Sequence[Any]) -> list[bool]:
        """Which leaves are changed: of plain tensors only the first, if there is no other image."""
        free = not has_any(leaves, Image, Video, is_pillow)
        found = []
        for each in leaves:
            chosen = matches(each, self._transformed_types)
            if chosen and is_pure_tensor(each):
                chosen, free = free, False
            found.append(chosen)
        return found

    def _call_kernel(self, functional: Callable[..., Any], inpt: Any, *args: Any, **kwargs: Any) -> Any:
        """What a function makes of an input; the input itself if it does not take such ones."""
        kernel = kernel_of(functional, inpt)
        return inpt if kernel is None else kernel(inpt, *args, **kwargs)

    def extra_repr(self) -> str:
        """The options."""
        return ", ".join(
            f"{name}={value}"
            for name, value in self.__dict__.items()
            if not name.startswith("_") and name != "training"
            and isinstance(value, (bool, int, float, str, tuple, list, Enum))
        )  # fmt: skip


class RandomApplyTransform(Transform):
    """A transform that is applied with a probability ``p``."""

    def __init__(self, p: float = 0.5, *, generator: Any = None) -> None:
        if not 0.0 <= p <= 1.0:
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        super().__init__(generator=generator)
        self.p = p

    def forward(self, *inputs: Any) -> Any:
        """The sample, changed or as it is."""
        sample = inputs if len(inputs) > 1 else inputs[0]
        leaves, structure = _pytree.flatten(sample)
        self.check_inputs(leaves)
        return sample if self._unit() >= self.p else structure.build(self._changed_leaves(leaves))


def warn_if_kept(transform: Transform, inpt: Any) -> None:
    """Warn that a transform leaves what belongs to an image as it is."""
    if isinstance(inpt, (BoundingBoxes, KeyPoints, Mask)):
        warnings.warn(
            f"{type(transform).__name__}() is currently passing through inputs of type tv_tensors.{type(inpt).__name__}. "
            "This will likely change in the future.",
            UserWarning, stacklevel=level_of_caller(),
        )  # fmt: skip
