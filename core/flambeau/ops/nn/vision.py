"""Sampling of images at any place, and grids of places that affine maps give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import composite, fused
from flambeau._dispatch.runtime import check_places
from flambeau._dispatch.slopes import through_composition
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.modes import is_grad_enabled, no_grad
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation._bent import bent
from flambeau.ops.creation.filled import ones, ones_like, zeros
from flambeau.ops.creation.ranges import arange, linspace
from flambeau.ops.elementwise.selection import where
from flambeau.ops.linalg.matmul import bmm
from flambeau.ops.movement.joining import stack

__all__ = ["affine_grid_generator", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d"]

BILINEAR, NEAREST, BICUBIC = 0, 1, 2
ZEROS, BORDER, REFLECTION = 0, 1, 2

choose: Callable[..., Tensor] = where


_OUTSIDE = -9.0

# -- coordinates ---------------------------------------------------------------


def _places(coordinate: Tensor, length: int, align_corners: bool) -> Tensor:
    """From -1 … 1 to places: 0 and ``length`` - 1 are the first and last element's, or lie half an element inside."""
    if align_corners:
        return (coordinate + 1) / 2 * (length - 1)
    return ((coordinate + 1) * length - 1) / 2


def _without_infinities(coordinates: Tensor, mode: int, padding: int) -> Tensor:
    """What PyTorch makes of a coordinate that is infinite or nan, where the elements there are to be numbers.

    Without padding by zeros, nan is the first place in images and the last one in volumes; so is an infinity that is reflected.
    """
    edge = -1.0 if coordinates.shape[-1] == 2 else 1.0
    if padding == REFLECTION and mode != BICUBIC:
        return coordinates.nan_to_num(edge, edge, edge)
    if padding == BORDER and mode != BICUBIC:
        return coordinates.nan_to_num(edge, 1.0, -1.0)
    return coordinates


def _clipped(place: Tensor, length: int) -> Tensor:
    """The nearest place that is not outside; there the gradient is 0, and at the edges too."""
    inside = (place > 0) & (place < length - 1)
    return choose(inside, place, place.detach().clamp(0, length - 1))


def _reflected(place: Tensor, low: float, high: float) -> Tensor:
    """A place that is mirrored at both ends until it lies between them."""
    span = high - low
    if span == 0:
        return place * 0
    distance = (place - low).abs()
    rest = distance.fmod(span)
    turns = (distance.detach() / span).floor()
    return choose(turns.fmod(2) == 0, rest + low, span - rest + low)


def _padded(place: Tensor, length: int, padding: int, align_corners: bool) -> Tensor:
    """A place as the padding mode has it."""
    if padding == BORDER:
        return _clipped(place, length)
    if padding == REFLECTION:
        low, high = (0.0, length - 1.0) if align_corners else (-0.5, length - 0.5)
        return _clipped(_reflected(place, low, high), length)
    return place


# -- elements at whole places ---------------------------------------------------------------


class _Image:
    """The elements of images by their places, zeros outside: rows of channels."""

    def __init__(self, input: Tensor) -> None:
        shape = tuple(input.shape)
        self.lengths = shape[2:]
        self.batch, self.channels = shape[:2]
        rows = input.permute(0, *range(2, input.dim()), 1)
        self.rows = rows.reshape(-1, self.channels)

    def at(self, places: Sequence[Tensor]) -> Tensor:
        """The channels at whole places, given along each dimension as (N, P): (N, P, C)."""
        inside = None
        index = None
        for place, length in zip(places, self.lengths, strict=True):
            here = (place >= 0) & (place <= length - 1)
            inside = here if inside is None else inside & here
            number = choose(here, place, 0.0).to(dtypes.int64)
            index = number if index is None else index * length + number
        assert index is not None
        assert inside is not None
        size = self.rows.shape[0] // max(self.batch, 1)
        starts = arange(self.batch, device=index.device) * size
        index = index + starts.unsqueeze(1)
        taken = self.rows.index_select(0, index.reshape(-1)).reshape(*index.shape, self.channels)
        return taken if bool(inside.all()) else choose(inside.unsqueeze(-1), taken, 0.0)


