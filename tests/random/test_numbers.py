"""Single random numbers, beside tensors of one element."""

from __future__ import annotations

import pytest

import flambeau as torch
from flambeau.random._host import draw_integer, draw_number


@pytest.mark.parametrize("bounds", [(0, 7), (-3, 2), (5, 6), (0, 1 << 40), (-(1 << 63), (1 << 63) - 1)])
def test_integers(bounds: tuple[int, int]) -> None:
    for generator in (torch.Generator().manual_seed(5), None):
        torch.manual_seed(5)
        found = [draw_integer(*bounds, generator) for _ in range(4)]
        own = None if generator is None else torch.Generator().manual_seed(5)
        torch.manual_seed(5)
        assert found == [torch.randint(*bounds, (1,), generator=own).item() for _ in range(4)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
def test_numbers(dtype: torch.dtype) -> None:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        torch.manual_seed(3)
        found = [draw_number(), draw_number(-2.0, 0.7), draw_number(1.0, 1.0)]
        torch.manual_seed(3)
        assert found == [torch.empty(1).uniform_(*bounds).item() for bounds in ((0, 1), (-2.0, 0.7), (1.0, 1.0))]
    finally:
        torch.set_default_dtype(before)


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(RuntimeError, match="from"):
        draw_integer(3, 3)
    with pytest.raises(RuntimeError, match="from"):
        draw_number(2.0, 1.0)
