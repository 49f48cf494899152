"""Layers that pool: the largest element of a window, its average, or a norm of it; and the inverse of the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from flambeau._tensor import Tensor

from .. import functional
from .module import Module
from .utils import _ntuple, _pair, _single, _triple

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "FractionalMaxPool2d", "FractionalMaxPool3d", "LPPool1d",
    "LPPool2d", "LPPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d",
]  # fmt: skip


class _Pool(Module):
    """A layer that applies a function of :mod:`flambeau.nn.functional` with its options."""

    _function: ClassVar[str]

    def _options(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def forward(self, input: Tensor) -> Any:
        """Apply the layer."""
        return getattr(functional, self._function)(input, *self._options())


class _MaxPoolNd(_Pool):
    """What they share.

    Args:
        kernel_size: of a window, one number or one for each dimension.
        stride: from one window to the next; the kernel size by default.
        padding: how many places before and after the input belong to windows.
        dilation: from one element of a window to the next.
        return_indices: whether the places of the elements come too, for the layers that undo it.
        ceil_mode: whether a last window that reaches beyond the input counts.
    """

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )

    def _options(self) -> tuple[Any, ...]:
        return self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices


class MaxPool1d(_MaxPoolNd):
    """Take the largest element of each window of (N, C, L) or (C, L). Source of the semantics: ``torch.nn.MaxPool1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.MaxPool1d(2)(torch.tensor([[1.0, 5.0, 2.0, 7.0]]))
        tensor([[5., 7.]])
    """

    _function = "max_pool1d"


class MaxPool2d(_MaxPoolNd):
    """Take the largest element of each window of (N, C, H, W) or (C, H, W). Source: ``torch.nn.MaxPool2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.MaxPool2d(2, return_indices=True)(torch.tensor([[[1.0, 5.0], [3.0, 4.0]]]))
        (tensor([[[5.]]]), tensor([[[1]]]))
    """

    _function = "max_pool2d"


class MaxPool3d(_MaxPoolNd):
    """Take the largest element of each window of (N, C, D, H, W) or (C, D, H, W). Source: ``torch.nn.MaxPool3d``."""

    _function = "max_pool3d"


class _MaxUnpoolNd(Module):
    _each: ClassVar[Callable[[Any], Any]]
    _function: ClassVar[str]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        each = type(self)._each
        self.kernel_size = each(kernel_size)
        self.stride = each(stride if stride is not None else kernel_size)
        self.padding = each(padding)

    def extra_repr(self) -> str:
        """The options."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        """Apply the layer; ``output_size`` is the size of what was pooled, where there are several."""
        unpool = getattr(functional, self._function)
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)  # type: ignore[no-any-return]


class MaxUnpool1d(_MaxUnpoolNd):
    """Put elements to their places, zeros elsewhere: undo :class:`MaxPool1d`. Source of the semantics: ``torch.nn.MaxUnpool1d``.

    Example:
        >>> import flambeau as torch
        >>> values, indices = torch.nn.MaxPool1d(2, return_indices=True)(torch.tensor([[1.0, 5.0, 2.0, 7.0]]))
        >>> torch.nn.MaxUnpool1d(2)(values, indices)
        tensor([[0., 5., 0., 7.]])
    """

    _each = _single
    _function = "max_unpool1d"


class MaxUnpool2d(_MaxUnpoolNd):
    """Put elements to their places, zeros elsewhere: undo :class:`MaxPool2d`. Source: ``torch.nn.MaxUnpool2d``."""

    _each = _pair
    _function = "max_unpool2d"


class MaxUnpool3d(_MaxUnpoolNd):
    """Put elements to their places, zeros elsewhere: undo :class:`MaxPool3d`. Source: ``torch.nn.MaxUnpool3d``."""

    _each = _triple
    _function = "max_unpool3d"


class _AvgPoolNd(_Pool):
    """What they share.

    Args:
        kernel_size: of a window.
        stride: from one window to the next; the kernel size by default.
        padding: how many zeros before and after the input belong to windows.
        ceil_mode: whether a last window that reaches beyond the input counts.
        count_include_pad: whether the zeros count.
        divisor_override: in two and three dimensions, what to divide by in the place of the number of elements.
    """

    def extra_repr(self) -> str:
        """The sizes."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """Average each window of (N, C, L) or (C, L). Source of the semantics: ``torch.nn.AvgPool1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.AvgPool1d(2)(torch.tensor([[1.0, 5.0, 2.0, 7.0]]))
        tensor([[3.0000, 4.5000]])
    """

    _function = "avg_pool1d"

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = _single(kernel_size)
        self.stride = _single(stride if stride is not None else kernel_size)
        self.padding = _single(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def _options(self) -> tuple[Any, ...]:
        return self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad


class _AvgPoolOfPlanes(_AvgPoolNd):
    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def _options(self) -> tuple[Any, ...]:
        return (
            self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override,
        )  # fmt: skip


class AvgPool2d(_AvgPoolOfPlanes):
    """Average each window of (N, C, H, W) or (C, H, W). Source of the semantics: ``torch.nn.AvgPool2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.AvgPool2d(2)(torch.tensor([[[1.0, 5.0], [3.0, 4.0]]]))
        tensor([[[3.2500]]])
    """

    _function = "avg_pool2d"


class AvgPool3d(_AvgPoolOfPlanes):
    """Average each window of (N, C, D, H, W) or (C, D, H, W). Source of the semantics: ``torch.nn.AvgPool3d``."""

    _function = "avg_pool3d"


class _FractionalMaxPoolNd(_Pool):
    """What they share.

    Args:
        kernel_size: of a window.
        output_size: how many windows there are in each dimension.
        output_ratio: in its place, which part of the input's size that is, between 0 and 1.
        return_indices: whether the places of the elements come too.
        _random_samples: in the place of numbers that are drawn, (N, C, dimensions), from 0 to 1.

    Raises:
        ValueError: there is neither size nor ratio, or both; a ratio is not between 0 and 1.
    """

    _count: ClassVar[int]

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        each = _ntuple(self._count)
        self.kernel_size = each(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = each(output_size) if output_size is not None else None
        self.output_ratio = each(output_ratio) if output_ratio is not None else None
        if output_size is None and output_ratio is None:
            raise ValueError(f"{type(self).__name__} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio[: self._count]):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def _options(self) -> tuple[Any, ...]:
        return self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """Take the largest elements of windows at random distances of (N, C, H, W) or (C, H, W).

    Source of the semantics: ``torch.nn.FractionalMaxPool2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.FractionalMaxPool2d(2, output_ratio=0.5)(torch.ones(1, 5, 5)).shape
        torch.Size([1, 2, 2])
    """

    _count = 2
    _function = "fractional_max_pool2d"


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """Take the largest elements of windows at random distances of (N, C, D, H, W) or (C, D, H, W).

    Source of the semantics: ``torch.nn.FractionalMaxPool3d``.
    """

    _count = 3
    _function = "fractional_max_pool3d"

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:  # fmt: skip
        sizes = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,)
        if any(isinstance(size, int) and size <= 0 for size in sizes):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        super().__init__(kernel_size, output_size, output_ratio, return_indices, _random_samples)


class _LPPoolNd(_Pool):
    """What they share.

    Args:
        norm_type: the exponent.
        kernel_size: of a window.
        stride: from one window to the next; the kernel size by default.
        ceil_mode: whether a last window that reaches beyond the input counts.
    """

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The options."""
        return f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"

    def _options(self) -> tuple[Any, ...]:
        return float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode


