"""Sequences of different lengths in one tensor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau.ops.creation.data import as_tensor
from flambeau.ops.creation.filled import full
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.joining import stack
from flambeau.ops.movement.padding import constant_pad_nd
from flambeau.ops.sorting.order import sort

from .._packed import PackedSequence as PackedSequence
from .._packed import PackedSequence_ as PackedSequence_
from .._packed import invert_permutation as invert_permutation

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence",
    "unpack_sequence", "unpad_sequence",
]  # fmt: skip


def pad_sequence(
    sequences: Sequence[Tensor] | Tensor,
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stack sequences, filled up to the length of the longest. Source: ``torch.nn.utils.rnn.pad_sequence``.

    Args:
        sequences: tensors of shapes (length, …) that differ in the length only.
        batch_first: whether the result has the shape (sequences, longest, …) instead of (longest, sequences, …).
        padding_value: what the shorter ones are filled up with.
        padding_side: ``"right"``, after their elements, or ``"left"``, before.

    Raises:
        RuntimeError: there are no sequences, their other dimensions differ, or there is no such side.
        TypeError: one is no tensor.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], batch_first=True)
        tensor([[1, 2],
                [3, 0]])
    """
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    rows = list(sequences)
    for position, row in enumerate(rows):
        if not isinstance(row, Tensor):
            raise TypeError(f"expected Tensor as element {position} in argument 0, but got {type(row).__name__}")
    if not rows:
        raise RuntimeError("received an empty list of sequences")
    rest = rows[0].shape[1:]
    for row in rows:
        if row.dim() != rows[0].dim() or row.dim() == 0:
            raise RuntimeError(
                "pad_sequence(): expected sequences of one number of dimensions, one or more, got "
                f"{rows[0].dim()} and {row.dim()}"
            )
        for dim, (size, other) in enumerate(zip(rest, row.shape[1:], strict=True)):
            if size != other:
                raise RuntimeError(
                    f"The size of tensor a ({size}) must match the size of tensor b ({other}) at non-singleton "
                    f"dimension {dim + 1}"
                )
    longest = max(row.shape[0] for row in rows)
    padded = []
    for row in rows:
        lacking = longest - row.shape[0]
        ends = (lacking, 0) if padding_side == "left" else (0, lacking)
        row = row.to(rows[0].dtype)
        padded.append(constant_pad_nd(row, (0, 0) * len(rest) + ends, padding_value) if lacking else row)
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """Give the sequences that :func:`pad_sequence` stacked. Source: ``torch.nn.utils.rnn.unpad_sequence``.

    Args:
        padded_sequences: the result of :func:`pad_sequence`.
        lengths: int64 of shape (sequences): how many elements of each there are; they stand on the left.
        batch_first: as it was there.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.rnn.unpad_sequence(torch.tensor([[1, 2], [3, 0]]), torch.tensor([2, 1]), batch_first=True)
        [tensor([1, 2]), tensor([3])]
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    sizes = [max(ceil(length), 0) for length in lengths.tolist()]
    return [row[:size].clone() for row, size in zip(rows.unbind(), sizes, strict=True)]


# -- packed ------------------------------------------------------------------------------------------------------------


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Leave the padding out, step by step. Source of the semantics: ``torch.nn.utils.rnn.pack_padded_sequence``.

    Args:
        input: (longest, sequences, …), or (sequences, longest, …) if ``batch_first``.
        lengths: how many elements of each sequence count.
        batch_first: see ``input``.
        enforce_sorted: whether the sequences come from the longest to the shortest; they are sorted otherwise.

    Raises:
        RuntimeError: the lengths are not in order, not as many as the sequences, less than 1 or more than there are elements,
            or there are no elements.

    Example:
        >>> import flambeau as torch
        >>> padded = torch.tensor([[1, 2, 3], [4, 0, 0]])
        >>> packed = torch.nn.utils.rnn.pack_padded_sequence(padded, [3, 1], batch_first=True)
        >>> packed.data, packed.batch_sizes
        (tensor([1, 4, 2, 3]), tensor([2, 1, 1]))
    """
    if isinstance(lengths, Tensor):
        lengths = lengths.to(dtype=dtypes.int64)
    else:
        lengths = as_tensor(lengths, dtype=dtypes.int64, device="cpu")
    if not lengths.numel() and not enforce_sorted:
        raise RuntimeError("Cannot pack empty tensors.")
    order = None
    _check_count(input, lengths, 0 if batch_first else 1, exact=enforce_sorted)
    if not enforce_sorted:
        lengths, order = sort(lengths, descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    steps = input.transpose(0, 1) if batch_first or input.dim() < 2 else input
    _check_lengths(steps, lengths)
    longest = int(lengths[0].item())
    there = (
        arange(longest, device=lengths.device).unsqueeze(1) < lengths
    )  # (longest, sequences): whether there is such an element
    return PackedSequence(steps[:longest][there.to(input.device)], there.sum(1), order)


def _check_count(input: Tensor, lengths: Tensor, dim: int, *, exact: bool) -> None:
    """Refuse more lengths than sequences, or fewer if ``exact``: where they are sorted, those without one are left out."""
    _check_counts(lengths)
    if not input.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    sequences = input.size(dim)
    if lengths.numel() > sequences or (exact and lengths.numel() < sequences):
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.numel()} (batch_size={sequences})"
        )


