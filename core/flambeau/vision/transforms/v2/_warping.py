"""Transforms that turn, stretch and bend. Source of the semantics: ``torchvision.transforms.v2``."""

from __future__ import annotations

from typing import Any

from .. import _geometry as first
from .._drawing import angles, check_sequence
from ..functional._warping import coefficients
from . import functional
from ._options import fill_for, fills, two_numbers
from ._queries import query_size
from ._transform import RandomApplyTransform, Transform

__all__ = ["ElasticTransform", "RandomAffine", "RandomPerspective", "RandomRotation"]


class RandomRotation(Transform):
    """The image turned by a random angle.

    Args:
        degrees: from which angle to which, or the same in both directions.
        interpolation, expand, center: as for :func:`.functional.rotate`.
        fill: as for :class:`Pad`.
        generator: where the angle comes from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomRotation``; ``generator`` is not in it.
    """

    _first = first.RandomRotation

    def __init__(
        self, degrees: Any, interpolation: Any = "nearest", expand: bool = False, center: Any = None, fill: Any = 0, *,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.degrees = angles(degrees, "degrees")
        self.interpolation = interpolation
        self.expand = expand
        self.fill = fill
        self._fill = fills(fill)
        if center is not None:
            check_sequence(center, "center", (2,))
        self.center = center

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw an angle."""
        return {"angle": first.RandomRotation.get_params(self.degrees, generator=self.generator)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, turned."""
        return self._call_kernel(
            functional.rotate, inpt, **params, interpolation=self.interpolation, expand=self.expand, center=self.center,
            fill=fill_for(self._fill, inpt),
        )  # fmt: skip


class RandomAffine(Transform):
    """The image turned, moved, scaled and sheared at random.

    Args:
        degrees: from which angle to which, or the same in both directions.
        translate: how far at most, across and down, as shares of the width and the height.
        scale: how many times larger, from the least to the most.
        shear: in degrees, along x, or along x and along y.
        interpolation, center: as for :func:`.functional.affine`.
        fill: as for :class:`Pad`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomAffine``; ``generator`` is not in it.
    """

    _first = first.RandomAffine

    def __init__(
        self, degrees: Any, translate: Any = None, scale: Any = None, shear: Any = None, interpolation: Any = "nearest",
        fill: Any = 0, center: Any = None, *, generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        checked = first.RandomAffine(degrees, translate, scale, shear, center=center)
        self.degrees = checked.degrees
        self.translate = translate
        self.scale = scale
        self.shear = checked.shear
        self.interpolation = interpolation
        self.fill = fill
        self._fill = fills(fill)
        self.center = center

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw an angle, how far to move, a scale, and how much to shear."""
        height, width = query_size(flat_inputs)
        drawn = first.RandomAffine.get_params(
            self.degrees, self.translate, self.scale, self.shear, [width, height], generator=self.generator
        )
        return dict(zip(("angle", "translate", "scale", "shear"), drawn, strict=True))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        return self._call_kernel(
            functional.affine,
            inpt,
            **params,
            interpolation=self.interpolation,
            fill=fill_for(self._fill, inpt),
            center=self.center,
        )


class RandomPerspective(RandomApplyTransform):
    """The image as from another point of view, with a probability.

    Args:
        distortion_scale: how far the corners move at most, from 0 to 1.
        p: the probability.
        interpolation: as for :func:`.functional.perspective`.
        fill: as for :class:`Pad`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.RandomPerspective``; ``generator`` is not in it.

    Raises:
        ValueError: the scale is not from 0 to 1.
    """

    _first = first.RandomPerspective

    def __init__(
        self, distortion_scale: float = 0.5, p: float = 0.5, interpolation: Any = "bilinear", fill: Any = 0, *,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(p, generator=generator)
        if not 0 <= distortion_scale <= 1:
            raise ValueError("Argument distortion_scale value should be between 0 and 1")
        self.distortion_scale = distortion_scale
        self.interpolation = interpolation
        self.fill = fill
        self._fill = fills(fill)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw where the corners come to lie, as the eight numbers by which pixels are found."""
        height, width = query_size(flat_inputs)
        points = first.RandomPerspective.get_params(width, height, self.distortion_scale, generator=self.generator)
        return {"coefficients": coefficients(*points)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, changed."""
        fill = fill_for(self._fill, inpt)
        return self._call_kernel(
            functional.perspective, inpt, None, None, fill=fill, interpolation=self.interpolation, **params
        )


class ElasticTransform(Transform):
    """The image whose every pixel comes from a random place nearby.

    Args:
        alpha: how far, across and down.
        sigma: how smoothly that changes, across and down.
        interpolation: as for :func:`.functional.elastic`.
        fill: as for :class:`Pad`.
        generator: where the numbers come from; the CPU's default generator if None.

    Source of the semantics: ``torchvision.transforms.v2.ElasticTransform``; ``generator`` is not in it.
    """

    _first = first.ElasticTransform

    def __init__(
        self, alpha: Any = 50.0, sigma: Any = 5.0, interpolation: Any = "bilinear", fill: Any = 0, *,
        generator: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(generator=generator)
        self.alpha = two_numbers(alpha, "alpha")
        self.sigma = two_numbers(sigma, "sigma")
        self.interpolation = interpolation
        self.fill = fill
        self._fill = fills(fill)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """Draw how far beside its place each pixel comes from."""
        return {"displacement": first.displacement_of(self.alpha, self.sigma, query_size(flat_inputs), self.generator)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """The image, bent."""
        return self._call_kernel(
            functional.elastic, inpt, **params, fill=fill_for(self._fill, inpt), interpolation=self.interpolation
        )
