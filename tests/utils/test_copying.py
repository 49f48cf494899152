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


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy, _pickled])
@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc"])
def test_sparse_tensors_are_copied_by_their_components(backend: str, twin_of: Any, layout: str) -> None:
    blocksize = (2, 1) if layout.startswith("sparse_bs") else None
    original = flambeau.tensor([[0.0, 1.0], [2.0, 0.0]]).to_sparse(
        layout=getattr(flambeau, layout), blocksize=blocksize
    )
    original.requires_grad_()
    (original * 3).sum().backward()
    twin = twin_of(original)
    assert repr(twin) == repr(original)
    assert twin.is_leaf
    assert twin.requires_grad
    if twin_of is copy.deepcopy:
        assert repr(twin.grad) == repr(original.grad)
    with flambeau.no_grad():
        twin.mul_(2)
    assert flambeau.equal(original.detach(), twin.detach()) == (twin_of is copy.copy)


def test_what_has_a_history_is_no_leaf_to_copy_if_sparse_either() -> None:
    made = flambeau.eye(2).to_sparse().requires_grad_() * 2
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(made)