def _nearest(image: _Image, places: list[Tensor]) -> Tensor:
    sampled = image.at([place.detach().round() for place in places])
    if not places[0].requires_grad:
        return sampled
    return sampled * bent(ones_like(places[0].detach()), places[0]).unsqueeze(-1)  # the gradient by the grid is 0


def _linear(image: _Image, places: list[Tensor]) -> Tensor:
    firsts = [place.detach().floor() for place in places]
    total: Any = 0.0
    for corner in product((0, 1), repeat=len(places)):
        weight: Any = 1.0
        for place, first, side in zip(places, firsts, corner, strict=True):
            weight = weight * ((place - first) if side else (first + 1 - place))
        total = total + image.at([first + side for first, side in zip(firsts, corner, strict=True)]) * weight.unsqueeze(
            -1
        )
    return total  # type: ignore[no-any-return]


_A = -0.75


def _cubic_weights(part: Tensor) -> list[Tensor]:
    """Weights of the elements around a place, ``part`` behind the second of them (Keys, 1981)."""

    def near(x: Tensor) -> Tensor:
        return ((_A + 2) * x - (_A + 3)) * x * x + 1

    def far(x: Tensor) -> Tensor:
        return ((_A * x - 5 * _A) * x + 8 * _A) * x - 4 * _A

    return [far(part + 1), near(part), near(1 - part), far(2 - part)]


def _cubic(image: _Image, places: list[Tensor], padding: int, align_corners: bool) -> Tensor:
    firsts = [place.detach().floor() for place in places]
    weights = [_cubic_weights(place - first) for place, first in zip(places, firsts, strict=True)]
    total: Any = 0.0
    for taps in product(range(4), repeat=len(places)):
        weight: Any = 1.0
        there = []
        for tap, first, each, length in zip(taps, firsts, weights, image.lengths, strict=True):
            weight = weight * each[tap]
            there.append(_padded(first + (tap - 1), length, padding, align_corners).trunc())
        total = total + image.at(there) * weight.unsqueeze(-1)
    return total  # type: ignore[no-any-return]


# -- the ops ---------------------------------------------------------------


def _composed(tensors: Sequence[Tensor], mode: int, padding: int, align_corners: bool) -> tuple[Tensor]:
    """The sampled elements, by operations on all places at once."""
    input, grid = tensors
    shape = (*input.shape[:2], *grid.shape[1:-1])
    image = _Image(input)
    coordinates = grid.reshape(grid.shape[0], -1, grid.shape[-1])
    coordinates = _without_infinities(coordinates, mode, padding)
    places = [_places(coordinates[..., -1 - dim], length, align_corners) for dim, length in enumerate(image.lengths)]
    if mode == BICUBIC:
        sampled = _cubic(image, places, padding, align_corners)
    else:
        if padding == ZEROS and input.dim() == 5:  # images have nan there, of linear weights; volumes zeros
            places = [place.nan_to_num(_OUTSIDE, _OUTSIDE, _OUTSIDE) for place in places]
        places = [
            _padded(place, length, padding, align_corners) for place, length in zip(places, image.lengths, strict=True)
        ]
        sampled = (_nearest if mode == NEAREST else _linear)(image, places)
    return (sampled.permute(0, 2, 1).reshape(shape).contiguous(),)


