"""The sampler for several processes that train together."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from itertools import cycle, islice
from typing import Any

from flambeau.random._host import draw_permutation, private_generator

from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """The share of one of several processes. Source: ``torch.utils.data.distributed.DistributedSampler``.

    There are no process groups here that could say how many processes there are: both numbers must be given.

    Args:
        dataset: what the indices are of.
        num_replicas: the number of processes.
        rank: the number of this one.
        shuffle: whether the order is random: that of ``seed`` plus the epoch, the same in all processes.
        seed: see ``shuffle``.
        drop_last: leave out what cannot be shared evenly; else some indices are given twice.

    Raises:
        ValueError: ``rank`` is not one of them, or one of the two numbers is not given.

    Example:
        >>> import flambeau as torch
        >>> [list(torch.utils.data.DistributedSampler("abcde", 2, rank, shuffle=False)) for rank in (0, 1)]
        [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self, dataset: Sized, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True,
        seed: int = 0, drop_last: bool = False,
    ) -> None:  # fmt: skip
        if num_replicas is None or rank is None:
            raise ValueError(
                "Default process group has not been initialized, please make sure to call init_process_group. "
                "(There are no process groups here: give num_replicas and rank.)"
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas, self.rank = num_replicas, rank
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else -(-size // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        order: Any = draw_permutation(size, private_generator(self.seed + self.epoch)) if self.shuffle else range(size)
        return islice(cycle(order), self.rank, self.total_size, self.num_replicas)

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Say which round comes next, so that each has another order."""
        self.epoch = epoch
