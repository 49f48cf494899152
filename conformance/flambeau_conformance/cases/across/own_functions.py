"""Functions that PyTorch has not: what their options and errors are, and what they leave behind."""

from ...checks import expect_equal, expect_raises
from ...declare import case
from ...documented import gives
from ...subject import Subject

gives("size", "function-dim", lambda t: [t.size(t.ones(2, 3), dim=1), t.size(t.ones(2, 3), 0)], [3, 2])


@case("shuffle/documented/dim/-", dtypes=("float32", "int64"), anchors=("shuffle",))
def _shuffled(subject: Subject) -> None:
    """What is drawn is one order of the slices, and nothing more."""
    t = subject.torch
    x = t.arange(18.0).reshape(2, 9)
    t.manual_seed(5)
    found, after = t.shuffle(x, dim=1), t.rand(3)
    t.manual_seed(5)
    expected, then = x.index_select(1, t.randperm(9)), t.rand(3)
    expect_equal(found.tolist(), expected.tolist(), "the columns in another order")
    expect_equal(after.tolist(), then.tolist(), "the numbers that are drawn next")


@case("roll/inplace/own-options/-", dtypes=("float32", "int64"), anchors=("Tensor.roll_", "roll_"))
def _rolled(subject: Subject) -> None:
    t = subject.torch
    leaf = t.ones(2, 2, requires_grad=True)
    x = leaf * t.tensor([[1.0, 2.0], [3.0, 4.0]])
    before = x._version
    x.roll_(1, dims=1)
    expect_equal(x.tolist(), [[2.0, 1.0], [4.0, 3.0]], "the rows after roll_")
    expect_equal(x._version - before, 1, "the writes that are counted")
    (slope,) = t.autograd.grad((x * t.tensor([[1.0, 10.0], [100.0, 1000.0]])).sum(), leaf)
    expect_equal(slope.tolist(), [[10.0, 2.0], [3000.0, 400.0]], "the gradient")
    x = t.tensor([1.0, 2.0])
    expect_raises(lambda: x.roll_(1, dims=2), IndexError, "Dimension out of range .* but got 2")
    expect_equal(x.tolist(), [1.0, 2.0], "the tensor after a call that was refused")