def _slope(place: int, grad: Tensor, tensors: list[Tensor], mode: int, padding: int, align_corners: bool) -> Any:
    """The gradient of the input, which is in the first place, or of the grid."""
    type_ = grad._type
    kernel = None if is_grad_enabled() else type_.kernels.grid_sample_backward
    if kernel is None:
        if not tensors[place].requires_grad:  # what has been saved by a function of the user's is a constant
            tensors[place] = tensors[place].detach().requires_grad_()
        return through_composition(_composed, [grad], tensors, mode, padding, align_corners, wanted=[place])[place]
    arrays = [each._array for each in (grad, *tensors)]
    return from_array(kernel(*arrays, mode, padding, align_corners, place == 0, place == 1)[place], type_)


def _input_slope(
    grad: Tensor, input: Tensor, grid: Tensor, mode: int, padding: int, align_corners: bool
) -> Tensor | None:
    return _slope(0, grad, [input, grid], mode, padding, align_corners)  # type: ignore[no-any-return]


def _grid_slope(
    grad: Tensor, input: Tensor, grid: Tensor, mode: int, padding: int, align_corners: bool
) -> Tensor | None:
    return _slope(1, grad, [input, grid], mode, padding, align_corners)  # type: ignore[no-any-return]


def _grid_sampled(input: Tensor, grid: Tensor, mode: int, padding: int, align_corners: bool) -> Tensor:
    """By a kernel where there is one."""
    type_ = input._type
    if type_.kernels.grid_sample is None:
        with no_grad():
            return _composed((input, grid), mode, padding, align_corners)[0]
    return from_array(type_.kernels.grid_sample(input._array, grid._array, mode, padding, align_corners), type_)


_options: dict[str, Any] = {"derivatives": {"input": _input_slope, "grid": _grid_slope}, "method": False}


@fused("grid_sample", node="GridSampler2DBackward0", **_options)
def _grid_sample_2d(input: Tensor, grid: Tensor, mode: int, padding: int, align_corners: bool) -> Tensor:
    return _grid_sampled(input, grid, mode, padding, align_corners)


@fused("grid_sample", node="GridSampler3DBackward0", **_options)
def _grid_sample_3d(input: Tensor, grid: Tensor, mode: int, padding: int, align_corners: bool) -> Tensor:
    return _grid_sampled(input, grid, mode, padding, align_corners)


def _sampled(input: Tensor, grid: Tensor, mode: int, padding: int, align_corners: bool) -> Tensor:
    shape = (*input.shape[:2], *grid.shape[1:-1])
    if 0 in shape:
        return input.new_zeros(shape) + (input.sum() + grid.sum()) * 0  # which leads back to both
    if input._type.halves:
        return _sampled(input.float(), grid.float(), mode, padding, align_corners).to(input.dtype)
    function = _grid_sample_2d if input.dim() == 4 else _grid_sample_3d
    return function(input, grid, int(mode), int(padding), bool(align_corners))


def _check_grid(input: Tensor, grid: Tensor, mode: int) -> None:
    check_places("grid_sampler", input, grid)
    shapes = f"but got input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    if input.size(0) != grid.size(0):
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, {shapes}")
    if grid.shape[-1] != input.dim() - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {input.dim() - 2} in last dimension, but got grid with sizes "
            f"{list(grid.shape)}"
        )
    for dim, size in enumerate(input.shape):
        if dim > 1 and not size:
            raise RuntimeError(
                f"grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes {list(input.shape)} "
                f"with dimension {dim} being empty"
            )
    if input.dim() not in (4, 5) or grid.dim() != input.dim():
        wanted = 4 if input.dim() == 4 else 5
        raise RuntimeError(
            f"grid_sampler(): expected {wanted}D input and grid with same number of dimensions, {shapes}"
        )
    if input.dim() == 5 and mode == BICUBIC:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if input.dtype is not grid.dtype:
        raise RuntimeError(
            f"expected scalar type {scalar_type_name(input.dtype)} but found {scalar_type_name(grid.dtype)}"
        )
    if not input._type.real_floats:
        kernel = "grid_sampler_2d_cpu_kernel_impl" if input.dim() == 4 else "grid_sampler3d_cpu"
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'")


