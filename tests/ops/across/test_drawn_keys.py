"""Keys that are drawn at random, to read and to write with: what PyTorch gives, and the kinds of its errors."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import prod
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau

SHAPES = [(3,), (2, 3), (3, 2, 4), (), (0, 3), (2, 0), (1, 1), (4,)]


def _entry(t: Any, draw: random.Random, shape: tuple[int, ...]) -> Any:
    """One entry of a key: what is drawn does not depend on the library."""
    size = draw.choice(shape) if shape else 1
    low, high = (-size, size) if size else (0, 1)
    one = draw.randrange(low, high)
    several = [draw.randrange(low, high) for _ in range(draw.randrange(4))]
    flags = [draw.random() < 0.5 for _ in range(size)]
    start, stop = (draw.choice([None, draw.randrange(-5, 6)]) for _ in range(2))
    step = draw.choice([None, 1, 2, 3])
    flag = draw.random() < 0.5

    def of_numpy(number: int | None) -> Any:
        return None if number is None else np.int64(number)

    kinds: list[Callable[[], Any]] = [
        lambda: one,
        lambda: np.int64(one),
        lambda: np.int32(one),
        lambda: np.array(one),
        lambda: t.tensor(one),
        lambda: flag,
        lambda: np.bool_(flag),
        lambda: t.tensor(flag),
        lambda: None,
        lambda: Ellipsis,
        lambda: slice(start, stop, step),
        lambda: slice(*map(of_numpy, (start, stop, step))),
        lambda: list(several),
        lambda: tuple(several),
        lambda: [list(several), list(several)],
        lambda: range(len(several)),
        lambda: list(flags),
        lambda: np.array(several, dtype=np.int64),
        lambda: np.array(several, dtype=np.int32),
        lambda: np.array(flags, dtype=bool),
        lambda: t.tensor(several, dtype=t.int64),
        lambda: t.tensor([several, several], dtype=t.int64),
        lambda: t.tensor(flags),
        lambda: t.tensor(flags, dtype=t.uint8),
    ]
    return draw.choice(kinds)()


def _drawn(t: Any, seed: int) -> tuple[Any, Any, Callable[[Any], Any]]:
    """A tensor, a key, and what makes a value to write from what the key reads."""
    draw = random.Random(seed)
    shape = draw.choice(SHAPES)
    x = t.arange(prod(shape), dtype=draw.choice([t.float32, t.float32, t.int64])).reshape(shape)
    entries = [_entry(t, draw, shape) for _ in range(draw.choice([1, 1, 2, 2, 3]))]
    form = draw.choice(["one", "tuple", "tuple", "list"])
    key: Any = entries[0] if form == "one" else tuple(entries)
    if form == "list" and not any(isinstance(entry, np.bool_) for entry in entries):
        key = entries
    values: list[Callable[[Any], Any]] = [
        lambda read: 7,
        lambda read: -1.5,
        lambda read: True,
        lambda read: np.float64(3),
        lambda read: t.tensor(9, dtype=x.dtype),
        lambda read: t.ones(1, 1, dtype=t.int32),
        lambda read: t.ones(tuple(read.shape), dtype=x.dtype),
    ]
    return x, key, draw.choice(values)


def _read(t: Any, seed: int) -> Any:
    x, key, _ = _drawn(t, seed)
    read = x[key]
    return tuple(read.shape), str(read.dtype), read.tolist()


def _written(t: Any, seed: int) -> Any:
    x, key, value = _drawn(t, seed)
    x[key] = value(x[key])
    return x.tolist()


def _outcome(run: Callable[[Any, int], Any], t: Any, seed: int) -> Any:
    try:
        return run(t, seed)
    except Exception as error:
        return type(error).__name__


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("run", [_read, _written])
def test_drawn_keys(torch: ModuleType, run: Callable[[Any, int], Any]) -> None:
    different = {
        seed: (repr(_drawn(torch, seed)[:2]), ours, theirs)
        for seed in range(1500)
        if (ours := _outcome(run, flambeau, seed)) != (theirs := _outcome(run, torch, seed))
    }
    assert different == {}


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ((flambeau.tensor([5]), slice(0, 0)), (1, 0)),
        ((flambeau.tensor([5]), []), (0,)),
        ((..., 0, ...), (2,)),
        ((..., ..., slice(None)), (2, 3)),
    ],
)
def test_where_nothing_is_read_no_index_is_out_of_range(backend: str, key: Any, shape: tuple[int, ...]) -> None:
    x = flambeau.ones(2, 3, requires_grad=True)
    read = x[key]
    assert read.shape == shape
    read.sum().backward()
    assert x.grad is not None
    assert x.grad.sum().item() == read.numel()


@pytest.mark.parametrize("key", [(..., ..., 0), (..., ..., None), (..., ..., True), (..., ..., slice(1, 2))])
def test_nothing_may_stand_behind_a_second_ellipsis(backend: str, key: Any) -> None:
    with pytest.raises(IndexError, match="out of"):
        flambeau.ones(2, 3)[key]
