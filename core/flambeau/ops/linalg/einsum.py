"""Einstein summation: an equation of subscripts becomes diagonals, products of batches of matrices and sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from operator import index
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.overrides import overridable
from flambeau.ops.movement.diagonals import diagonal
from flambeau.ops.movement.shapes import movedim, permute, reshape

from .matmul import bmm

__all__ = ["einsum"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_Labels = list[Any]


@overridable
def einsum(*args: Any) -> Tensor:
    """Sum products of tensors over the subscripts that an equation does not keep. Source: ``torch.einsum``.

    Either an equation and its operands, ``einsum("ij,jk->ik", a, b)``, or operands and lists of subscripts from 0 to 51 in
    turns, ``einsum(a, [0, 1], b, [1, 2], [0, 2])``. ``...`` stands for dimensions that broadcast; without ``->``, what is
    kept is what occurs once, in alphabetical order. Operands are contracted from left to right.

    Raises:
        RuntimeError: the equation is malformed, or does not fit the operands.

    Example:
        >>> import flambeau as torch
        >>> a = torch.tensor([[1, 2], [3, 4]])
        >>> torch.einsum("ij,jk->ik", a, a)
        tensor([[ 7, 10],
                [15, 22]])
        >>> torch.einsum("ii", a)
        tensor(5)
    """
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts "
            "list"
        )
    if isinstance(args[0], Tensor):
        equation, operands = _spelled(args)
    else:
        equation = args[0]
        operands = list(args[1]) if len(args) == 2 and isinstance(args[1], (list, tuple)) else list(args[1:])
    for position, operand in enumerate(operands):
        if not isinstance(operand, Tensor):
            raise TypeError(f"einsum(): operand {position} must be Tensor, not {type(operand).__name__}")
    inputs, output = _parsed(equation, operands)
    _check_sizes(inputs, operands)
    return _contracted(inputs, output, operands)


def _spelled(args: Sequence[Any]) -> tuple[str, list[Tensor]]:
    """The equation of lists of subscripts."""
    operands, lists = list(args[0 : len(args) // 2 * 2 : 2]), list(args[1::2])
    parts = [_letters(labels) for labels in lists]
    tail = f"->{_letters(args[-1])}" if len(args) % 2 else ""
    return ",".join(parts) + tail, operands


def _letters(labels: Sequence[Any]) -> str:
    text = ""
    for label in labels:
        if label is Ellipsis:
            text += "..."
        elif hasattr(label, "__index__") and 0 <= index(label) < len(_LETTERS):
            text += _LETTERS[index(label)]
        else:
            raise ValueError(
                f"einsum(): not allowed label {label!r}: subscripts are numbers from 0 to {len(_LETTERS) - 1} or ..."
            )
    return text


# -- the equation ---------------------------------------------------------------


def _parsed(equation: str, operands: Sequence[Tensor]) -> tuple[list[_Labels], _Labels]:
    """The labels of the dimensions of each operand and of the result; dimensions of an ellipsis are numbered from the back."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) > len(operands):
        raise RuntimeError("einsum(): fewer operands were provided than specified in the equation")
    if len(terms) < len(operands):
        raise RuntimeError("einsum(): more operands were provided than specified in the equation")
    inputs = [
        _labels(term, operand, number) for number, (term, operand) in enumerate(zip(terms, operands, strict=True))
    ]
    covered = max((label for labels in inputs for label in labels if isinstance(label, int)), default=-1) + 1
    ellipsis: _Labels = list(range(covered))[::-1]
    if not arrow:
        counts = Counter(label for labels in inputs for label in labels if isinstance(label, str))
        return inputs, ellipsis + sorted(label for label, count in counts.items() if count == 1)
    output = _output(right, ellipsis)
    for label, count in Counter(output).items():
        if not any(label in labels for labels in inputs):
            raise RuntimeError(
                f"einsum(): output subscript {label} does not appear in the equation for any input operand"
            )
        if count > 1:
            raise RuntimeError(f"einsum(): output subscript {label} appears more than once in the output")
    return inputs, output


def _check_letter(letter: str, position: int) -> None:
    if letter not in _LETTERS:
        raise RuntimeError(
            f"einsum(): invalid subscript given at index {position} in the equation string, subscripts must be in [a-zA-Z]"
        )


def _split(term: str, whose: str) -> tuple[str, bool, str]:
    before, dots, after = term.partition("...")
    if "." in before or "." in after:
        raise RuntimeError(f"einsum(): found '.' for {whose} that is not part of any ellipsis")
    for position, letter in enumerate(before + after):
        _check_letter(letter, position)
    return before, bool(dots), after


def _labels(term: str, operand: Tensor, number: int) -> _Labels:
    before, dots, after = _split(term, f"operand {number}")
    covered = operand.dim() - len(before) - len(after)
    if covered < 0 or (covered and not dots):
        reason = "" if dots else " and no ellipsis was given"
        verb = "is greater than" if dots else "does not match"
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({len(before) + len(after)}) {verb} the number of dimensions "
            f"({operand.dim()}) for operand {number}{reason}"
        )
    return [*before, *range(covered - 1, -1, -1), *after]


