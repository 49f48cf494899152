"""Layers that normalise channels over the batch."""

from __future__ import annotations

from typing import Any, ClassVar

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.creation.filled import empty, ones, zeros

from .. import functional, init
from ..parameter import Parameter
from .module import Module

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"]


class _NormBase(Module):
    """What batch and instance normalisation keep: parameters, running statistics and how many batches made them."""

    _version = 2
    __constants__: ClassVar = ["track_running_stats", "momentum", "eps", "num_features", "affine"]
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: DType | None = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            made = Parameter(empty(num_features, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, made)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, device=device, dtype=dtype) if tracked else None)
        self.register_buffer("running_var", ones(num_features, device=device, dtype=dtype) if tracked else None)
        count = zeros((), dtype=dtypes.int64, device=device) if tracked else None
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1 and the number of batches to 0."""
        if self.track_running_stats:
            assert self.running_mean is not None
            assert self.running_var is not None
            assert self.num_batches_tracked is not None
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set the weights to 1, the biases to 0, and the running statistics to those of no batch."""
        self.reset_running_stats()
        if self.affine:
            assert self.weight is not None
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        raise NotImplementedError

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        version = local_metadata.get("version", None)
        key = f"{prefix}num_batches_tracked"
        if (version is None or version < 2) and self.track_running_stats and key not in state_dict:
            count = self.num_batches_tracked
            state_dict[key] = zeros((), dtype=dtypes.int64) if count is None else count
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class _BatchNorm(_NormBase):
    def forward(self, input: Tensor) -> Tensor:
        """Normalise; when training, bring the running statistics up to date: after an error they are as they were."""
        self._check_input_dim(input)
        tracking = self.training and self.track_running_stats and self.num_batches_tracked is not None
        used = not self.training or self.track_running_stats
        result = functional.batch_norm(
            input,
            self.running_mean if used else None,
            self.running_var if used else None,
            self.weight,
            self.bias,
            self.training or (self.running_mean is None and self.running_var is None),
            self._share_of_batch() if tracking else self.momentum or 0.0,
            self.eps,
        )
        if tracking:
            assert self.num_batches_tracked is not None
            with no_grad():
                self.num_batches_tracked.add_(1)
        return result

    def _share_of_batch(self) -> float:
        """The part of this batch in the new running statistics; without a momentum, they are means over all batches."""
        if self.momentum is not None:
            return self.momentum
        assert self.num_batches_tracked is not None
        return 1.0 / (float(self.num_batches_tracked) + 1)


class BatchNorm1d(_BatchNorm):
    """Normalise each channel of (N, C) or (N, C, L) over the batch, times ``weight`` plus ``bias``.

    Args:
        num_features: C, how many channels there are.
        eps: added to the variance.
        momentum: the part of each batch in the new running statistics; None makes them means over all batches.
        affine: whether there are ``weight`` and ``bias``, of one number a channel.
        track_running_stats: whether mean and variance are kept, to be used in the place of the batch's after ``eval()``.
        bias: whether there is a ``bias``, if ``affine``.

    Raises:
        ValueError: the input has another number of dims, or when training one value a channel alone.
        RuntimeError: it has another number of channels. Nothing is changed then.

    Source of the semantics: ``torch.nn.BatchNorm1d``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.BatchNorm1d(1)
        >>> layer(torch.tensor([[1.0], [3.0]])).detach()
        tensor([[-1.0000],
                [ 1.0000]])
        >>> layer.running_mean
        tensor([0.2000])
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in (2, 3):
            raise ValueError(f"expected 2D or 3D input (got {input.dim()}D input)")


class BatchNorm2d(_BatchNorm):
    """Normalise each channel of (N, C, H, W) over the batch; see :class:`BatchNorm1d`.

    Source of the semantics: ``torch.nn.BatchNorm2d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.BatchNorm2d(3)(torch.zeros(2, 3, 4, 4)).shape
        torch.Size([2, 3, 4, 4])
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 4:
            raise ValueError(f"expected 4D input (got {input.dim()}D input)")


class BatchNorm3d(_BatchNorm):
    """Normalise each channel of (N, C, D, H, W) over the batch; see :class:`BatchNorm1d`.

    Source of the semantics: ``torch.nn.BatchNorm3d``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.BatchNorm3d(3)(torch.zeros(2, 3, 4, 4, 4)).shape
        torch.Size([2, 3, 4, 4, 4])
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() != 5:
            raise ValueError(f"expected 5D input (got {input.dim()}D input)")


class SyncBatchNorm(_BatchNorm):
    """Normalise each channel of (N, C, …) over the batch; there is one process, so nothing is to be synchronised.

    ``process_group`` is kept, and not used. Source of the semantics: ``torch.nn.SyncBatchNorm``.

    Raises:
        ValueError: the input has fewer than two dims, or no channels.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.SyncBatchNorm.convert_sync_batchnorm(torch.nn.Sequential(torch.nn.BatchNorm1d(2)))
        Sequential(
          (0): SyncBatchNorm(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
        )
    """

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, process_group: Any = None, device: Any = None, dtype: DType | None = None, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"expected at least 2D input (got {input.dim()}D input)")
        if input.size(1) == 0:
            raise ValueError("SyncBatchNorm number of input channels should be non-zero")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module with a :class:`SyncBatchNorm` of the same parameters in the place of every batch normalisation."""
        converted = module
        if isinstance(module, _BatchNorm):
            converted = cls._like(module, process_group)
        for name, child in module.named_children():
            converted.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return converted

    @staticmethod
    def _like(module: _BatchNorm, process_group: Any) -> SyncBatchNorm:
        bias = module.bias is not None
        options = (module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats)
        made = SyncBatchNorm(*options, process_group, bias=bias)
        made.weight, made.bias = module.weight, module.bias
        made.running_mean, made.running_var = module.running_mean, module.running_var
        made.num_batches_tracked = module.num_batches_tracked
        made.training = module.training
        return made
