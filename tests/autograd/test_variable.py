"""The old name of tensors."""

from __future__ import annotations

import pytest

import flambeau
from flambeau.autograd import Variable


def test_it_makes_a_leaf_on_the_same_memory() -> None:
    source = flambeau.ones(2, requires_grad=True) * 2
    made = Variable(source, requires_grad=True)
    assert made.is_leaf
    assert made.data_ptr() == source.data_ptr()
    assert not Variable(source).requires_grad
    assert Variable().shape == (0,)


def test_every_tensor_is_one() -> None:
    assert isinstance(flambeau.ones(1), Variable)
    assert not isinstance(3.0, Variable)


def test_what_is_no_tensor_is_refused_and_volatile_warned_of() -> None:
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got list"):
        Variable([1.0])
    with pytest.warns(UserWarning, match="volatile was removed"):
        Variable(flambeau.ones(1), volatile=True)
