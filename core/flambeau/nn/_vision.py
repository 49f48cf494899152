"""Resizing and sampling with all the options that PyTorch's functions have."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.errors import level_of_caller
from flambeau.ops.nn import adaptive, upsampling, vision
from flambeau.ops.nn._windows import sizes_argument
from flambeau.shapes import as_int

__all__ = ["affine_grid", "grid_sample", "interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

_MODES = {
    "nearest": ((3, 4, 5), "nearest"), "nearest-exact": ((3, 4, 5), "nearest-exact"), "area": ((3, 4, 5), "area"),
    "linear": ((3,), "linear"), "bilinear": ((4,), "linear"), "trilinear": ((5,), "linear"), "bicubic": ((4,), "cubic"),
    "lanczos": ((4,), "lanczos"),
}  # fmt: skip
"""For how many dimensions each mode is, and what it does along each."""

_AVERAGES = {1: adaptive.adaptive_avg_pool1d, 2: adaptive.adaptive_avg_pool2d, 3: adaptive.adaptive_avg_pool3d}


def _is_integer(x: Any) -> bool:
    if isinstance(x, Tensor):
        return not x.is_floating_point()
    try:
        as_int(x)
    except TypeError:
        return isinstance(x, bool)
    return True


def _for_each(input: Tensor, name: str, value: Any) -> list[Any]:
    """A size or factor for each dimension after the second."""
    count = input.dim() - 2
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        lengths, size = list(input.shape[2:]), name == "size"
        between = "output size of" if size else "scale_factor of shape"
        what, letters = ("output", "output size") if size else ("scale_factor", "scale_factor")
        entry = "o" if size else "s"
        raise ValueError(
            f"Input and {what} must have the same number of spatial dimensions, but got input with spatial dimensions of "
            f"{lengths} and {between} {value}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
            f"{letters} in ({entry}1, {entry}2, ...,{entry}K) format."
        )
    return list(value)


def _sizes(input: Tensor, size: Any) -> list[Any]:
    sizes = _for_each(input, "size", size)
    if isinstance(size, (list, tuple)) and not all(map(_is_integer, size)):
        raise TypeError(
            "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got size with types "
            f"{[type(each) for each in size]}"
        )
    return sizes


@overridable
def interpolate(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Tensor:  # fmt: skip
    """Resize the dimensions after the second. Source of the semantics: ``torch.nn.functional.interpolate``.

    Args:
        input: floating or uint8, (N, C, …) of three, four or five dimensions.
        size: the new one, a number or one for each dimension.
        scale_factor: in its place, a factor, or one for each dimension; the new sizes are rounded down.
        mode: ``"nearest"``, ``"nearest-exact"`` (from the middle of a place), ``"area"`` (averages as
            :func:`adaptive_avg_pool2d`), for three dimensions ``"linear"``, for four ``"bilinear"``, ``"bicubic"`` and
            ``"lanczos"``, for five ``"trilinear"``.
        align_corners: whether the elements of the corners keep their places; False by default, only for linear and cubic modes.
        recompute_scale_factor: whether places are computed from the sizes in the place of the factor.
        antialias: whether a reduction takes all elements into account; for ``"bilinear"``, ``"bicubic"`` and ``"lanczos"``.

    Raises:
        ValueError: there is neither size nor factor, or both, or another number of them; an option does not go with the mode.
        NotImplementedError: the mode is for another number of dimensions, or the dtype is another one.
        RuntimeError: a size is not positive.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.interpolate(torch.tensor([[[1.0, 3.0]]]), scale_factor=2, mode="linear")
        tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    if mode in ("nearest", "area", "nearest-exact") and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    sizes = None if size is None else _sizes(input, size)
    scales = None if scale_factor is None else _for_each(input, "scale_factor", scale_factor)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if sizes is None and scales is not None and (recompute_scale_factor or mode == "area"):
        sizes = [int(length * scale) for length, scale in zip(input.shape[2:], scales, strict=True)]
        scales = None
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and input.dim() == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    _check_mode(input, mode, bool(align_corners), antialias)
    if mode == "area":
        assert sizes is not None
        return _AVERAGES[input.dim() - 2](input, sizes)
    return _resized(input, mode, sizes, scales, bool(align_corners), bool(antialias))


def _check_mode(input: Tensor, mode: str, align_corners: bool, antialias: bool) -> None:
    dims = input.dim()
    wanted = _MODES[mode][0] if mode in _MODES else ()
    if dims in wanted:
        if mode == "lanczos" and align_corners:
            raise ValueError("Lanczos mode does not support align_corners=True")
        if mode == "lanczos" and not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
        return
    if dims in (3, 4, 5) and mode in ("linear", "bilinear", "trilinear"):
        raise NotImplementedError(f"Got {dims}D input, but {mode} mode needs {wanted[0]}D input")
    raise NotImplementedError(
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {dims}D) for the modes: nearest | linear | bilinear | "
        f"bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
    )


