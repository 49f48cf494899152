"""Sequences of different lengths, packed without the padding; :mod:`flambeau.nn.utils.rnn` shows this."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.creation.filled import empty_like
from flambeau.ops.creation.ranges import arange

__all__ = ["PackedSequence", "invert_permutation"]

_Self = TypeVar("_Self", bound="PackedSequence")


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Give the permutation that undoes one, (n) numbers; None of None. Source: ``torch.nn.utils.rnn.invert_permutation``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))
        tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    places = arange(0, permutation.numel(), device=permutation.device)
    inverse: Tensor = empty_like(permutation).scatter_(0, permutation, places)
    return inverse


class PackedSequence_(NamedTuple):
    """The fields of a :class:`PackedSequence`."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences step by step: first the first elements of all of them, then the second ones of those that have one.

    ``pack_padded_sequence`` and ``pack_sequence`` make it, recurrent layers take it. Source of the semantics:
    ``torch.nn.utils.rnn.PackedSequence``.

    Attributes:
        data: (elements of all sequences, …).
        batch_sizes: int64 on the CPU: how many sequences have a first element, a second, and so on.
        sorted_indices: the order of the sequences by length, if they were sorted.
        unsorted_indices: the places of the original sequences in it.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])]).data
        tensor([1, 4, 2, 3])
    """

    __slots__ = ()
    __module__ = "flambeau.nn.utils.rnn"

    def __new__(
        cls: type[_Self], data: Any, batch_sizes: Tensor | None = None, sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> _Self:  # fmt: skip
        """Take the parts, of which the first two may come as a pair."""
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. They should "
                "be instantiated by functions like pack_sequence and pack_padded_sequences in nn.utils.rnn. "
                "https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
            )
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _moved(self: _Self, data: Tensor, move: Any) -> _Self:
        """The same sequences with other data; the indices are moved likewise."""
        indices = [None if each is None else move(each) for each in (self.sorted_indices, self.unsorted_indices)]
        return type(self)(data, self.batch_sizes, *indices)

    def to(self: _Self, *args: Any, **kwargs: Any) -> _Self:
        """Convert the data, as ``Tensor.to``, and move the indices along; itself if nothing changes."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else self._moved(data, lambda indices: indices.to(data.device))

    def cuda(self: _Self, *args: Any, **kwargs: Any) -> _Self:
        """Move to a CUDA device."""
        return self._on("cuda", *args, **kwargs)

    def cpu(self: _Self, *args: Any, **kwargs: Any) -> _Self:
        """Move to the CPU."""
        return self._on("cpu", *args, **kwargs)

    def _on(self: _Self, kind: str, *args: Any, **kwargs: Any) -> _Self:
        """On a device of some type: the one that the arguments name, which are those of :meth:`to`, if it is of that type."""
        if self.data[:0].to(*args, **kwargs).device.type != kind:
            kwargs["device"] = kind
        return self.to(*args, **kwargs)

    def pin_memory(self: _Self) -> _Self:
        """The same in pinned memory."""
        return self._moved(self.data.pin_memory(), lambda indices: indices.pin_memory())

    def is_pinned(self) -> bool:
        """Whether the data is in pinned memory."""
        return self.data.is_pinned()

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a CUDA device."""
        return self.data.is_cuda

    def double(self: _Self) -> _Self:
        """The data as float64."""
        return self.to(dtype=dtypes.float64)

    def float(self: _Self) -> _Self:
        """The data as float32."""
        return self.to(dtype=dtypes.float32)

    def half(self: _Self) -> _Self:
        """The data as float16."""
        return self.to(dtype=dtypes.float16)

    def long(self: _Self) -> _Self:
        """The data as int64."""
        return self.to(dtype=dtypes.int64)

    def int(self: _Self) -> _Self:
        """The data as int32."""
        return self.to(dtype=dtypes.int32)

    def short(self: _Self) -> _Self:
        """The data as int16."""
        return self.to(dtype=dtypes.int16)

    def char(self: _Self) -> _Self:
        """The data as int8."""
        return self.to(dtype=dtypes.int8)

    def byte(self: _Self) -> _Self:
        """The data as uint8."""
        return self.to(dtype=dtypes.uint8)
