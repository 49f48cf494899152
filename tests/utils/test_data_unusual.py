"""What few programs give a loader: numbers of classes of their own, functions that are false, what is no generator."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.utils.data import (
    DataLoader,
    RandomSampler,
    SubsetRandomSampler,
    TensorDataset,
    default_collate,
    default_convert,
    random_split,
)


class Label(enum.IntEnum):
    """Numbers with names."""

    CAT = 3
    DOG = 5


class Length(float):
    """Numbers of a class of their own."""


class _Joined(list[Any]):
    """A function that is empty, and so false."""

    def __call__(self, batch: list[int]) -> tuple[int, ...]:
        return tuple(batch)


def test_numbers_of_subclasses_are_collated() -> None:
    labels = default_collate([Label.CAT, Label.DOG])
    assert (labels.dtype, labels.tolist()) == (flambeau.int64, [3, 5])
    lengths = default_collate([Length(1.5), Length(2.0)])
    assert (lengths.dtype, lengths.tolist()) == (flambeau.float64, [1.5, 2.0])
    batch = next(iter(DataLoader([{"label": Label.CAT}, {"label": Label.DOG}], batch_size=2)))
    assert batch["label"].tolist() == [3, 5]


def test_a_function_that_is_false_collates_too() -> None:
    joined = _Joined()
    assert list(DataLoader(range(3), batch_size=2, collate_fn=joined)) == [(0, 1), (2,)]
    assert list(DataLoader([[7]], batch_size=None, collate_fn=joined)) == [(7,)]


@pytest.mark.parametrize(
    "draw",
    [
        lambda wrong: next(iter(DataLoader(range(3), generator=wrong))),
        lambda wrong: next(iter(DataLoader(range(3), shuffle=True, generator=wrong))),
        lambda wrong: list(RandomSampler(range(3), generator=wrong)),
        lambda wrong: list(RandomSampler(range(3), replacement=True, generator=wrong)),
        lambda wrong: list(SubsetRandomSampler([0, 1], generator=wrong)),
        lambda wrong: random_split(range(3), [1, 2], generator=wrong),
        lambda wrong: list(RandomSampler([], replacement=True, num_samples=3, generator=wrong)),
        lambda wrong: list(SubsetRandomSampler([], generator=wrong)),
        lambda wrong: random_split([], [0, 0], generator=wrong),
    ],
)
@pytest.mark.parametrize("wrong", [0, "cpu", [1]])
def test_what_is_no_generator_is_refused(draw: Callable[[Any], Any], wrong: Any) -> None:
    with pytest.raises(TypeError, match="argument 'generator' must be torch.Generator, not "):
        draw(wrong)


def test_what_has_more_than_numbers_is_not_converted() -> None:
    masked = np.ma.array([1, 2], mask=[False, True])
    assert default_convert(masked) is masked
    assert default_convert({"masked": [masked]})["masked"][0] is masked
    assert default_convert(np.array([1, 2])).tolist() == [1, 2]
    assert default_collate([masked.data, masked.data]).tolist() == [[1, 2], [1, 2]]


def test_nothing_is_drawn_of_an_empty_data_set() -> None:
    for generator in (None, flambeau.Generator()):
        with pytest.raises(RuntimeError, match="random_ expects 'from' to be less than 'to', but got from=0 >= to=0"):
            list(RandomSampler([], replacement=True, num_samples=3, generator=generator))


def test_tensors_without_dimensions_have_no_samples() -> None:
    with pytest.raises(IndexError, match="Dimension specified as 0 but tensor has no dimensions"):
        TensorDataset(flambeau.ones(3), flambeau.tensor(1.0))
