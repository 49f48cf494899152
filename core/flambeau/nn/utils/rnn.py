"""Sequences of different lengths in one tensor."""

from __future__ import annotations

from collections.abc import Sequence

from flambeau._tensor import Tensor
from flambeau.ops.movement.joining import stack
from flambeau.ops.movement.padding import constant_pad_nd

__all__ = ["pad_sequence", "unpad_sequence"]


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
    return [row[:length] for row, length in zip(rows.unbind(), lengths.tolist(), strict=True)]
