"""The classes of results of several tensors: tuples with names."""

from __future__ import annotations

import copy
import pickle

import pytest

import flambeau as torch


def test_entries_have_names_and_places() -> None:
    result = torch.tensor([3.0, 1.0]).sort()
    assert result.values is result[0]
    assert result.indices is result[1]
    values, indices = result
    assert values is result.values
    assert indices is result.indices
    assert len(result) == 2
    assert isinstance(result, tuple)


def test_a_match_reads_them_by_place() -> None:
    match torch.linalg.qr(torch.eye(2)):
        case torch.return_types.linalg_qr(q, r):
            assert q.shape == r.shape == (2, 2)
        case other:
            pytest.fail(f"{other} is no result of qr")


def test_one_is_made_of_a_sequence_or_of_the_entries() -> None:
    kind = torch.return_types.max
    assert kind((1, 2)) == kind([1, 2]) == kind(1, 2) == (1, 2)


@pytest.mark.parametrize("entries", [((1,),), (), (1, 2, 3), ((1, 2, 3),)])
def test_another_number_of_entries_is_refused(entries: tuple[object, ...]) -> None:
    with pytest.raises(TypeError, match=r"torch.return_types.max\(\) takes a 2-sequence \([013]-sequence given\)"):
        torch.return_types.max(*entries)


def test_a_subclass_keeps_the_names_of_its_base() -> None:
    assert torch.return_types.topk._fields == torch.return_types.sort._fields == ("values", "indices")
    assert torch.return_types.topk is not torch.return_types.sort


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda result: pickle.loads(pickle.dumps(result))])
def test_copies_are_of_the_same_class(again: object) -> None:
    result = torch.tensor([3.0, 1.0]).min(0)
    found = again(result)  # type: ignore[operator]
    assert type(found) is torch.return_types.min
    assert found.values.item() == 1.0
    assert found.indices.item() == 1


def test_they_print_one_entry_a_line() -> None:
    assert repr(torch.tensor([2.0]).max(0)) == "torch.return_types.max(\nvalues=tensor(2.),\nindices=tensor(0))"
