"""Programs of views and writes give the same on backends whose views are copies as on NumPy, whose views alias."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

import flambeau
from copying_backends import CopyingBackend, FrozenBackend, registered
from memory_programs import differences


@pytest.fixture(scope="module", autouse=True)
def _backends() -> Iterator[None]:
    with registered(CopyingBackend, FrozenBackend):
        yield


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_values_strides_versions_and_gradients_are_those_of_views_that_alias(first: int) -> None:
    for seed in range(first, first + 50):
        assert not differences(seed, ["numpy", "copying", "frozen"]), seed


@pytest.mark.parametrize("name", ["copying", "frozen"])
def test_strides_offsets_and_layouts_are_those_of_one_memory(name: str) -> None:
    with flambeau.use_backend(name):
        base = flambeau.arange(12).reshape(3, 4)
        part = base[1:, 1:].t()
        assert (part.stride(), part.storage_offset(), part.is_contiguous()) == ((1, 4), 5, False)
        assert part.contiguous().is_contiguous()
        assert base.flatten().untyped_storage() == base.untyped_storage()
        assert part.as_strided((2,), (2,), 0).tolist() == [0, 2]
        base.data[1, 1] = 50
        for _ in range(40):
            base.detach()
        base[2, 3] = 60
        assert part.tolist() == [[50, 9], [6, 10], [7, 60]]
        assert base.expand(2, 3, 4).stride() == (0, 4, 1)


_RESULTS: dict[str, tuple[Callable[[], flambeau.Tensor], tuple[int, ...]]] = {
    "where of a condition that broadcasts": (
        lambda: flambeau.where(flambeau.ones(2, 4, 1).transpose(0, 1) > 0, 0.0, flambeau.ones(2, 4, 2).transpose(0, 1)),
        (2, 8, 1),
    ),
    "sum of a row and a turned matrix": (lambda: flambeau.ones(3) + flambeau.ones(3, 2).t(), (1, 2)),
    "sum of turned and straight": (lambda: flambeau.ones(3, 2).t() + flambeau.ones(2, 3), (1, 2)),
    "addmm": (
        lambda: flambeau.addmm(flambeau.ones(3, 2).t(), flambeau.ones(2, 2), flambeau.ones(2, 3), beta=2),
        (3, 1),
    ),
    "baddbmm": (
        lambda: flambeau.baddbmm(
            flambeau.ones(3, 2, 2).transpose(0, 2), flambeau.ones(2, 2, 2), flambeau.ones(2, 2, 3)
        ),
        (6, 3, 1),
    ),
    "transform along the first dim": (lambda: flambeau.fft.fft(flambeau.ones(2, 3, 4), dim=0), (1, 8, 2)),
    "transform of two": (lambda: flambeau.fft.rfft2(flambeau.ones(4, 3, 2).transpose(0, 2), dim=(0, 1)), (2, 1, 4)),
    "msort": (lambda: flambeau.msort(flambeau.ones(3, 2).t()), (1, 2)),
    "sign of turned complex numbers": (lambda: flambeau.sgn(flambeau.ones(3, 2, dtype=flambeau.complex64).t()), (1, 2)),
}
"""Results, and the strides that PyTorch's have."""


@pytest.mark.parametrize("name", ["copying", "frozen"])
@pytest.mark.parametrize("result", _RESULTS)
def test_results_lie_in_memory_as_pytorchs_do(name: str, result: str) -> None:
    compute, strides = _RESULTS[result]
    values = compute().tolist()
    with flambeau.use_backend(name):
        found = compute()
        assert (found.stride(), found.tolist()) == (strides, values)


@pytest.mark.parametrize("name", ["copying", "frozen"])
def test_bytes_of_a_view_are_written_through(name: str) -> None:
    with flambeau.use_backend(name):
        z = flambeau.zeros(3, dtype=flambeau.complex64)
        flambeau.view_as_real(z)[1:, 1] = 2.0
        assert z.tolist() == [0, 2j, 2j]
        x = flambeau.zeros(3)
        x.view(flambeau.int32)[1] = 0x3F800000
        assert x.tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("name", ["copying", "frozen"])
def test_arrays_come_from_other_libraries_and_go_to_them(name: str) -> None:
    with flambeau.use_backend(name):
        part = flambeau.arange(6).reshape(2, 3).t()[1:]
        assert np.from_dlpack(part).tolist() == [[1, 4], [2, 5]]
        assert flambeau.from_dlpack(part).tolist() == [[1, 4], [2, 5]]
        assert flambeau.from_numpy(np.arange(3.0)).mul_(2).tolist() == [0.0, 2.0, 4.0]
        assert flambeau.asarray(part.numpy()).tolist() == [[1, 4], [2, 5]]
