"""Other libraries' memory, storages, and what changes a tensor itself."""

from ...checks import expect, expect_equal
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

op("resize_", dtypes=("float32", "int64"), tolerance="exact", method=False, differentiable=False, turned=False, samples=[
    Sample("smaller", lambda t, x: x.detach().clone().resize_(2, 2), (In((2, 3)),)),
    Sample("same-number", lambda t, x: x.detach().clone().resize_(3, 2), (In((2, 3)),)),
    Sample("as", lambda t, x, y: x.detach().clone().resize_as_(y), (In((2, 3)), In((2,)))),
], errors=[
    Error("gradient", lambda t: t.zeros(2, requires_grad=True).resize_(3), (RuntimeError,), "cannot resize variables"),
])  # fmt: skip
op("set_", dtypes=("float32",), tolerance="exact", method=False, differentiable=False, samples=[
    Sample("source", lambda t, x, y: x.detach().clone().set_(y.detach()), (In((2, 3)), In((2,)))),
    Sample("nothing", lambda t, x: x.detach().clone().set_(), (In((2, 3)),)),
], errors=[
    Error("dtype", lambda t: t.zeros(2).set_(t.zeros(2, dtype=t.int32)), (RuntimeError,), "Could not set tensor", also=("int32",)),
])  # fmt: skip


@case("is_tensor/value/kinds/-")
def _is_tensor(subject: Subject) -> None:
    t = subject.torch
    x = t.zeros(2, 3)
    expect_equal((t.is_tensor(x), t.is_tensor([0.0])), (True, False))
    expect_equal((t.is_floating_point(x), t.is_complex(x), t.is_signed(x), t.numel(x)), (True, False, True, 6))
    expect_equal((t.is_nonzero(t.zeros(1)), t.is_nonzero(t.ones(1))), (False, True))


@case("finfo/value/formats/-")
def _finfo(subject: Subject) -> None:
    t = subject.torch
    expect_equal((t.finfo(t.float32).eps, t.finfo(t.float64).bits, t.finfo(t.float16).max), (2.0**-23, 64, 65504.0))
    expect_equal((t.iinfo(t.int8).min, t.iinfo(t.uint8).max, t.iinfo(t.int64).bits), (-128, 255, 64))


@case("clone/alias/copied/float32", dtypes=("float32",))
def _copied(subject: Subject) -> None:
    import copy

    x = subject.torch.zeros(2)
    shallow, deep = copy.copy(x), copy.deepcopy(x)
    x.fill_(3.0)
    expect_equal((shallow.tolist(), deep.tolist()), ([3.0, 3.0], [0.0, 0.0]))


@case("apply_/value/functions/int64", dtypes=("int64",))
def _applied(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1, 2])
    if str(x.device) != "cpu":
        try:
            x.apply_(lambda value: value)
        except TypeError:
            return
        expect(False, "apply_ on another device than the CPU did not raise TypeError")
    expect_equal(x.apply_(lambda value: value * 10).tolist(), [10, 20])
    expect_equal(x.map_(t.tensor([3, 4]), lambda one, other: one + other).tolist(), [13, 24])
