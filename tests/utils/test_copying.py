"""Copies and pickles of tensors."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau
from copying_backends import CopyingBackend, FrozenBackend, registered


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


# -- what tensors share ---------------------------------------------------------------

TWINS = [pytest.param(copy.deepcopy, id="deepcopy"), pytest.param(_pickled, id="pickle")]


@pytest.fixture(params=["numpy", "minimal", "copying", "frozen"])
def memory(request: pytest.FixtureRequest) -> Iterator[str]:
    """Backends whose views alias, and backends whose views are copies."""
    with registered(CopyingBackend, FrozenBackend), flambeau.use_backend(request.param):
        yield request.param


def _place(tensor: Any) -> tuple[Any, ...]:
    return tuple(tensor.shape), tensor.stride(), tensor.storage_offset(), tensor.untyped_storage().nbytes()


VIEWS: dict[str, Callable[[Any], Any]] = {
    "all": lambda x: x,
    "rows": lambda x: x[1:],
    "a row": lambda x: x[1],
    "transposed": lambda x: x.t(),
    "steps": lambda x: x[:, ::2],
    "an element": lambda x: x[1, 2],
    "nothing": lambda x: x[2:],
    "nothing of three": lambda x: x[2:].reshape(0, 1, 3),
    "expanded": lambda x: x[:1].expand(4, 3),
    "detached": lambda x: x.detach(),
    "data": lambda x: x.data[0],
    "strided": lambda x: x.as_strided((2, 2), (1, 1), 1),
    "a view of a view": lambda x: x.t()[1:].t()[1],
}


@pytest.mark.parametrize("twin_of", TWINS)
@pytest.mark.parametrize("view", VIEWS)
def test_views_stay_views(memory: str, twin_of: Any, view: str) -> None:
    base = flambeau.arange(6.0).reshape(2, 3)
    part = VIEWS[view](base)
    for one, other in (twin_of([base, part]), reversed(twin_of((part, base)))):
        assert _place(other) == _place(part)
        assert other.tolist() == part.tolist()
        one.copy_(base * 10)
        assert other.tolist() == VIEWS[view](one).tolist()
        if view != "expanded":
            other.fill_(-1.0)
        expected = one.detach().clone()
        VIEWS[view](expected).fill_(-1.0) if view != "expanded" else None
        assert one.tolist() == expected.tolist()
    assert base.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


@pytest.mark.parametrize("twin_of", TWINS)
def test_the_order_of_memory_stays(memory: str, twin_of: Any) -> None:
    image = flambeau.arange(24.0).reshape(1, 2, 3, 4).contiguous(memory_format=flambeau.channels_last)
    twin = twin_of(image)
    assert twin.is_contiguous(memory_format=flambeau.channels_last)
    assert twin.stride() == image.stride()
    assert twin.tolist() == image.tolist()
    wide = flambeau.ones(3, 1).expand(3, 5)
    assert twin_of(wide).stride() == (1, 0)


@pytest.mark.parametrize("twin_of", TWINS)
@pytest.mark.parametrize(
    ("dtype", "view"),
    [
        ("float32", lambda x: x.view(flambeau.int32)),
        ("float32", lambda x: x.view(flambeau.uint8)[:, 5:9]),
        ("complex64", lambda x: x.real),
        ("complex64", lambda x: flambeau.view_as_real(x)[..., 1]),
        ("float16", lambda x: x[0]),
        ("bfloat16", lambda x: x[0]),
        ("bool", lambda x: x[0]),
    ],
)
def test_views_of_another_dtype_stay_views(twin_of: Any, dtype: str, view: Any) -> None:
    base = flambeau.arange(6).reshape(2, 3).to(getattr(flambeau, dtype))
    for order in (1, -1):
        one, other = twin_of([base, view(base)][::order])[::order]
        one.fill_(1)
        assert other.dtype is view(base).dtype
        assert other.tolist() == view(flambeau.ones_like(base)).tolist()


@pytest.mark.parametrize("twin_of", TWINS)
def test_bytes_at_the_end_that_make_no_element_stay(twin_of: Any) -> None:
    base = flambeau.arange(7, dtype=flambeau.uint8)
    numbers, rest = twin_of([base[:4].view(flambeau.int32), base[4:]])
    assert (numbers.tolist(), rest.tolist()) == ([0x03020100], [4, 5, 6])
    assert rest.untyped_storage().data_ptr() == numbers.untyped_storage().data_ptr()


def test_a_module_keeps_what_is_tied_and_what_are_views() -> None:
    module = flambeau.nn.Module()
    module.weight = flambeau.nn.Parameter(flambeau.arange(4.0).reshape(2, 2).t())
    module.tied = module.weight
    module.register_buffer("rows", flambeau.arange(6.0).reshape(2, 3))
    module.register_buffer("row", module.rows[1])  # type: ignore[index]
    module.same = module.row
    for twin_of in (copy.deepcopy, _pickled):
        twin: Any = twin_of(module)
        assert twin.weight is twin.tied
        assert twin.weight.stride() == (1, 2)
        assert isinstance(twin.weight, flambeau.nn.Parameter)
        assert twin.same is twin.row
        twin.rows.zero_()
        assert twin.row.tolist() == [0.0, 0.0, 0.0]
    assert module.row.tolist() == [3.0, 4.0, 5.0]


def test_a_deep_copy_of_a_parameter_has_memory_of_its_own() -> None:
    parameter = flambeau.nn.Parameter(flambeau.ones(2, 3).t())
    twin, data = copy.deepcopy([parameter, parameter.data])
    data.zero_()
    assert twin.tolist() == [[1.0, 1.0]] * 3  # as PyTorch's
    assert twin.stride() == (1, 3)


@pytest.mark.parametrize("twin_of", TWINS)
def test_leaves_and_their_detached_tensors_stay_together(memory: str, twin_of: Any) -> None:
    leaf = flambeau.ones(3, requires_grad=True)
    one, other = twin_of([leaf, leaf.detach()])
    assert one.requires_grad
    assert not other.requires_grad
    other.fill_(5.0)
    assert one.tolist() == [5.0, 5.0, 5.0]
    (one * 2).sum().backward()
    assert one.grad.tolist() == [2.0, 2.0, 2.0]
    assert leaf.grad is None


def test_gradients_are_copied_once() -> None:
    leaf = flambeau.ones(3, requires_grad=True)
    (leaf * 2).sum().backward()
    one, grad = copy.deepcopy([leaf, leaf.grad])
    assert one.grad is grad
    grad_first, other = copy.deepcopy([leaf.grad, leaf])
    assert other.grad is grad_first
    leaf.grad = leaf.detach()
    twin = copy.deepcopy(leaf)
    twin.grad.fill_(4.0)
    assert twin.tolist() == [4.0, 4.0, 4.0]
    many = copy.deepcopy([_with_gradient(float(number)) for number in range(50)])
    assert [each.grad.item() for each in many] == [float(number) for number in range(50)]


def _with_gradient(number: float) -> Any:
    leaf = flambeau.tensor(number, requires_grad=True)
    (leaf * leaf / 2).backward(create_graph=True)
    return leaf


@pytest.mark.parametrize("twin_of", TWINS)
def test_tensors_among_the_attributes_stay_views(twin_of: Any) -> None:
    tensor: Any = flambeau.zeros(2, 2)
    tensor.parts = [tensor[0], tensor]
    twin = twin_of(tensor)
    twin[0, 1] = 7.0
    assert twin.parts[0].tolist() == [0.0, 7.0]
    assert twin.parts[1] is twin


@pytest.mark.parametrize("twin_of", TWINS)
def test_storages_are_copied_with_their_tensors(twin_of: Any) -> None:
    tensor = flambeau.zeros(4, dtype=flambeau.uint8)
    twin, storage = twin_of([tensor[1:], tensor.untyped_storage()])
    twin.fill_(3)
    assert storage.tolist() == [0, 3, 3, 3]
    assert storage == twin.untyped_storage()
    assert storage != tensor.untyped_storage()


def test_two_pickles_share_nothing() -> None:
    tensor = flambeau.zeros(3)
    first, second = _pickled(tensor), _pickled(tensor)
    first.fill_(1.0)
    assert second.tolist() == tensor.tolist() == [0.0, 0.0, 0.0]
    tensor.fill_(2.0)
    assert _pickled(tensor).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("view", [view for view in VIEWS if not view.startswith("nothing")])
def test_deep_copies_lie_in_memory_as_pytorchs(torch: Any, view: str) -> None:
    places = []
    for library in (flambeau, torch):
        tensor = VIEWS[view](library.arange(6.0).reshape(2, 3))
        places.append([_place(copy.deepcopy(tensor)), _place(_pickled(tensor)), _place(copy.copy(tensor))])
    assert places[0] == places[1]


def test_the_memory_of_an_array_is_what_the_tensor_was_made_of(torch: Any) -> None:
    import numpy as np

    def seen(library: Any, part: Any) -> list[Any]:
        tensor = library.from_numpy(part)
        made = [_place(tensor), _place(copy.deepcopy(tensor)), len(pickle.dumps(tensor)) < 2000]
        tensor.fill_(1)
        return [*made, part.tolist()]

    for cut in (
        lambda a: a[10:20],
        lambda a: a[10:20:3],
        lambda a: a.reshape(100, 100)[2:4, 3:5].T,
        lambda a: a[5:6][0:0],
    ):
        for dtype in ("float32", "int64", "bool", "complex64", "float16"):
            assert seen(flambeau, cut(np.zeros(10_000, dtype))) == seen(torch, cut(np.zeros(10_000, dtype)))
