"""What a worker process of the loader knows of itself."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["WorkerInfo", "get_worker_info"]


class WorkerInfo(NamedTuple):
    """What a worker process knows of itself.

    Attributes:
        id: its number.
        num_workers: how many there are.
        seed: what its generators started with.
        dataset: its copy of the data set.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


own: WorkerInfo | None = None
"""That of this process, if it is a worker."""


def get_worker_info() -> WorkerInfo | None:
    """What the worker process that this is knows of itself; None elsewhere. Source: ``torch.utils.data.get_worker_info``.

    Example:
        >>> import flambeau as torch
        >>> print(torch.utils.data.get_worker_info())
        None
    """
    return own
