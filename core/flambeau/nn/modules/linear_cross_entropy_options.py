"""How a linear layer in the loss goes over its batch: options that change no result."""

from __future__ import annotations

from dataclasses import dataclass

from flambeau import dtypes

__all__ = ["LinearCrossEntropyOptions"]

_POLICIES = ("auto", "accurate", "balanced", "compact")


@dataclass(frozen=True)
class LinearCrossEntropyOptions:
    """How PyTorch computes :func:`flambeau.nn.functional.linear_cross_entropy` in pieces.

    They are checked and kept, and change nothing here: the whole batch is computed at once, as with ``options=None``.
    Source of the semantics: ``torch.nn.LinearCrossEntropyOptions``.

    Args:
        allow_retain_graph: whether a second backward pass is allowed, which it always is here.
        batch_chunk_size: rows of a piece.
        chunking_method: ``"auto"``, ``"aspect_ratio"``, ``"aspect_ratio:N"`` or None.
        acc_policy: ``"auto"``, ``"accurate"``, ``"balanced"`` or ``"compact"``.
        acc_dtype: a floating point dtype in which sums are kept.

    Raises:
        ValueError: an option is none of these.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.LinearCrossEntropyOptions(batch_chunk_size=8, chunking_method=None).batch_chunk_size
        8
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: dtypes.dtype | None = None

    def __post_init__(self) -> None:
        if self.acc_policy not in _POLICIES:
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}")
        if not _is_method(self.chunking_method):
            raise ValueError(f"invalid chunking_method: {self.chunking_method!r}")
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype not in (None, dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64):
            raise ValueError(
                "acc_dtype must be one of {None, torch.float16, torch.bfloat16, torch.float32, torch.float64}, got "
                f"{self.acc_dtype!r}. Pass acc_dtype=None to let the op pick automatically."
            )


def _is_method(method: str | None) -> bool:
    if method is None or method == "auto":
        return True
    name, colon, factor = method.partition(":")
    return name == "aspect_ratio" and (not colon or (factor.isdigit() and int(factor) > 0))
