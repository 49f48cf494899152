"""Options of checks of gradients, loaders, checkpoints, transforms and sparse tensors, each with what it alone brings about."""

from __future__ import annotations

import io
import pickle
import types
import warnings
import zipfile
from typing import Any

from ...checks import expect, expect_equal, expect_raises, quietly
from ...declare import case
from ...programs import programs, refusals
from ...subject import Subject
from .gradient_checks import with_slope

# -- checks of gradients ---------------------------------------------------------------------------------------------------


def _drifting(t: Any, right: Any) -> Any:
    """A slope that is a little more at each call: one call for a batch gives something else than several."""
    calls: list[int] = []

    def slope(x: Any) -> Any:
        calls.append(1)
        return right(x) + 1e-2 * len(calls)

    return with_slope(t, slope)


def _shared_gradient(t: Any) -> Any:
    """Gives a tensor twice and three times; its slope is right if one gradient comes, and wrong if all come, or none."""

    class Multiples(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.set_materialize_grads(False)
            ctx.save_for_backward(x)
            return 2 * x, 3 * x

        @staticmethod
        def backward(ctx: Any, one: Any, two: Any) -> Any:
            (x,) = ctx.saved_tensors
            if one is None:
                return t.ones_like(x) if two is None else 3 * two
            return 2 * one if two is None else 2 * one + 3 * two + (one != 0) * 1.0

    return Multiples.apply


def _of_two(t: Any) -> Any:
    """A sum whose gradients are given by such a function."""
    multiples = _shared_gradient(t)

    class Sum(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return 2 * x + 3 * y

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return multiples(grad)

    return Sum.apply


def _double(t: Any, *values: float) -> Any:
    return t.tensor(values, dtype=t.float64, requires_grad=True)


def _says(check: Any, function: Any, *inputs: Any, **options: Any) -> bool:
    return bool(quietly(lambda: check(function, inputs, raise_exception=False, **options)))


@case("autograd.gradcheck/options/batched/float64", dtypes=("float64",))
def _batched(subject: Subject) -> None:
    t = subject.torch
    found = [
        _says(
            t.autograd.gradcheck, _drifting(t, lambda x: 2 * x), _double(t, 1.5, -2.0), atol=5.0, nondet_tol=5.0, **each
        )
        for each in ({}, {"check_batched_grad": True})
    ]
    expect_equal(found, [True, False], "a slope that drifts, without and with batches")


@case("autograd.gradgradcheck/options/batched/float64", dtypes=("float64",))
def _second_batched(subject: Subject) -> None:
    t = subject.torch
    found = [
        _says(t.autograd.gradgradcheck, _drifting_twice(t), _double(t, 1.5, -2.0), atol=5.0, nondet_tol=5.0, **each)
        for each in ({}, {"check_batched_grad": True})
    ]
    expect_equal(found, [True, False], "a second slope that drifts, without and with batches")


def _drifting_twice(t: Any) -> Any:
    """A cube whose gradient is right, and has itself a slope that drifts."""
    square = _drifting(t, lambda x: 2 * x)

    class Cube(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return 3 * grad * square(ctx.saved_tensors[0])

    return Cube.apply


@case("autograd.gradcheck/options/undefined/float64", dtypes=("float64",))
def _undefined(subject: Subject) -> None:
    t = subject.torch
    found = [
        _says(t.autograd.gradcheck, _shared_gradient(t), _double(t, 1.5, -2.0), check_undefined_grad=each)
        for each in (False, True)
    ]
    expect_equal(found, [True, False], "a slope that is wrong without gradients, unchecked and checked")


@case("autograd.gradgradcheck/options/undefined/float64", dtypes=("float64",))
def _second_undefined(subject: Subject) -> None:
    t = subject.torch
    inputs = _double(t, 1.5, -2.0), _double(t, 0.5, 3.0)
    found = [_says(t.autograd.gradgradcheck, _of_two(t), *inputs, check_undefined_grad=each) for each in (False, True)]
    expect_equal(found, [True, False], "a second slope that is wrong without gradients, unchecked and checked")


@case("autograd.grad/options/only-inputs/float32", dtypes=("float32",))
def _only_inputs(subject: Subject) -> None:
    """It has been of no effect for long, and says so."""
    t = subject.torch
    x = t.ones(2, requires_grad=True)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        t.autograd.grad((x * x).sum(), x, only_inputs=False)
    expect_equal([each.category for each in seen], [FutureWarning], "the warnings")
    expect("only_inputs argument is deprecated" in str(seen[0].message), f"the warning is {seen[0].message}")


# -- random numbers in derivatives -----------------------------------------------------------------------------------------


@case("jacfwd/options/randomness/float32", dtypes=("float32",))
def _randomness(subject: Subject) -> None:
    t = subject.torch

    def scaled(x: Any) -> Any:
        return x.sum() * t.rand(2)

    def columns(randomness: str) -> Any:
        return t.func.jacfwd(scaled, randomness=randomness)(t.ones(3)).T.tolist()

    same, different = columns("same"), columns("different")
    expect_equal([*map(tuple, same)].count(tuple(same[0])), 3, "columns that are the same")
    expect_equal(len({*map(tuple, different)}), 3, "columns that are different")
    expect_raises(lambda: columns("error"), RuntimeError, "called random operation while in randomness error mode")
    expect_raises(lambda: t.func.jacfwd(scaled)(t.ones(3)), RuntimeError, "while in randomness error mode")
    expect_raises(lambda: columns("never"), RuntimeError, "'error', 'different', or 'same'. Got never")


# -- loaders and checkpoints -----------------------------------------------------------------------------------------------


def _loader(t: Any) -> Any:
    started: list[int] = []
    start = started.append
    loader = t.utils.data.DataLoader(
        [1, 2], pin_memory=True, pin_memory_device="cpu", in_order=False, worker_init_fn=start
    )
    return loader.pin_memory, loader.pin_memory_device, loader.in_order, loader.worker_init_fn is start


def _pickles(names: list[str]) -> Any:
    """A module like pickle, which notes the classes of what is pickled."""

    class Pickler(pickle._Pickler):
        def dump(self, obj: Any) -> None:
            names.append(type(obj).__name__)
            super().dump(obj)

    own = types.ModuleType("own")
    own.Pickler = Pickler  # type: ignore[attr-defined]
    own.dumps, own.dump = pickle.dumps, pickle.dump  # type: ignore[attr-defined]
    return own


def _pickled(t: Any, **options: Any) -> bytes:
    """The first bytes of the pickle in a checkpoint."""
    file = io.BytesIO()
    t.save({"a": t.ones(2)}, file, **options)
    with zipfile.ZipFile(file) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("data.pkl"))
        return archive.read(name)[:2]


def _noted(t: Any) -> bool:
    names: list[str] = []
    _pickled(t, pickle_module=_pickles(names))
    return "dict" in names


programs("obeyed-options", {
    "loader": (_loader, [True, "cpu", False, True]),
    "pickle-module": (_noted, True),
    "pickle-protocol": (lambda t: [_pickled(t, pickle_protocol=each) == bytes((0x80, each)) for each in (2, 3, 4)], [True, True, True]),
})  # fmt: skip

# -- distributions -----------------------------------------------------------------------------------------------------


@case("distributions.Transform/options/with-cache/float32", dtypes=("float32",))
def _with_cache(subject: Subject) -> None:
    t = subject.torch
    x = t.ones(2)
    for before in (0, 1):
        for after in (0, 1):
            transform = t.distributions.ExpTransform(cache_size=before).with_cache(after)
            expect_equal(transform.inv(transform(x)) is x, bool(after), f"whether a cache of {after} has the argument")


@case("distributions.Wishart/options/tries/float32", dtypes=("float32",), extensions=("linalg",))
def _tries(subject: Subject) -> None:
    """With no tries the first sample is given, which is otherwise drawn a second time."""
    t = subject.torch
    made = t.distributions.Wishart(t.tensor(4.0), covariance_matrix=t.eye(2))
    t.manual_seed(3)
    first, second = (quietly(lambda: made.rsample(max_try_correction=0)) for _ in range(2))
    t.manual_seed(3)
    usual = quietly(lambda: made.rsample())
    expect_equal(usual.tolist(), second.tolist(), "the sample of several tries")
    expect(first.tolist() != second.tolist(), "the first sample is the second")


# -- tensors ---------------------------------------------------------------------------------------------------------------

refusals("tensor", {
    "of-unknown-device": (lambda t: t.tensor([1.0], device="nowhere"), RuntimeError, "Expected one of"),
})  # fmt: skip

programs("conj_physical_", {
    "of-complex": (lambda t: (lambda x: [x.conj_physical_() is x, x])(t.tensor([1 + 2j, -1j])), [True, [1 - 2j, 1j]]),
}, dtypes=("complex64",))  # fmt: skip

refusals("logaddexp2", {
    "of-integers": (lambda t: t.logaddexp2(t.tensor([1, 2]), t.tensor([1, 2])), NotImplementedError, "not implemented for 'Long'"),
}, dtypes=("int64",))  # fmt: skip


@case("from_dlpack/options/copy/float32", dtypes=("float32",))
def _from_dlpack(subject: Subject) -> None:
    import numpy

    t = subject.torch
    for copy, expected in ((True, [1.0, 1.0]), (False, [3.0, 3.0]), (None, [3.0, 3.0])):
        array = numpy.ones(2, "float32")
        t.from_dlpack(array, copy=copy).fill_(3)
        expect_equal(array.tolist(), expected, f"the array after a write to what was taken with copy={copy}")
    expect_raises(lambda: t.from_dlpack(array, device="nowhere"), RuntimeError, "Expected one of")


@case("to_dlpack/value/capsule/float32", dtypes=("float32",))
def _capsule(subject: Subject) -> None:
    t = subject.torch
    x = t.ones(2, device="cpu")  # a backend may do without DLPack
    expect_equal(
        t.utils.dlpack.DLDeviceType(x.__dlpack_device__()[0]).name in ("kDLCPU", "kDLCUDA"), True, "the kind of device"
    )
    capsule = t.utils.dlpack.to_dlpack(x)
    expect_equal(t.utils.dlpack.from_dlpack(capsule).tolist(), [1.0, 1.0], "what was taken out of a capsule")
    expect_raises(lambda: t.from_dlpack(capsule), RuntimeError, "can be consumed only once")
    t.from_dlpack(t.to_dlpack(x, dl_device=x.__dlpack_device__(), copy=True)).fill_(3)
    expect_equal(x.tolist(), [1.0, 1.0], "the tensor after a write to a copy")
    expect_raises(lambda: t.to_dlpack([1.0]), TypeError, "must be Tensor, not list")


@case("svd/options/driver/float32", dtypes=("float32",), extensions=("linalg",))
def _driver(subject: Subject) -> None:
    t = subject.torch
    if t.ones(1).is_cuda:
        return
    words = "keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend"
    expect_raises(lambda: t.linalg.svd(t.eye(2), driver="gesvd"), RuntimeError, words)
    expect_raises(lambda: t.linalg.svdvals(t.eye(2), driver="gesvd"), RuntimeError, words)


# -- sparse tensors --------------------------------------------------------------------------------------------------------


def _sparse(t: Any) -> Any:
    return t.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]).to_sparse()