class LPPool1d(_LPPoolNd):
    """Take a norm of each window of (N, C, L) or (C, L). Source of the semantics: ``torch.nn.LPPool1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.LPPool1d(2, 2)(torch.tensor([[3.0, 4.0, 6.0, 8.0]]))
        tensor([[ 5., 10.]])
    """

    _function = "lp_pool1d"


class LPPool2d(_LPPoolNd):
    """Take a norm of each window of (N, C, H, W) or (C, H, W). Source of the semantics: ``torch.nn.LPPool2d``."""

    _function = "lp_pool2d"


class LPPool3d(_LPPoolNd):
    """Take a norm of each window of (N, C, D, H, W) or (C, D, H, W). Source of the semantics: ``torch.nn.LPPool3d``."""

    _function = "lp_pool3d"


class _AdaptiveMaxPoolNd(_Pool):
    """What they share.

    Args:
        output_size: one number or one for each dimension; None stands for the size of the input.
        return_indices: whether the places of the elements come too.
    """

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        """The size."""
        return f"output_size={self.output_size}"

    def _options(self) -> tuple[Any, ...]:
        return self.output_size, self.return_indices


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """Take the largest elements of so many windows of (N, C, L) or (C, L). Source: ``torch.nn.AdaptiveMaxPool1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.AdaptiveMaxPool1d(2)(torch.tensor([[1.0, 9.0, 3.0, 4.0, 5.0]]))
        tensor([[9., 5.]])
    """

    _function = "adaptive_max_pool1d"


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """Take the largest elements of so many windows of (N, C, H, W) or (C, H, W). Source: ``torch.nn.AdaptiveMaxPool2d``."""

    _function = "adaptive_max_pool2d"


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """Take the largest elements of so many windows of (N, C, D, H, W). Source: ``torch.nn.AdaptiveMaxPool3d``."""

    _function = "adaptive_max_pool3d"


class _AdaptiveAvgPoolNd(_Pool):
    """What they share.

    Args:
        output_size: one number or one for each dimension; None stands for the size of the input.
    """

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The size."""
        return f"output_size={self.output_size}"

    def _options(self) -> tuple[Any, ...]:
        return (self.output_size,)


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """Average (N, C, L) or (C, L) to a length. Source of the semantics: ``torch.nn.AdaptiveAvgPool1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.AdaptiveAvgPool1d(2)(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]]))
        tensor([[2., 4.]])
    """

    _function = "adaptive_avg_pool1d"


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """Average (N, C, H, W) or (C, H, W) to a size. Source of the semantics: ``torch.nn.AdaptiveAvgPool2d``."""

    _function = "adaptive_avg_pool2d"


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """Average (N, C, D, H, W) or (C, D, H, W) to a size. Source of the semantics: ``torch.nn.AdaptiveAvgPool3d``."""

    _function = "adaptive_avg_pool3d"