def _output(term: str, ellipsis: _Labels) -> _Labels:
    before, dots, after = _split(term, "the output")
    return [*before, *(ellipsis if dots else []), *after]


def _check_sizes(inputs: Sequence[_Labels], operands: Sequence[Tensor]) -> None:
    sizes: dict[Any, int] = {}
    for number, (labels, operand) in enumerate(zip(inputs, operands, strict=True)):
        for label, size in zip(labels, operand.shape, strict=True):
            seen = sizes.setdefault(label, size)
            if seen == 1:
                sizes[label] = size
            elif size not in (1, seen):
                raise RuntimeError(
                    f"einsum(): subscript {label} has size {size} for operand {number} which does not broadcast with "
                    f"previously seen size {seen}"
                )


# -- the contraction ---------------------------------------------------------------


def _contracted(inputs: Sequence[_Labels], output: _Labels, operands: Sequence[Tensor]) -> Tensor:
    rank = _ranks(inputs, output)
    labels, result = _without_repeats(inputs[0], operands[0])
    for step in range(1, len(operands)):
        other_labels, other = _without_repeats(inputs[step], operands[step])
        needed = set(output).union(*inputs[step + 1 :])
        labels, result = _product(labels, result, other_labels, other, needed, rank)
    order = sorted(range(len(labels)), key=lambda dim: rank[labels[dim]])
    result = permute(result, order)
    return result.sum(tuple(range(len(output), len(order)))) if len(order) > len(output) else result


def _ranks(inputs: Sequence[_Labels], output: _Labels) -> dict[Any, int]:
    """The order in which dimensions stand while products are computed: those of the result first, as they stand there."""
    summed = {label for labels in inputs for label in labels}.difference(output)
    return {label: rank for rank, label in enumerate([*output, *sorted(summed, key=str)])}


def _without_repeats(labels: _Labels, operand: Tensor) -> tuple[_Labels, Tensor]:
    """A label that stands twice means the diagonal."""
    labels = list(labels)
    for label in list(dict.fromkeys(labels)):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            operand = movedim(diagonal(operand, 0, first, second), -1, first)
            del labels[second]
    return labels, operand


def _product(
    labels: _Labels, one: Tensor, other_labels: _Labels, other: Tensor, needed: set[Any], rank: dict[Any, int]
) -> tuple[_Labels, Tensor]:
    """The product of two operands, summed over what nothing else needs: a product of batches of matrices."""
    labels, one = _reduced(labels, one, needed.union(other_labels))
    other_labels, other = _reduced(other_labels, other, needed.union(labels))
    every = sorted({*labels, *other_labels}, key=rank.__getitem__)
    shared = [label for label in every if label in labels and label in other_labels]
    batch = [label for label in shared if label in needed]
    between = [label for label in shared if label not in needed]
    if not between:
        return every, _spread(one, labels, every) * _spread(other, other_labels, every)
    left = [label for label in every if label in labels and label not in shared]
    right = [label for label in every if label in other_labels and label not in shared]
    if left and right and rank[right[0]] < rank[left[0]]:  # so that the result lies in memory as it is wanted
        labels, one, left, other_labels, other, right = other_labels, other, right, labels, one, left
    sizes = _sizes(labels, one) | {
        # A dimension of size 1 that meets another one is summed away, or kept by its partner.
        label: size
        for label, size in _sizes(other_labels, other).items()
        if size != 1 or label not in labels
    }
    a = _grouped(one, labels, (batch, left, between), sizes)
    b = _grouped(other, other_labels, (batch, between, right), sizes)
    kept = batch + left + right
    return kept, reshape(bmm(a, b), tuple(sizes[label] for label in kept))


def _sizes(labels: _Labels, operand: Tensor) -> dict[Any, int]:
    return dict(zip(labels, operand.shape, strict=True))


def _spread(operand: Tensor, labels: _Labels, every: _Labels) -> Tensor:
    """An operand with a dimension for every label, of size 1 where it has none."""
    own = [label for label in every if label in labels]
    sizes = _sizes(labels, operand)
    arranged = permute(operand, [labels.index(label) for label in own])
    return reshape(arranged, tuple(sizes.get(label, 1) for label in every))


def _reduced(labels: _Labels, operand: Tensor, kept: set[Any]) -> tuple[_Labels, Tensor]:
    dims = [dim for dim, label in enumerate(labels) if label not in kept]
    return ([label for label in labels if label in kept], operand.sum(dims)) if dims else (labels, operand)


def _grouped(
    operand: Tensor, labels: _Labels, groups: tuple[_Labels, _Labels, _Labels], sizes: dict[Any, int]
) -> Tensor:
    order = [label for group in groups for label in group]
    arranged = permute(operand, [labels.index(label) for label in order])
    whole = tuple(sizes[label] for label in order)
    expanded = arranged if tuple(arranged.shape) == whole else arranged.expand(whole)
    return reshape(expanded, tuple(prod(sizes[label] for label in group) for group in groups))
