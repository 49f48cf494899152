"""Which inputs a function takes, and what it does with each: Pillow's images, tensors, and those of ``tv_tensors``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flambeau._tensor import Tensor
from flambeau.vision._images import is_pillow
from flambeau.vision.tv_tensors import BoundingBoxes, Image, KeyPoints, Mask, TVTensor, Video, wrap

__all__ = ["is_pure_tensor", "kernel_of", "register_kernel", "takes"]

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)

_PICTURE = "PIL.Image.Image"
_KERNELS: dict[Function, dict[Any, Function]] = {}
"""What each function does, by the class of its input."""


def is_pure_tensor(inpt: Any) -> bool:
    """Whether it is a tensor, and none of ``tv_tensors``. Source: ``torchvision.transforms.v2.functional``."""
    return isinstance(inpt, Tensor) and not isinstance(inpt, TVTensor)


def kernel_of(function: Function, inpt: Any) -> Function | None:
    """What a function does with an input; None if it does not take such ones."""
    table = _KERNELS[function]
    if is_pillow(inpt):
        return table.get(_PICTURE)
    for kind in type(inpt).__mro__:
        if kind in table:
            return table[kind]
        if kind is TVTensor:
            break  # one of a program's own is not taken for a plain tensor
    return None


def takes(
    *,
    images: bool = True,
    pictures: bool = True,
    masks: Function | bool = False,
    boxes: Function | None = None,
    flat: bool = True,
) -> Callable[[F], F]:
    """Make a function of images one of all kinds.

    Args:
        images: it takes tensors that are images, not videos alone.
        pictures: it takes Pillow's images.
        masks: what it does with masks (N, H, W) instead; True for the same.
        boxes: what it does with boxes and points instead, to which it gives new ones.
        flat: of a tensor with more than four dimensions all leading ones are made one.
    """

    def declare(function: F) -> F:
        @wraps(function)
        def chosen(inpt: Any, *args: Any, **kwargs: Any) -> Any:
            kernel = kernel_of(chosen, inpt)
            if kernel is None:
                raise TypeError(
                    f"Functional F.{function.__name__} supports inputs of type {list(_KERNELS[chosen])}, "
                    f"but got {type(inpt)} instead."
                )
            return kernel(inpt, *args, **kwargs)

        of_tensors = _flattened(function) if flat else function
        table: dict[Any, Function] = {Tensor: of_tensors, Video: _rewrapped(of_tensors)}
        if images:
            table[Image] = table[Video]
        if pictures:
            table[_PICTURE] = function
        if masks:
            table[Mask] = _rewrapped(_stacked(of_tensors if masks is True else _flattened(masks)))
        if boxes is not None:
            table[BoundingBoxes] = table[KeyPoints] = boxes
        _KERNELS[chosen] = table
        return chosen  # type: ignore[return-value]

    return declare


def _each(function: Function, made: Any) -> Any:
    """What a function makes of a result, or of each of a tuple of them; of anything but tensors, the same."""
    if isinstance(made, (tuple, list)):
        return type(made)(_each(function, each) for each in made)
    return function(made) if isinstance(made, Tensor) else made


def _flattened(function: Function) -> Function:
    def kernel(image: Any, *args: Any, **kwargs: Any) -> Any:
        if image.ndim <= 4:
            return function(image, *args, **kwargs)
        made = function(image.reshape(-1, *image.shape[-3:]), *args, **kwargs)
        return _each(lambda each: each.reshape(*image.shape[:-3], *each.shape[-3:]), made)

    return kernel


def _stacked(function: Function) -> Function:
    def kernel(mask: Any, *args: Any, **kwargs: Any) -> Any:
        return (
            function(mask, *args, **kwargs)
            if mask.ndim > 2
            else function(mask.unsqueeze(0), *args, **kwargs).squeeze(0)
        )

    return kernel


def _rewrapped(function: Function) -> Function:
    def kernel(inpt: Any, *args: Any, **kwargs: Any) -> Any:
        made = function(inpt.as_subclass(Tensor), *args, **kwargs)
        return _each(lambda each: wrap(each, like=inpt), made)

    return kernel


def register_kernel(functional: Function, tv_tensor_cls: type) -> Callable[[F], F]:
    """Say what a function does with a program's own subclass of ``TVTensor``; a decorator.

    Source of the semantics: ``torchvision.transforms.v2.functional.register_kernel``.

    Raises:
        ValueError: there is no such function, or the class is none of a program's own.
    """
    if functional not in _KERNELS:
        raise ValueError(
            f"Kernels can only be registered on functions of transforms.v2.functional, but got {functional}."
        )
    if not (isinstance(tv_tensor_cls, type) and issubclass(tv_tensor_cls, TVTensor)):
        raise ValueError(f"Kernels can only be registered for subclasses of TVTensor, but got {tv_tensor_cls}.")
    if tv_tensor_cls.__module__ == TVTensor.__module__:
        raise ValueError(f"Kernels cannot be registered for the builtin tv_tensor classes, but got {tv_tensor_cls}")

    def declare(kernel: F) -> F:
        _KERNELS[functional][tv_tensor_cls] = kernel
        return kernel

    return declare
