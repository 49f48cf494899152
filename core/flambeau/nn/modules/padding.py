"""Layers that add elements at the ends of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from flambeau._tensor import Tensor

from .. import functional
from .module import Module
from .utils import _ntuple, _pair, _quadruple

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "ReflectionPad1d",
    "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "ZeroPad1d",
    "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip

_sextuple = _ntuple(6)


class _ConstantPadNd(Module):
    """What layers that add a constant are."""

    __constants__: ClassVar = ["padding", "value"]
    value: float
    padding: Sequence[int]

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        return functional.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The padding and the value."""
        return f"padding={self.padding}, value={self.value}"


class _PadNd(Module):
    """What layers are that add elements of the input itself."""

    __constants__: ClassVar = ["padding"]
    padding: Sequence[int]
    _mode: ClassVar[str]

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer."""
        self._check_input_dim(input)
        return functional.pad(input, self.padding, self._mode)

    def _check_input_dim(self, input: Tensor) -> None:
        """Refuse inputs with another number of dimensions than those that are padded, channels, and batch."""
        dims = len(self.padding) // 2
        if input.dim() < dims:  # which the function refuses in other words
            return
        if input.dim() not in (dims + 1, dims + 2):
            rows = "\n".join(
                f"  - {count + 1}D or {count + 2}D input: padding size = {2 * count} (pads last {which})"
                for count, which in ((1, "dimension"), (2, "2 dimensions"), (3, "3 dimensions"))
            )
            raise NotImplementedError(
                f"Padding size {len(self.padding)} is not supported for {input.dim()}D input tensor.\n"
                f"Supported combinations for non-constant padding:\n{rows}"
            )
        if 0 in input.shape[-dims - 1 :]:
            raise RuntimeError(
                f"Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
                f"dimensions for input, but got: {list(input.shape)}"
            )

    def extra_repr(self) -> str:
        """The padding."""
        return f"{self.padding}"


class _CircularPadNd(_PadNd):
    """What layers are that add elements from the other end."""

    _mode = "circular"

    def _check_input_dim(self, input: Tensor) -> None:
        dims = len(self.padding) // 2
        if input.dim() not in (dims + 1, dims + 2):
            raise ValueError(f"expected {dims + 1}D or {dims + 2}D input (got {input.dim()}D input)")


class _ReflectionPadNd(_PadNd):
    """What layers are that mirror the input, without the edge."""

    _mode = "reflect"


class _ReplicationPadNd(_PadNd):
    """What layers are that repeat the edge."""

    _mode = "replicate"


class CircularPad1d(_CircularPadNd):
    """Add elements from the other end to the last dimension.

    ``padding`` says how many, one number or (before, after); negative ones remove elements.
    Source of the semantics: ``torch.nn.CircularPad1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.CircularPad1d(1)(torch.arange(3.0).reshape(1, 1, 3))
        tensor([[[2., 0., 1., 2., 0.]]])
    """

    padding: tuple[int, int]

    def __init__(self, padding: int | tuple[int, int]) -> None:
        super().__init__()
        self.padding = _pair(padding)


class CircularPad2d(_CircularPadNd):
    """Add elements from the other end to the last two dimensions.

    ``padding`` says how many, one number or (left, right, top, bottom); negative ones remove elements.
    Source of the semantics: ``torch.nn.CircularPad2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.CircularPad2d(1)(torch.ones(1, 3, 3)).shape
        torch.Size([1, 5, 5])
    """

    padding: tuple[int, int, int, int]

    def __init__(self, padding: int | tuple[int, int, int, int]) -> None:
        super().__init__()
        self.padding = _quadruple(padding)


class CircularPad3d(_CircularPadNd):
    """Add elements from the other end to the last three dimensions.

    ``padding`` says how many, one number or (left, right, top, bottom, front, back); negative ones remove elements.
    Source of the semantics: ``torch.nn.CircularPad3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.CircularPad3d(1)(torch.ones(1, 3, 3, 3)).shape
        torch.Size([1, 5, 5, 5])
    """

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: int | tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        self.padding = _sextuple(padding)


class ReflectionPad1d(_ReflectionPadNd):
    """Add elements mirrored at the edge, which is not repeated, to the last dimension.

    ``padding`` says how many, one number or (before, after); negative ones remove elements.
    Source of the semantics: ``torch.nn.ReflectionPad1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ReflectionPad1d(1)(torch.arange(3.0).reshape(1, 1, 3))
        tensor([[[1., 0., 1., 2., 1.]]])
    """

    padding: tuple[int, int]

    def __init__(self, padding: int | tuple[int, int]) -> None:
        super().__init__()
        self.padding = _pair(padding)


class ReflectionPad2d(_ReflectionPadNd):
    """Add elements mirrored at the edge, which is not repeated, to the last two dimensions.

    ``padding`` says how many, one number or (left, right, top, bottom); negative ones remove elements.
    Source of the semantics: ``torch.nn.ReflectionPad2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ReflectionPad2d(1)(torch.ones(1, 3, 3)).shape
        torch.Size([1, 5, 5])
    """

    padding: tuple[int, int, int, int]

    def __init__(self, padding: int | tuple[int, int, int, int]) -> None:
        super().__init__()
        self.padding = _quadruple(padding)


class ReflectionPad3d(_ReflectionPadNd):
    """Add elements mirrored at the edge, which is not repeated, to the last three dimensions.

    ``padding`` says how many, one number or (left, right, top, bottom, front, back); negative ones remove elements.
    Source of the semantics: ``torch.nn.ReflectionPad3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ReflectionPad3d(1)(torch.ones(1, 3, 3, 3)).shape
        torch.Size([1, 5, 5, 5])
    """

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: int | tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        self.padding = _sextuple(padding)


class ReplicationPad1d(_ReplicationPadNd):
    """Repeat the edge at both ends of the last dimension.

    ``padding`` says how many, one number or (before, after); negative ones remove elements.
    Source of the semantics: ``torch.nn.ReplicationPad1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ReplicationPad1d(1)(torch.arange(3.0).reshape(1, 1, 3))
        tensor([[[0., 0., 1., 2., 2.]]])
    """

    padding: tuple[int, int]

    def __init__(self, padding: int | tuple[int, int]) -> None:
        super().__init__()
        self.padding = _pair(padding)


class ReplicationPad2d(_ReplicationPadNd):
    """Repeat the edge at both ends of the last two dimensions.

    ``padding`` says how many, one number or (left, right, top, bottom); negative ones remove elements.
    Source of the semantics: ``torch.nn.ReplicationPad2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ReplicationPad2d(1)(torch.ones(1, 3, 3)).shape
        torch.Size([1, 5, 5])
    """

    padding: tuple[int, int, int, int]

    def __init__(self, padding: int | tuple[int, int, int, int]) -> None:
        super().__init__()
        self.padding = _quadruple(padding)


class ReplicationPad3d(_ReplicationPadNd):
    """Repeat the edge at both ends of the last three dimensions.

    ``padding`` says how many, one number or (left, right, top, bottom, front, back); negative ones remove elements.
    Source of the semantics: ``torch.nn.ReplicationPad3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ReplicationPad3d(1)(torch.ones(1, 3, 3, 3)).shape
        torch.Size([1, 5, 5, 5])
    """

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: int | tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        self.padding = _sextuple(padding)


class ConstantPad1d(_ConstantPadNd):
    """Add elements of one value at both ends of the last dimension.

    ``padding`` says how many, one number or (before, after); negative ones remove elements.
    Source of the semantics: ``torch.nn.ConstantPad1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ConstantPad1d(1, 3.5)(torch.ones(1, 1, 3)).shape
        torch.Size([1, 1, 5])
    """

    padding: tuple[int, int]

    def __init__(self, padding: int | tuple[int, int], value: float) -> None:
        super().__init__(value)
        self.padding = _pair(padding)


class ConstantPad2d(_ConstantPadNd):
    """Add elements of one value at both ends of the last two dimensions.

    ``padding`` says how many, one number or (left, right, top, bottom); negative ones remove elements.
    Source of the semantics: ``torch.nn.ConstantPad2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ConstantPad2d(1, 3.5)(torch.ones(1, 3, 3)).shape
        torch.Size([1, 5, 5])
    """

    padding: tuple[int, int, int, int]

    def __init__(self, padding: int | tuple[int, int, int, int], value: float) -> None:
        super().__init__(value)
        self.padding = _quadruple(padding)


class ConstantPad3d(_ConstantPadNd):
    """Add elements of one value at both ends of the last three dimensions.

    ``padding`` says how many, one number or (left, right, top, bottom, front, back); negative ones remove elements.
    Source of the semantics: ``torch.nn.ConstantPad3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ConstantPad3d(1, 3.5)(torch.ones(1, 3, 3, 3)).shape
        torch.Size([1, 5, 5, 5])
    """

    padding: tuple[int, int, int, int, int, int]

    def __init__(self, padding: int | tuple[int, int, int, int, int, int], value: float) -> None:
        super().__init__(value)
        self.padding = _sextuple(padding)


class ZeroPad1d(ConstantPad1d):
    """Add zeros at both ends of the last dimension; see :class:`ConstantPad1d`.

    Source of the semantics: ``torch.nn.ZeroPad1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ZeroPad1d(1)(torch.ones(1, 1, 3)).shape
        torch.Size([1, 1, 5])
    """

    def __init__(self, padding: int | tuple[int, int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The padding."""
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Add zeros at both ends of the last two dimensions; see :class:`ConstantPad2d`.

    Source of the semantics: ``torch.nn.ZeroPad2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ZeroPad2d(1)(torch.ones(1, 3, 3)).shape
        torch.Size([1, 5, 5])
    """

    def __init__(self, padding: int | tuple[int, int, int, int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The padding."""
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Add zeros at both ends of the last three dimensions; see :class:`ConstantPad3d`.

    Source of the semantics: ``torch.nn.ZeroPad3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ZeroPad3d(1)(torch.ones(1, 3, 3, 3)).shape
        torch.Size([1, 5, 5, 5])
    """

    def __init__(self, padding: int | tuple[int, int, int, int, int, int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The padding."""
        return f"{self.padding}"
