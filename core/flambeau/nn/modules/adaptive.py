"""Softmax over very many classes, of which few are frequent."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.movement.joining import cat

from .. import functional
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    """The logarithms of the probabilities of the targets, and the loss."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """A linear layer and the loss of its softmax, with smaller layers for clusters of rarer classes.

    Args:
        in_features: the width of the input.
        n_classes: how many classes there are, the most frequent first.
        cutoffs: where clusters begin: ints in increasing order, from 1 to ``n_classes - 1``.
        div_value: by how much each cluster's layer is narrower than the one before.
        head_bias: whether the layer of frequent classes and of clusters has a bias.

    Returns:
        The logarithm of the probability of each target, and the loss, the mean of their negatives.

    Raises:
        ValueError: the cutoffs are no such ints.
        RuntimeError: a target is not a class, or the shapes do not fit.

    Source: Grave et al., Efficient softmax approximation for GPUs (2016); ``torch.nn.AdaptiveLogSoftmaxWithLoss``.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 10, [2, 5])
        >>> layer(torch.ones(3, 16), torch.tensor([0, 4, 9])).output.shape
        torch.Size([3])
    """

    head: Linear
    tail: ModuleList

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0, head_bias: bool = False,
        device: Any = None, dtype: DType | None = None,
    ) -> None:  # fmt: skip
        place: Any = {"device": device, "dtype": dtype}
        super().__init__()
        listed = list(cutoffs)
        if not listed:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        whole = all(int(each) == each for each in listed)
        if listed != sorted(set(listed)) or listed[0] <= 0 or listed[-1] > n_classes - 1 or not whole:
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is "
                "between 1 and n_classes-1"
            )
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, [*listed, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = self.cutoffs[0], len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, **place)
        self.tail = ModuleList()
        for number, (low, high) in enumerate(pairwise(self.cutoffs), 1):
            width = int(in_features // div_value**number)
            first, second = Linear(in_features, width, False, **place), Linear(width, high - low, False, **place)
            self.tail.append(Sequential(first, second))

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        self.head.reset_parameters()
        for cluster in self.tail:
            for layer in cluster:
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """The logarithms for the targets, and the loss."""
        self._check(input_, target_)
        input, target = (input_, target_) if target_.dim() else (input_.unsqueeze(0), target_.unsqueeze(0))
        if target.numel() and (int(target.min()) < 0 or int(target.max()) >= self.n_classes):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{target.min().item()}, "
                f"{target.max().item()}] were found. "
            )
        found, index = input.new_zeros(target.shape[0]), target.clone()
        for number, (low, high) in enumerate(pairwise(self.cutoffs)):
            rows = ((target >= low) & (target < high)).nonzero()[:, 0]
            if rows.numel():
                local = functional.log_softmax(self.tail[number](input.index_select(0, rows)), dim=1)
                places = (target.index_select(0, rows) - low).unsqueeze(1)
                found = found.index_copy(0, rows, local.gather(1, places).squeeze(1))
                index = index.index_fill(0, rows, self.shortlist_size + number)
        head = functional.log_softmax(self.head(input), dim=1)
        output = found + head.gather(1, index.unsqueeze(1)).squeeze(1)
        return _ASMoutput(output if target_.dim() else output.squeeze(0), (-output).mean())

    @staticmethod
    def _check(input: Tensor, target: Tensor) -> None:
        dims = target.dim()
        if dims > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if dims == 1 and input.size(0) != target.size(0):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if input.dim() != dims + 1:
            raise RuntimeError(
                f"{dims}D target tensor expects {dims + 1}D input tensors, but found inputs with size {input.size()}"
            )

    def _all(self, input: Tensor, head: Tensor) -> Tensor:
        shares = functional.log_softmax(head, dim=1)
        parts = [shares[:, : self.shortlist_size]]
        for number, cluster in enumerate(self.tail):
            place = self.shortlist_size + number
            parts.append(functional.log_softmax(cluster(input), dim=1) + shares[:, place : place + 1])
        return cat(parts, 1)

    def log_prob(self, input: Tensor) -> Tensor:
        """The logarithms of the probabilities of all classes: (N, in_features) gives (N, n_classes)."""
        return self._all(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The class of the highest probability: (N, in_features) gives (N,)."""
        head = self.head(input)
        output: Tensor = head.argmax(1)
        rare = (output >= self.shortlist_size).nonzero()[:, 0]
        if not rare.numel():
            return output
        best = self._all(input.index_select(0, rare), head.index_select(0, rare)).argmax(1)
        return output.index_copy(0, rare, best)
