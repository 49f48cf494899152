"""Resizing of dimensions that take several bands, with and without the kernels for products, and beside PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

SIZES = [
    ((5, 200), (4, 70)),
    ((130, 3), (300, 3)),
    ((90, 75), (75, 90)),
    ((600, 20), (33, 20)),
    ((70, 70), (1, 7)),
    ((66, 8), (1106, 9)),
    ((4, 90), (2, 90)),
]
MODES = ["bilinear", "bicubic", "lanczos"]


def _image(t: Any, shape: tuple[int, int], dtype: str) -> Any:
    count = 6 * shape[0] * shape[1]
    numbers = (t.arange(count, dtype=t.int64) * 7919 % 1009 % 256).reshape(2, 3, *shape)
    return numbers.to(getattr(t, dtype))


def _resized(t: Any, image: Any, size: tuple[int, int], mode: str, antialias: bool) -> Any:
    return t.nn.functional.interpolate(image, size, mode=mode, antialias=antialias)


FORMS = [(mode, smooth) for mode in MODES for smooth in (True, False) if smooth or mode != "lanczos"]


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize(("mode", "antialias"), FORMS)
@pytest.mark.parametrize(("shape", "size"), SIZES)
def test_products_of_bands(
    shape: Any, size: Any, mode: str, antialias: bool, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = _image(flambeau, shape, dtype)
    for order in (flambeau.contiguous_format, flambeau.channels_last):
        given = image.contiguous(memory_format=order)
        found = _resized(flambeau, given, size, mode, antialias)
        with monkeypatch.context() as patch:
            for each in (flambeau.float32, flambeau.float64):
                patch.setattr(flambeau.ones(1, dtype=each)._type.kernels, "sparse_along", None)
            dense = _resized(flambeau, given, size, mode, antialias)
            for each in (flambeau.float32, flambeau.float64):
                patch.setattr(flambeau.ones(1, dtype=each)._type.kernels, "banded_matmul", None)
            composed = _resized(flambeau, given, size, mode, antialias)
        for other in (dense, composed):
            assert found.stride() == other.stride()
            assert (found.double() - other.double()).abs().max().item() <= (0 if dtype == "uint8" else 1e-3)


def test_what_is_not_finite_stays_where_it_is() -> None:
    image = _image(flambeau, (200, 5), "float32")
    image[0, 0, 100, 2] = float("inf")
    found = _resized(flambeau, image, (150, 5), "bilinear", True)
    rows = found[0, 0, :, 2].isinf().nonzero().flatten().tolist()
    assert 0 < len(rows) <= 3
    assert found.isinf().sum().item() == len(rows)


@pytest.mark.oracle
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("shape", "size"), SIZES)
def test_bytes_are_those_of_pytorch(shape: Any, size: Any, mode: str) -> None:
    torch = pytest.importorskip("torch")
    for antialias in (True, False):
        found, expected = (_resized(t, _image(t, shape, "uint8"), size, mode, antialias) for t in (flambeau, torch))
        assert found.tolist() == expected.tolist()


@pytest.mark.oracle
def test_the_largest_weight_is_looked_for_before_those_of_the_border_are_added() -> None:
    torch = pytest.importorskip("torch")
    found, expected = (_resized(t, _image(t, (4, 208), "uint8"), (4, 207), "bicubic", False) for t in (flambeau, torch))
    assert found.tolist() == expected.tolist()