def _check_lengths(steps: Tensor, lengths: Tensor) -> None:
    sizes = lengths.tolist()
    if sizes[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if sizes != sorted(sizes, reverse=True):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not "
            "need ONNX exportability."
        )
    if sizes[0] > steps.shape[0]:
        raise RuntimeError(f"Expected lengths of at most {steps.shape[0]}, the padded length, but got {sizes[0]}")


def _check_counts(lengths: Tensor) -> None:
    if lengths.dim() != 1 or lengths.device.type != "cpu" or lengths.dtype is not dtypes.int64:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.dim()}D {lengths.device} "
            f"{dtypes.scalar_type_name(lengths.dtype)} tensor"
        )


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Give packed sequences with padding again, and their lengths. Source: ``torch.nn.utils.rnn.pad_packed_sequence``.

    Args:
        sequence: what ``pack_padded_sequence`` gave, or a recurrent layer of that.
        batch_first: whether the result is (sequences, longest, …), not (longest, sequences, …).
        padding_value: what stands behind the end of the shorter ones.
        total_length: the length to fill up to, if not that of the longest.

    Raises:
        ValueError: ``total_length`` is less than that.
        RuntimeError: there are not as many elements as ``batch_sizes`` says.

    Example:
        >>> import flambeau as torch
        >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])])
        >>> torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        (tensor([[1, 2, 3],
                [4, 0, 0]]), tensor([3, 1]))
    """
    data, sizes = sequence.data, sequence.batch_sizes
    _check_counts(sizes)
    longest = sizes.shape[0]
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {longest}"
            )
        longest = total_length
    sequences = int(sizes[0].item())
    there = arange(sequences, device=sizes.device) < sizes.unsqueeze(1)
    if int(sizes.sum().item()) != data.shape[0]:
        raise RuntimeError(
            f"batch_sizes are of {int(sizes.sum().item())} elements in all, but there are {data.shape[0]}"
        )
    padded = full((longest, sequences, *data.shape[1:]), padding_value, dtype=data.dtype, device=data.device)
    padded[: sizes.shape[0]][there.to(data.device)] = data
    lengths = there.sum(0)
    if batch_first:
        padded = padded.transpose(0, 1)
    order = sequence.unsorted_indices
    if order is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, order), lengths[order.cpu()]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of shapes (length, …). Source of the semantics: ``torch.nn.utils.rnn.pack_sequence``.

    Raises:
        RuntimeError: as :func:`pack_padded_sequence`.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.utils.rnn.pack_sequence([torch.tensor([1]), torch.tensor([2, 3])], enforce_sorted=False).data
        tensor([2, 1, 3])
    """
    lengths = as_tensor([sequence.size(0) for sequence in sequences], device="cpu")
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Give the sequences that :func:`pack_sequence` packed. Source: ``torch.nn.utils.rnn.unpack_sequence``.

    Example:
        >>> import flambeau as torch
        >>> packed = torch.nn.utils.rnn.pack_sequence([torch.tensor([1, 2]), torch.tensor([3])])
        >>> torch.nn.utils.rnn.unpack_sequence(packed)
        [tensor([1, 2]), tensor([3])]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)
