"""Which way attention is computed; there is one here, so the choice is kept and changes nothing.

Source of the semantics: ``torch.nn.attention``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from flambeau.backends._attention import allowed, only

__all__ = ["SDPBackend", "WARN_FOR_UNFUSED_KERNELS", "sdpa_kernel"]

WARN_FOR_UNFUSED_KERNELS = False
"""Whether to warn where PyTorch's fused kernels cannot be used; not asked here."""


class SDPBackend(enum.IntEnum):
    """The ways in which PyTorch computes attention. Source of the semantics: ``torch.nn.attention.SDPBackend``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.attention.SDPBackend.MATH.value
        0
    """

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4

    def __repr__(self) -> str:
        return f"<SDPBackend.{self.name}: {self.value}>"

    def __str__(self) -> str:
        return f"SDPBackend.{self.name}"


def _cur_sdpa_kernel_backends() -> list[SDPBackend]:
    return [SDPBackend(number) for number in allowed()]


@contextmanager
def sdpa_kernel(backends: Sequence[SDPBackend] | SDPBackend, set_priority: bool = False) -> Iterator[None]:
    """A context in which attention is to be computed in one of some ways.

    Every way gives the same here. Source of the semantics: ``torch.nn.attention.sdpa_kernel``.

    Raises:
        AssertionError: ``backends`` is neither a :class:`SDPBackend` nor a list.

    Example:
        >>> import flambeau as torch
        >>> from flambeau.nn.attention import SDPBackend, sdpa_kernel
        >>> x = torch.ones(2, 2)
        >>> with sdpa_kernel(SDPBackend.MATH):
        ...     torch.nn.functional.scaled_dot_product_attention(x, x, x)
        tensor([[1., 1.],
                [1., 1.]])
    """
    if not isinstance(backends, (list, SDPBackend)):
        raise AssertionError("Backend must be an instance of SDPBackend or a list of SDPBackend instances")
    listed = [backends] if isinstance(backends, SDPBackend) else backends
    with only(listed):
        yield
