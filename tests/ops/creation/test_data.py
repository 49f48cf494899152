"""Arrays of other libraries as tensors, and capsules of DLPack's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flambeau


@pytest.mark.parametrize("version", [{}, {"max_version": (1, 0)}])
def test_capsules_of_either_form_share_memory_that_can_be_written_to(version: dict[str, Any]) -> None:
    array = np.arange(4.0)
    tensor = flambeau.utils.dlpack.from_dlpack(array.__dlpack__(**version))
    tensor[0] = 9
    assert array[0] == 9
    del array
    assert tensor.sum() == 15
    capsule = flambeau.utils.dlpack.to_dlpack(tensor)
    flambeau.from_dlpack(capsule)[1] = 7
    assert tensor[1] == 7
    with pytest.raises(RuntimeError, match="consumed only once"):
        flambeau.from_dlpack(capsule)


def test_of_a_capsule_no_device_and_no_copy_can_be_asked() -> None:
    for option in ({"device": "cpu"}, {"copy": False}):
        with pytest.raises(AssertionError, match="device and copy kwargs not supported"):
            flambeau.from_dlpack(flambeau.to_dlpack(flambeau.ones(2)), **option)
    for wrong in (5, "capsule", None):
        with pytest.raises(RuntimeError, match="from_dlpack received an invalid capsule"):
            flambeau.from_dlpack(wrong)


class _OfAnotherLibrary:
    """An array that speaks DLPack's protocol, and can be read as a sequence, whose elements tell nothing of their dtype."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, index: int) -> float:
        return float(self._array[index])

    def __dlpack__(self, **options: Any) -> Any:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array.__dlpack_device__()


class _Described(_OfAnotherLibrary):
    """One that describes itself as NumPy's arrays do, without being a buffer."""

    @property
    def __array_interface__(self) -> Any:
        return self._array.__array_interface__


@pytest.mark.parametrize("kind", [_OfAnotherLibrary, _Described])
def test_arrays_of_other_libraries_keep_their_dtype_and_as_tensor_shares_them(kind: type[_OfAnotherLibrary]) -> None:
    array = np.arange(3, dtype="int16")
    tensors = [make(kind(array)) for make in (flambeau.tensor, flambeau.as_tensor, flambeau.asarray)]
    array[0] = 7
    assert [each.dtype for each in tensors] == [flambeau.int16] * 3
    assert [each.tolist() for each in tensors] == [[0, 1, 2], [7, 1, 2], [7, 1, 2]]
    assert flambeau.as_tensor(kind(array), dtype=flambeau.float64).tolist() == [7.0, 1.0, 2.0]


def test_arrays_of_classes_that_derive_from_numpys_are_shared(tmp_path: Path) -> None:
    array = np.memmap(tmp_path / "elements", dtype="float32", mode="w+", shape=(3,))
    tensors = [make(array) for make in (flambeau.tensor, flambeau.as_tensor, flambeau.asarray)]
    array[0] = 7
    assert [each[0].item() for each in tensors] == [0, 7, 7]


def test_of_a_picture_no_tensor_is_made() -> None:
    image = pytest.importorskip("PIL.Image").new("L", (2, 2))
    for make in (flambeau.tensor, flambeau.as_tensor, flambeau.asarray):
        with pytest.raises(RuntimeError, match="Could not infer dtype of Image"):
            make(image)
