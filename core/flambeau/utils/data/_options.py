"""Options of the loader that exclude each other, or make no sense: PyTorch's errors and warnings."""

from __future__ import annotations

import os
from typing import Any

from .dataset import IterableDataset

__all__ = ["check_options", "check_workers", "context_of", "too_many_workers"]


def check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent_workers: bool) -> None:
    """Refuse numbers of workers, and what is said of workers where there are none."""
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
            "multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 1:  # with 0, PyTorch gives no batches
        raise ValueError("prefetch_factor option should be non-negative, and not zero: nothing would be fetched")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def check_options(
    dataset: Any, batch_size: int | None, shuffle: bool | None, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    """Refuse several ways to say which samples are in a batch."""
    if isinstance(dataset, IterableDataset):
        for name, value in {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}.items():
            if value is not None:
                raise ValueError(
                    f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
                )
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and batch_sampler is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")


def context_of(context: Any, num_workers: int) -> Any:
    """The context of :mod:`multiprocessing` that is meant by its name or by itself; None for the usual one.

    Raises:
        ValueError: there is no such start method, or there are no workers.
        TypeError: it is no context.
    """
    if context is None:
        return None
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers=0"
        )
    import multiprocessing  # only programs with workers need it

    if isinstance(context, str):
        known = multiprocessing.get_all_start_methods()
        if context not in known:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {known!r}, but got "
                f"multiprocessing_context={context!r}"
            )
        return multiprocessing.get_context(context)
    if not isinstance(context, multiprocessing.context.BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method, but got "
            f"multiprocessing_context={context}"
        )
    return context


def too_many_workers(num_workers: int) -> str | None:
    """What there is to say if there are more workers than processors; None if there are not."""
    aware = hasattr(os, "sched_getaffinity")
    most = len(os.sched_getaffinity(0)) if aware else os.cpu_count()
    if most is not None and num_workers <= most:
        return None
    suggested = "DataLoader is not able to compute a suggested max number of worker in current system."
    if most is not None:
        suggested = (
            f"Our suggested max number of worker in current system is {most}"
            f"{'' if aware else ' (`cpuset` is not taken into account)'}, which is smaller than what this DataLoader is going "
            "to create."
        )
    return (
        f"This DataLoader will create {num_workers} worker processes in total. {suggested} Please be aware that excessive "
        "worker creation might get DataLoader running slow or even freeze, lower the worker number to avoid potential "
        "slowness/freeze if necessary."
    )
