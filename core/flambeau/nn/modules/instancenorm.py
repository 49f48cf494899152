"""Layers that normalise the channels of each sample by themselves."""

from __future__ import annotations

import warnings
from typing import Any

from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import level_of_caller

from .. import functional
from .batchnorm import _LazyNormBase, _NormBase

__all__ = [
    "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d",
]  # fmt: skip


class _InstanceNorm(_NormBase):
    _unbatched: int
    """How many dims a sample has."""

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = False,
        track_running_stats: bool = False, device: Any = None, dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _check_input_dim(self, input: Tensor) -> None:
        dims = self._unbatched
        if input.dim() not in (dims, dims + 1):
            raise ValueError(f"expected {dims}D or {dims + 1}D input (got {input.dim()}D input)")

    def _get_no_batch_dim(self) -> int:
        return self._unbatched

    def _normalized(self, input: Tensor) -> Tensor:
        return functional.instance_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats, self.momentum if self.momentum is not None else 0.0, self.eps,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """Normalise a batch, or one sample."""
        self._check_input_dim(input)
        dim = input.dim() - self._get_no_batch_dim()
        if input.size(dim) != self.num_features:
            self._complain(dim, input.size(dim))
        return self._normalized(input) if dim else self._normalized(input.unsqueeze(0)).squeeze(0)

    def _complain(self, dim: int, found: int) -> None:
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: {found}."
            )
        warnings.warn(
            f"input's size at dim={dim} does not match num_features. You can silence this warning by not passing in "
            "num_features, which is not used because affine=False",
            stacklevel=level_of_caller(),
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        version = local_metadata.get("version", None)
        if version is None and not self.track_running_stats:
            old = [prefix + name for name in ("running_mean", "running_var") if prefix + name in state_dict]
            if old:
                error_msgs.append(_OLD_STATE.format(" and ".join(f'"{key}"' for key in old), type(self).__name__))
            for key in old:
                state_dict.pop(key)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


_OLD_STATE = (
    "Unexpected running stats buffer(s) {0} for {1} with track_running_stats=False. If state_dict is a checkpoint saved before "
    "0.4.0, this may be expected because {1} does not track running stats by default since 0.4.0. Please remove these keys from "
    "state_dict. If the running stats are actually needed, instead set track_running_stats=True in {1} to enable them. See the "
    "documentation of {1} for details."
)


class InstanceNorm1d(_InstanceNorm):
    """Normalise each channel of each sample of (N, C, L), or of one sample (C, L).

    Args:
        num_features: C, how many channels there are.
        eps: added to the variance.
        momentum: the part of each batch in the new running statistics.
        affine: whether there are ``weight`` and ``bias``, of one number a channel.
        track_running_stats: whether mean and variance are kept, to be used in the place of the samples' after ``eval()``.
        bias: whether there is a ``bias``, if ``affine``.

    Raises:
        ValueError: the input has another number of dims, or one place a channel alone, or if ``affine`` another number of
            channels, of which it otherwise warns.

    Source of the semantics: ``torch.nn.InstanceNorm1d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.InstanceNorm1d(2)(torch.tensor([[[1.0, 3.0], [4.0, 8.0]]]))
        tensor([[[-1.0000,  1.0000],
                 [-1.0000,  1.0000]]])
    """

    _unbatched = 2


class InstanceNorm2d(_InstanceNorm):
    """Normalise each channel of each sample of (N, C, H, W), or of one sample; see :class:`InstanceNorm1d`.

    Source of the semantics: ``torch.nn.InstanceNorm2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.InstanceNorm2d(3)(torch.zeros(3, 4, 4)).shape
        torch.Size([3, 4, 4])
    """

    _unbatched = 3


class InstanceNorm3d(_InstanceNorm):
    """Normalise each channel of each sample of (N, C, D, H, W), or of one sample; see :class:`InstanceNorm1d`.

    Source of the semantics: ``torch.nn.InstanceNorm3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.InstanceNorm3d(3)(torch.zeros(2, 3, 4, 4, 4)).shape
        torch.Size([2, 3, 4, 4, 4])
    """

    _unbatched = 4


class _LazyInstanceNorm(_LazyNormBase):
    _unbatched: int

    def _channels_of(self, input: Tensor) -> int:
        return int(input.shape[input.dim() - self._unbatched])


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """A :class:`InstanceNorm1d` with as many channels as the first input has. Source: ``torch.nn.LazyInstanceNorm1d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyInstanceNorm1d(momentum=0.2)
        >>> result = layer(torch.ones(1, 3, 4))
        >>> layer.num_features, type(layer).__name__
        (3, 'InstanceNorm1d')
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """A :class:`InstanceNorm2d` with as many channels as the first input has. Source: ``torch.nn.LazyInstanceNorm2d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyInstanceNorm2d(momentum=0.2)
        >>> result = layer(torch.ones(1, 3, 4, 4))
        >>> layer.num_features, type(layer).__name__
        (3, 'InstanceNorm2d')
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """A :class:`InstanceNorm3d` with as many channels as the first input has. Source: ``torch.nn.LazyInstanceNorm3d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.LazyInstanceNorm3d(momentum=0.2)
        >>> result = layer(torch.ones(1, 3, 4, 4, 4))
        >>> layer.num_features, type(layer).__name__
        (3, 'InstanceNorm3d')
    """

    cls_to_become = InstanceNorm3d
