"""Tensors that say what they are: images, videos, masks, boxes, points. Source of the semantics: ``torchvision.tv_tensors``.

``transforms.v2`` does with each what it needs. Operations on them give plain tensors, see :func:`set_return_type`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar

from flambeau._C import DisableTorchFunctionSubclass
from flambeau._tensor import Tensor
from flambeau.ops.creation.data import as_tensor
from flambeau.utils import _pytree

from ._images import is_pillow, tensor_of

__all__ = [
    "BoundingBoxFormat", "BoundingBoxes", "Image", "KeyPoints", "Mask", "TVTensor", "Video", "is_rotated_bounding_format",
    "set_return_type", "wrap",
]  # fmt: skip

_kept = False
"""Whether operations give the class of what they are applied to."""


class _ReturnType:
    """The choice of :func:`set_return_type`; at the end of a ``with`` block what was chosen before counts again."""

    def __init__(self, before: bool) -> None:
        self._before = before

    def __enter__(self) -> _ReturnType:
        return self

    def __exit__(self, *error: object) -> None:
        global _kept
        _kept = self._before


def set_return_type(return_type: str) -> _ReturnType:
    """Choose what operations give: ``"Tensor"``, as at first, or ``"TVTensor"``, the class of what they are applied to.

    For the rest of the program, or in a ``with`` block. Source of the semantics: ``torchvision.tv_tensors.set_return_type``.

    Raises:
        ValueError: it is neither.
    """
    global _kept
    chosen = {"tensor": False, "tvtensor": True}.get(return_type.lower())
    if chosen is None:
        raise ValueError(f"return_type must be 'TVTensor' or 'Tensor', got {return_type}")
    before, _kept = _kept, chosen
    return _ReturnType(before)


class TVTensor(Tensor):
    """The base of all of them. Source of the semantics: ``torchvision.tv_tensors.TVTensor``."""

    _KEEPING: ClassVar[frozenset[Any]] = frozenset(
        {Tensor.clone, Tensor.to, Tensor.detach, Tensor.requires_grad_, Tensor.pin_memory}
    )
    """What always gives the same class: a tensor of it means the same."""

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        if not all(issubclass(cls, each) for each in types):
            return NotImplemented
        with DisableTorchFunctionSubclass():
            output = func(*args, **(kwargs or {}))
        if _kept or (func in cls._KEEPING and isinstance(args[0], cls)):
            return cls._wrapped(output, args, kwargs or {})
        return output.as_subclass(Tensor) if isinstance(output, cls) else output

    @classmethod
    def _wrapped(cls, output: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if isinstance(output, Tensor) and not isinstance(output, cls):
            like = next(each for each in _pytree.leaves([*args, *kwargs.values()]) if isinstance(each, cls))
            return type(like)._alike(output, like)
        if type(output) in (tuple, list):
            return type(output)(cls._wrapped(each, args, kwargs) for each in output)
        return output

    @classmethod
    def wrap(cls, tensor: Tensor, like: Any, **kwargs: Any) -> Any:
        """A tensor as one of this class, with what another one knows; ``kwargs`` say what is to be different.

        A class that knows more than its numbers defines it anew: :func:`wrap` calls it, and so do the transforms.
        Source of the semantics: ``torchvision.tv_tensors.TVTensor.wrap``.
        """
        return tensor.as_subclass(cls)

    @classmethod
    def _alike(cls, made: Tensor, like: Any) -> Any:
        """The result of an operation in this class, whatever its shape."""
        return made.as_subclass(cls)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.detach().clone().requires_grad_(self.requires_grad)

    def _shown(self, **extra: Any) -> str:
        return f"{super().__repr__()[:-1]}, {', '.join(f'{name}={value}' for name, value in extra.items())})"


def _tensor(data: Any, dtype: Any, device: Any, requires_grad: bool | None) -> Tensor:
    recorded = requires_grad if requires_grad is not None else isinstance(data, Tensor) and data.requires_grad
    return as_tensor(tensor_of(data) if is_pillow(data) else data, dtype=dtype, device=device).requires_grad_(recorded)


class Image(TVTensor):
    """An image (..., C, H, W), of a tensor, of one of Pillow's images, or of what ``as_tensor`` takes.

    Source of the semantics: ``torchvision.tv_tensors.Image``.

    Raises:
        ValueError: it has fewer than two dimensions.
    """

    def __new__(cls, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool | None = None) -> Image:
        """Make an image of what is given."""
        made = _tensor(data, dtype, device, requires_grad)
        if made.ndim < 2:
            raise ValueError(f"Tensor must be 2D or higher, got {made.ndim}D tensor.")
        return (made.unsqueeze(0) if made.ndim == 2 else made).as_subclass(cls)  # type: ignore[return-value]

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._shown()


class Video(TVTensor):
    """A video (..., T, C, H, W). Source of the semantics: ``torchvision.tv_tensors.Video``.

    Raises:
        ValueError: it has fewer than four dimensions.
    """

    def __new__(cls, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool | None = None) -> Video:
        """Make a video of what is given."""
        made = _tensor(data, dtype, device, requires_grad)
        if made.ndim < 4:
            raise ValueError(f"a video has at least 4 dimensions, (..., T, C, H, W), and this one has {made.ndim}")
        return made.as_subclass(cls)  # type: ignore[return-value]

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._shown()


class Mask(TVTensor):
    """What is where in an image: (H, W), or (N, H, W) for N objects. Source: ``torchvision.tv_tensors.Mask``."""

    def __new__(cls, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool | None = None) -> Mask:
        """Make a mask of what is given."""
        return _tensor(data, dtype, device, requires_grad).as_subclass(cls)  # type: ignore[return-value]


class BoundingBoxFormat(Enum):
    """What the numbers of a box are: corners X, Y; a centre CX, CY; width and height; the angle R in degrees.

    Source of the semantics: ``torchvision.tv_tensors.BoundingBoxFormat``.
    """

    XYXY = "XYXY"
    XYWH = "XYWH"
    CXCYWH = "CXCYWH"
    XYWHR = "XYWHR"
    CXCYWHR = "CXCYWHR"
    XYXYXYXY = "XYXYXYXY"


def is_rotated_bounding_format(format: BoundingBoxFormat | str) -> bool:
    """Whether boxes of a format may be turned. Source: ``torchvision.tv_tensors.is_rotated_bounding_format``."""
    if not isinstance(format, (BoundingBoxFormat, str)):
        raise ValueError(f"format should be str or BoundingBoxFormat, got {type(format)}")
    return (format if isinstance(format, str) else format.value) in ("XYWHR", "CXCYWHR", "XYXYXYXY")


class BoundingBoxes(TVTensor):
    """Boxes in an image, (N, numbers of a box).

    Args:
        data: the numbers; those of one box alone become (1, numbers).
        format: what they are.
        canvas_size: (height, width) of the image.
        clamping_mode: how transforms cut off what lies outside: "soft", "hard", or None for not at all.
        dtype, device, requires_grad: as for ``tensor``.

    Source of the semantics: ``torchvision.tv_tensors.BoundingBoxes``.

    Raises:
        ValueError: an argument is not what it should be.
    """

    format: BoundingBoxFormat
    canvas_size: tuple[int, int]
    clamping_mode: str | None

    def __new__(
        cls, data: Any, *, format: BoundingBoxFormat | str, canvas_size: tuple[int, int],
        clamping_mode: str | None = "soft", dtype: Any = None, device: Any = None, requires_grad: bool | None = None,
    ) -> BoundingBoxes:  # fmt: skip
        """Make boxes of their numbers."""
        made = _tensor(data, dtype, device, requires_grad)
        if not made.dtype.is_floating_point and is_rotated_bounding_format(format):
            raise ValueError(f"Rotated bounding boxes should be floating point tensors, got {made.dtype}.")
        return _boxes(_rows_of_boxes(made), cls, format, canvas_size, clamping_mode)

    @classmethod
    def wrap(cls, tensor: Tensor, like: Any, **kwargs: Any) -> Any:
        """A tensor as boxes of the same format and canvas, and cut off in the same way, unless ``kwargs`` say otherwise."""
        given = {name: kwargs.get(name, getattr(like, name)) for name in ("format", "canvas_size", "clamping_mode")}
        return _boxes(_rows_of_boxes(tensor), cls, **given)

    @classmethod
    def _alike(cls, made: Tensor, like: Any) -> Any:
        return _boxes(made, cls, like.format, like.canvas_size, like.clamping_mode)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._shown(format=self.format, canvas_size=self.canvas_size, clamping_mode=self.clamping_mode)


def _rows_of_boxes(numbers: Tensor) -> Tensor:
    if numbers.ndim not in (1, 2):
        raise ValueError(f"Expected a 1D or 2D tensor, got {numbers.ndim}D")
    return numbers.unsqueeze(0) if numbers.ndim == 1 else numbers


def _boxes(made: Tensor, cls: type, format: Any, canvas_size: Any, clamping_mode: Any) -> BoundingBoxes:
    if clamping_mode not in (None, "hard", "soft"):
        raise ValueError(f"clamping_mode must be None, hard or soft, got {clamping_mode}.")
    boxes: BoundingBoxes = made.as_subclass(cls)  # type: ignore[assignment]
    boxes.format = BoundingBoxFormat[format.upper()] if isinstance(format, str) else format
    boxes.canvas_size = canvas_size
    boxes.clamping_mode = clamping_mode
    return boxes


class KeyPoints(TVTensor):
    """Points in an image, (..., x/y).

    Args:
        data: the numbers; those of one point alone become (1, 2).
        canvas_size: (height, width) of the image.
        dtype, device, requires_grad: as for ``tensor``.

    Source of the semantics: ``torchvision.tv_tensors.KeyPoints``.

    Raises:
        ValueError: a point has other than two numbers.
    """

    canvas_size: tuple[int, int]

    def __new__(
        cls, data: Any, *, canvas_size: tuple[int, int], dtype: Any = None, device: Any = None,
        requires_grad: bool | None = None,
    ) -> KeyPoints:  # fmt: skip
        """Make points of their numbers."""
        return _points(_rows_of_points(_tensor(data, dtype, device, requires_grad)), cls, canvas_size)

    @classmethod
    def wrap(cls, tensor: Tensor, like: Any, **kwargs: Any) -> Any:
        """A tensor as points in the same canvas, unless ``kwargs`` say otherwise."""
        return _points(_rows_of_points(tensor), cls, kwargs.get("canvas_size", like.canvas_size))

    @classmethod
    def _alike(cls, made: Tensor, like: Any) -> Any:
        return _points(made, cls, like.canvas_size)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._shown(canvas_size=self.canvas_size)


def _rows_of_points(numbers: Tensor) -> Tensor:
    if numbers.ndim == 1:
        return numbers.unsqueeze(0)
    if numbers.shape[-1] != 2:
        raise ValueError(f"Expected a tensor of shape (..., 2), not {numbers.shape}")
    return numbers


def _points(made: Tensor, cls: type, canvas_size: Any) -> KeyPoints:
    points: KeyPoints = made.as_subclass(cls)  # type: ignore[assignment]
    points.canvas_size = canvas_size
    return points


def wrap(wrappee: Tensor, *, like: Any, **kwargs: Any) -> Any:
    """A tensor as one of the class of another, boxes and points with the same format and canvas unless ``kwargs`` say otherwise.

    Source of the semantics: ``torchvision.tv_tensors.wrap``.
    """
    of_class = getattr(type(like), "wrap", None)
    return wrappee.as_subclass(type(like)) if of_class is None else of_class(wrappee, like, **kwargs)
