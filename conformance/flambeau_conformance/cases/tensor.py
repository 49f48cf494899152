"""Tensors: views, versions, operators with strangers, text."""

from ..declare import case
from ..subject import Subject


@case("view/alias/both-ways/float32", dtypes=("float32",))
def _both_ways(subject: Subject) -> None:
    x = subject.torch.zeros(2, 3)
    y = x.t()[1:]
    y[0, 0] = 5.0
    assert x.tolist() == [[0.0, 5.0, 0.0], [0.0, 0.0, 0.0]]
    x.fill_(2.0)
    assert y.tolist() == [[2.0, 2.0], [2.0, 2.0]]


@case("version/value/shared/float32", dtypes=("float32",))
def _versions(subject: Subject) -> None:
    x = subject.torch.zeros(4)
    y = x[1:]
    before = x._version
    y.add_(1)
    x.mul_(2)
    assert x._version == y._version == before + 2


@case("repr/value/matrix/float32", dtypes=("float32",))
def _text(subject: Subject) -> None:
    text = repr(subject.torch.tensor([[1.0, 2.5], [-3.0, 4.0]]))
    assert text.startswith("tensor([[ 1.0000,  2.5000],\n        [-3.0000,  4.0000]]"), text


@case("expand/error/write/float32", dtypes=("float32",))
def _overlapping(subject: Subject) -> None:
    x = subject.torch.zeros(1).expand(3)
    try:
        x.add_(1)
    except RuntimeError as error:
        assert "more than one element of the written-to tensor refers to a single memory location" in str(error)
    else:
        raise AssertionError("a tensor whose elements overlap was written to")


@case("bool/error/several/-")
def _truth(subject: Subject) -> None:
    try:
        bool(subject.torch.zeros(2))
    except RuntimeError as error:
        assert "Boolean value of Tensor with more than one value is ambiguous" in str(error)
    else:
        raise AssertionError("a tensor of two elements had a truth value")


@case("iter/value/rows/int64", dtypes=("int64",))
def _iteration(subject: Subject) -> None:
    rows = [row.tolist() for row in subject.torch.arange(4).reshape(2, 2)]
    assert rows == [[0, 1], [2, 3]] and len(subject.torch.zeros(3, 1)) == 3


@case("size/value/members/float32", dtypes=("float32",))
def _members(subject: Subject) -> None:
    x = subject.torch.zeros(2, 3)
    assert repr(x.shape) == "torch.Size([2, 3])" and x.size(-1) == 3 and x.dim() == 2 and x.numel() == 6
    assert x.stride() == (3, 1) and x.t().stride() == (1, 3) and not x.t().is_contiguous() and x.element_size() == 4
