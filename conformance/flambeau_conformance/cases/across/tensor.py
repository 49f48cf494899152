"""Tensors: views, versions, operators with strangers, text."""

from ...checks import expect_equal, expect_raises
from ...declare import case
from ...subject import Subject

_FLOAT = ("float32",)


@case("view/alias/both-ways/float32", dtypes=_FLOAT)
def _both_ways(subject: Subject) -> None:
    x = subject.torch.zeros(2, 3)
    y = x.t()[1:]
    y[0, 0] = 5.0
    expect_equal(x.tolist(), [[0.0, 5.0, 0.0], [0.0, 0.0, 0.0]], "the base")
    x.fill_(2.0)
    expect_equal(y.tolist(), [[2.0, 2.0], [2.0, 2.0]], "the view")


@case("size/value/axis/float32", dtypes=_FLOAT)
def _along_an_axis(subject: Subject) -> None:
    x = subject.torch.zeros(2, 3, 4)
    expect_equal([x.size(axis=each) for each in (0, 1, -1)], [2, 3, 4], "the sizes")
    expect_equal([x.stride(axis=each) for each in (0, 1, -1)], [12, 4, 1], "the strides")


@case("version/value/shared/float32", dtypes=_FLOAT)
def _versions(subject: Subject) -> None:
    x = subject.torch.zeros(4)
    y = x[1:]
    before = x._version
    y.add_(1)
    x.mul_(2)
    expect_equal((x._version, y._version), (before + 2, before + 2), "the pair of versions")


@case("expand/error/write/float32", dtypes=_FLOAT)
def _overlapping(subject: Subject) -> None:
    x = subject.torch.zeros(1).expand(3)
    pattern = "more than one element of the written-to tensor refers to a single memory location"
    expect_raises(lambda: x.add_(1), RuntimeError, pattern)


@case("bool/error/several/-")
def _truth(subject: Subject) -> None:
    pattern = "Boolean value of Tensor with more than one value is ambiguous"
    expect_raises(lambda: bool(subject.torch.zeros(2)), RuntimeError, pattern)


@case("iter/value/rows/int64", dtypes=("int64",), anchors=("Tensor.__len__",))
def _iteration(subject: Subject) -> None:
    x = subject.torch.arange(4).reshape(2, 2)
    expect_equal([row.tolist() for row in x], [[0, 1], [2, 3]])
    expect_equal(len(x), 2, "the length")


@case("size/value/members/float32", dtypes=_FLOAT, anchors=("Tensor.size", "Tensor.stride", "Tensor.dim", "Size#print"))
def _members(subject: Subject) -> None:
    x = subject.torch.zeros(2, 3)
    expect_equal(repr(x.shape), "torch.Size([2, 3])", "the shape")
    expect_equal((x.size(-1), x.dim(), x.numel(), x.element_size()), (3, 2, 6, 4), "the list of sizes")
    expect_equal((x.stride(), x.t().stride()), ((3, 1), (1, 3)), "the pair of strides")
    expect_equal((x.is_contiguous(), x.t().is_contiguous()), (True, False), "whether they are contiguous")
