"""Copies and pickles of tensors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import flambeau


def _pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("twin_of", [copy.deepcopy, _pickled])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "bool"])
def test_a_copy_is_equal_and_has_its_own_memory(backend: str, twin_of: Any, dtype: str) -> None:
    original = flambeau.tensor([[0, 1], [2, 3]]).to(getattr(flambeau, dtype)).t()
    twin = twin_of(original)
    assert twin.tolist() == original.tolist()
    assert (twin.dtype, twin.device) == (original.dtype, original.device)
    twin.fill_(1)
    assert original.tolist() != twin.tolist()


@pytest.mark.parametrize("twin_of", [copy.deepcopy, _pickled])
def test_a_copy_has_the_class_and_the_attributes_of_the_original(twin_of: Any) -> None:
    buffer = flambeau.nn.Buffer(flambeau.ones(2), persistent=False)
    assert isinstance(twin_of(buffer), flambeau.nn.Buffer)
    assert twin_of(buffer).persistent is False
    tensor = flambeau.ones(2, requires_grad=True)
    tensor.note = {"key": [1]}  # type: ignore[attr-defined]
    twin = twin_of(tensor)
    assert twin.requires_grad
    assert twin.note == {"key": [1]}
    assert twin.note is not tensor.note  # type: ignore[attr-defined]


def test_only_a_deep_copy_of_a_plain_tensor_has_the_gradient() -> None:
    tensor, parameter = flambeau.ones(2, requires_grad=True), flambeau.nn.Parameter(flambeau.ones(2))
    (tensor * parameter).sum().backward()
    twin = copy.deepcopy(tensor)
    assert twin.grad is not None
    assert twin.grad.tolist() == [1.0, 1.0]
    assert twin.grad is not tensor.grad
    assert copy.deepcopy(parameter).grad is None
    assert _pickled(tensor).grad is None


def test_what_is_shared_stays_shared() -> None:
    tensor = flambeau.ones(1)
    for twin_of in (copy.deepcopy, _pickled):
        one, other = twin_of([tensor, tensor])
        assert one is other
    parameter = flambeau.nn.Parameter(tensor)
    one, other = copy.deepcopy([parameter, parameter])
    assert one is other


def test_a_result_is_pickled_as_a_leaf_and_not_copied() -> None:
    result = flambeau.ones(2, requires_grad=True) * 3
    twin = _pickled(result)
    assert twin.tolist() == [3.0, 3.0]
    assert twin.is_leaf
    assert twin.requires_grad
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(result)