def _resized(
    input: Tensor, mode: str, sizes: list[Any] | None, scales: list[Any] | None, align_corners: bool, antialias: bool
) -> Tensor:
    count = input.dim() - 2
    name = f"upsample_{mode}{count}d" if mode != "nearest-exact" else f"_upsample_nearest_exact{count}d"
    name = f"_{name}_aa" if antialias else name
    try:
        if sizes is None:
            assert scales is not None
            factors = [_factor(scale) for scale in scales]
            new = [int(length * factor) for length, factor in zip(input.shape[2:], factors, strict=True)]
        else:
            factors, new = None, [as_int(each) for each in sizes]
    except TypeError:
        wrong = [type(each).__name__ for each in sizes or scales or []]
        raise TypeError(
            f"{name}() received an invalid combination of arguments: size must be ints and scale_factor numbers, not {wrong}"
        ) from None
    except (ValueError, OverflowError):
        raise RuntimeError("value cannot be converted to type int64_t without overflow") from None
    kind = _MODES[mode][1]
    return upsampling.resized(kind, input, new, factors, align_corners, antialias)


def _factor(scale: Any) -> float:
    if isinstance(scale, (str, Tensor)) or not hasattr(scale, "__float__"):
        raise TypeError
    return float(scale)


def _warn_of(name: str) -> None:
    warnings.warn(
        f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=level_of_caller()
    )


@overridable
def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """The old name of :func:`interpolate`, with a warning. Source of the semantics: ``torch.nn.functional.upsample``."""
    _warn_of("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


@overridable
def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """:func:`interpolate` by the nearest element, with a warning. Source: ``torch.nn.functional.upsample_nearest``."""
    _warn_of("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


@overridable
def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """:func:`interpolate` linearly with aligned corners, with a warning. Source: ``torch.nn.functional.upsample_bilinear``."""
    _warn_of("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


# -- sampling ---------------------------------------------------------------

_SAMPLING = {"bilinear": vision.BILINEAR, "nearest": vision.NEAREST, "bicubic": vision.BICUBIC}
_OUTSIDE = {"zeros": vision.ZEROS, "border": vision.BORDER, "reflection": vision.REFLECTION}


def _aligned(align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
            "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.",
            stacklevel=level_of_caller(),
        )
    return bool(align_corners)


@overridable
def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Tensor:
    """Take elements of images at places between them. Source of the semantics: ``torch.nn.functional.grid_sample``.

    Args:
        input: floating, (N, C, H, W) or (N, C, D, H, W).
        grid: of its dtype, (N, …, 2) or (N, …, 3): for each place of the result x, y (and z) in the image from -1 to 1. Where
            borders or mirrors are outside, nan stands for -1 (in volumes for 1), but of cubic weights; else images are nan
            there, or 0 if of the nearest element, and volumes 0.
        mode: ``"bilinear"`` (of five dimensions trilinear), ``"nearest"`` or, of four dimensions, ``"bicubic"``.
        padding_mode: what is outside: ``"zeros"``, the elements of the ``"border"``, or the image mirrored (``"reflection"``).
        align_corners: whether -1 and 1 are the middles of the outer elements; otherwise, and with a warning by default, they are
            their edges.

    Raises:
        ValueError: there is no such mode.
        RuntimeError: the shapes or dtypes do not fit each other.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> image = torch.tensor([[[[1.0, 3.0]]]])
        >>> torch.nn.functional.grid_sample(image, torch.zeros(1, 1, 1, 2), align_corners=False)
        tensor([[[[2.]]]])
    """
    if mode not in _SAMPLING:
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in _OUTSIDE:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    return vision.grid_sampler(input, grid, _SAMPLING[mode], _OUTSIDE[padding_mode], _aligned(align_corners))


@overridable
def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Places for :func:`grid_sample` that affine maps give. Source of the semantics: ``torch.nn.functional.affine_grid``.

    Args:
        theta: floating, (N, 2, 3) or (N, 3, 4).
        size: of the result of the sampling, (N, C, H, W) or (N, C, D, H, W).
        align_corners: as in :func:`grid_sample`.

    Raises:
        ValueError: the maps are not floating, or of another shape; a size is not positive.
        NotImplementedError: the size has another number of entries.

    Example:
        >>> import flambeau as torch
        >>> theta = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
        >>> torch.nn.functional.affine_grid(theta, (1, 1, 1, 2), align_corners=False)
        tensor([[[[0., 0.],
                  [1., 0.]]]])
    """
    align_corners = _aligned(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
            f"Got size {size}."
        )
    count = len(size) - 2
    if theta.dim() != 3 or theta.shape[-2:] != (count, count + 1):
        raise ValueError(
            f"Expected a batch of {count}D affine matrices of shape Nx{count}x{count + 1} for size {size}. Got {theta.shape}."
        )
    if align_corners and min(size[-count:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is not an "
            "intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=level_of_caller(),
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return vision.affine_grid_generator(
        theta, sizes_argument("affine_grid_generator", "size", 2, list(size)), align_corners
    )