programs("obeyed-options-of-layouts", {
    "size": (lambda t: [_sparse(t).size(dim=1), _sparse(t).size(axis=1), _sparse(t).size(axis=-2)], [3, 3, 2]),
    "stride": (lambda t: [_sparse(t).stride(), _sparse(t).stride(dim=1), _sparse(t).stride(axis=0)], [[0, 0], 0, 0]),
})  # fmt: skip

refusals("obeyed-options-of-layouts", {
    "clone": (lambda t: _sparse(t).clone(memory_format=t.channels_last), RuntimeError, "unsupported memory format option ChannelsLast"),
    "clone-csr": (lambda t: _sparse(t).to_sparse_csr().clone(memory_format=t.preserve_format), RuntimeError, "unsupported memory format option Preserve"),
    "cpu": (lambda t: _sparse(t).cpu(memory_format=t.channels_last), RuntimeError, "to(options): COO only supports memory format Preserve, but got ChannelsLast instead."),
    "to-csr": (lambda t: _sparse(t).to_sparse_csr().to(t.float64, memory_format=t.contiguous_format), RuntimeError, "to(options): Csr only supports memory format Preserve, but got Contiguous instead."),
    "stride-axis": (lambda t: _sparse(t).stride(axis=2), IndexError, "Dimension out of range (expected to be in range of [-2, 1], but got 2)"),
    "stride-dim": (lambda t: _sparse(t).stride(dim=2), IndexError, "Dimension out of range (expected to be in range of [-2, 1], but got 2)"),
    "stride-csr": (lambda t: _sparse(t).to_sparse_csr().stride(), RuntimeError, "Sparse CSR tensors do not have strides"),
    "is_pinned": (lambda t: _sparse(t).is_pinned(device="nowhere"), RuntimeError, "Expected one of"),
    "pin_memory": (lambda t: _sparse(t).pin_memory(device="nowhere"), RuntimeError, "Expected one of"),
    "coo-layout": (lambda t: t.sparse_coo_tensor(t.tensor([[0], [1]]), t.ones(1), (2, 2), layout=t.strided), TypeError, "sparse_coo_tensor()"),
}, dtypes=("float32", "float64"))  # fmt: skip
