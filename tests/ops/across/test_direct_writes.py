"""Writes to parts of tensors of which nothing is recorded, which take a shorter way: what they refuse, count and convert."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import flambeau as torch


@pytest.mark.parametrize(
    ("key", "value", "error", "message"),
    [
        (4, 1.0, IndexError, "index 4 is out of bounds for dimension 0 with size 4"),
        (-5, 1.0, IndexError, "index -5 is out of bounds for dimension 0 with size 4"),
        ((0, 0, 0), 1.0, IndexError, "too many indices for tensor of dimension 2"),
        (0, 1e39, RuntimeError, "value cannot be converted to type float without overflow"),
        (0, 1j, RuntimeError, "value cannot be converted to type float without overflow"),
        (0, torch.ones(5), RuntimeError, "size of the tensor"),
        (0, "one", TypeError, "can't assign a str"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is(
    key: Any, value: Any, error: type[Exception], message: str
) -> None:
    x = torch.zeros(4, 4)
    with pytest.raises(error, match=message):
        x[key] = value
    assert x.tolist() == [[0.0] * 4] * 4
    assert x._version == 0


@pytest.mark.parametrize("key", [1, -1, (2, 3), slice(1, 3), slice(None, None, 2), (slice(1, 9), 0), (0, slice(2, 1))])
@pytest.mark.parametrize("value", [7, 2.5, True])
def test_numbers_arrive_where_numpy_writes_them(key: Any, value: Any) -> None:
    x, array = torch.zeros(4, 4), numpy.zeros((4, 4), "float32")
    view = x[2:]
    x[key] = value
    array[key] = value
    assert x.tolist() == array.tolist()
    assert x._version == view._version == 1
    assert view.tolist() == array[2:].tolist()


def test_tensors_of_the_type_and_shape_of_the_part_arrive() -> None:
    x = torch.zeros(3, 2)
    x[1] = torch.tensor([1.0, 2.0])
    x[:, 1] = x[:, 0]  # of the same memory
    x[2] = torch.tensor([3, 4])  # converted
    assert x.tolist() == [[0.0, 0.0], [1.0, 1.0], [3.0, 4.0]]


def test_leaves_views_of_leaves_and_recorded_values_take_the_usual_way() -> None:
    leaf = torch.zeros(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        leaf[0] = 1.0
    x, value = torch.zeros(2), torch.ones((), requires_grad=True)
    x[0] = value
    x.sum().backward()
    assert value.grad is not None
    assert value.grad.item() == 1.0
    with torch.inference_mode():
        inferred = torch.zeros(2)
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
        inferred[0] = 1.0


def test_memory_in_which_elements_share_a_place_is_not_written() -> None:
    repeated = numpy.lib.stride_tricks.as_strided(numpy.zeros(1, "float32"), (3, 2), (0, 0))
    x = torch.from_numpy(repeated)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        x[0] = 1.0
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        torch.zeros(1).expand(3).zero_().copy_(torch.ones(3))


@pytest.mark.parametrize("index", [[3], [-4], [0, -4, 1]])
def test_indices_out_of_range_are_found_at_both_ends(index: list[int]) -> None:
    x = torch.arange(3)
    with pytest.raises(IndexError, match="is out of bounds for dimension 0 with size 3"):
        x[torch.tensor(index)]
    with pytest.raises(IndexError, match="is out of bounds for dimension 0 with size 3"):
        x[torch.tensor(index * 40)]  # more than are looked at one by one


def test_masks_give_the_same_with_and_without_a_graph() -> None:
    x = torch.arange(24.0).reshape(2, 3, 4)
    for mask in (x > 10, x[:, :, 0] > 5, x[:, 0, 0] > 5, (x > 10).transpose(0, 1).contiguous().transpose(0, 1)):
        recorded = x.clone().requires_grad_()[mask]
        assert x[mask].tolist() == recorded.tolist()
        assert x[mask].stride() == recorded.stride()
    assert (
        x.transpose(0, 2)[x.transpose(0, 2) > 10].tolist()
        == x.transpose(0, 2).numpy()[x.transpose(0, 2).numpy() > 10].tolist()
    )
    with pytest.raises(IndexError, match=r"shape of the mask \[3\] at index 0 does not match"):
        x[torch.ones(3, dtype=torch.bool)]