@composite(method=False)
def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """Take elements of images at places between them. Source of the semantics: ``torch.grid_sampler``.

    Args:
        input: floating, (N, C, H, W) or (N, C, D, H, W).
        grid: of its dtype, (N, …, 2) or (N, …, 3): for each place of the result x, y (and z) in the image from -1 to 1. Where
            borders or mirrors are outside, nan stands for -1 (in volumes for 1), but of cubic weights; else images are nan
            there, or 0 if of the nearest element, and volumes 0.
        interpolation_mode: 0 for linear, 1 for the nearest element, 2 for cubic.
        padding_mode: what is outside: 0 for zeros, 1 for the elements of the border, 2 for the image mirrored.
        align_corners: whether -1 and 1 are the middles of the outer elements; otherwise they are their edges.

    Raises:
        RuntimeError: the shapes or dtypes do not fit each other.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.grid_sampler(torch.tensor([[[[1.0, 3.0]]]]), torch.zeros(1, 1, 1, 2), 0, 0, False)
        tensor([[[[2.]]]])
    """
    _check_grid(input, grid, interpolation_mode)
    return _sampled(input, grid, interpolation_mode, padding_mode, align_corners)


@composite(method=False)
def grid_sampler_2d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """:func:`flambeau.grid_sampler` of (N, C, H, W). Source of the semantics: ``torch.grid_sampler_2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.grid_sampler_2d(torch.tensor([[[[1.0, 3.0]]]]), torch.zeros(1, 1, 1, 2), 0, 0, False)
        tensor([[[[2.]]]])
    """
    _check_grid(input, grid, interpolation_mode)
    return _sampled(input, grid, interpolation_mode, padding_mode, align_corners)


@composite(method=False)
def grid_sampler_3d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """:func:`flambeau.grid_sampler` of (N, C, D, H, W). Source of the semantics: ``torch.grid_sampler_3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.grid_sampler_3d(torch.tensor([[[[[1.0, 3.0]]]]]), torch.zeros(1, 1, 1, 1, 3), 0, 0, False)
        tensor([[[[[2.]]]]])
    """
    _check_grid(input, grid, interpolation_mode)
    return _sampled(input, grid, interpolation_mode, padding_mode, align_corners)


@composite(method=False)
def affine_grid_generator(theta: Tensor, size: Sequence[int], align_corners: bool) -> Tensor:
    """The places that affine maps give to those of an image. Source of the semantics: ``torch.affine_grid_generator``.

    Args:
        theta: floating, (N, 2, 3) or (N, 3, 4).
        size: (N, C, H, W) or (N, C, D, H, W), of the image that is sampled.
        align_corners: as in :func:`flambeau.grid_sampler`.

    Raises:
        RuntimeError: there are not N maps.

    Example:
        >>> import flambeau as torch
        >>> torch.affine_grid_generator(torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2), False)
        tensor([[[[-0.5000,  0.0000],
                  [ 0.5000,  0.0000]]]])
    """
    lengths = tuple(size[2:])
    parts = []
    for dim in reversed(range(len(lengths))):
        along = _steps(theta, lengths[dim], align_corners)
        shape = tuple(-1 if each == dim else 1 for each in range(len(lengths)))
        parts.append(along.reshape(shape).expand(lengths))
    parts.append(ones(lengths, dtype=theta.dtype, device=theta.device))
    base = stack(parts, -1).reshape(1, -1, len(parts)).expand(size[0], -1, -1)
    return bmm(base, theta.transpose(1, 2)).reshape(size[0], *lengths, len(lengths))


def _steps(theta: Tensor, length: int, align_corners: bool) -> Tensor:
    if length <= 1:
        return zeros((max(length, 0),), dtype=theta.dtype, device=theta.device)
    steps = linspace(-1, 1, length, dtype=theta.dtype, device=theta.device)
    return steps if align_corners else steps * (length - 1) / length
