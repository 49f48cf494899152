"""What lies below tensors: storages, what is asked of a tensor's memory and kind, old types, and settings of the library."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...checks import expect, expect_equal, expect_raises, quietly
from ...compare import check_alike
from ...declare import case
from ...subject import Subject

_FLOAT = ("float32",)


@case("storage/value/untyped/float32", dtypes=("float32", "uint8"))
def _untyped(subject: Subject) -> None:
    x = subject.torch.tensor([1.0, 2.0])
    storage = x.untyped_storage()
    expect_equal((storage.nbytes(), storage.size(), storage.element_size()), (8, 8, 1), "the sizes in bytes")
    expect_equal(storage.tolist(), [0, 0, 128, 63, 0, 0, 0, 64], "the bytes")
    expect_equal(
        (storage.data_ptr() == x.data_ptr(), x[1:].untyped_storage().data_ptr() == storage.data_ptr()),
        (True, True),
        "the address",
    )
    expect_equal(storage.untyped() is storage, True, "what is untyped already")
    expect_equal(storage.device == x.device, True, "the device")
    expect_raises(lambda: storage[8], IndexError)


@case("storage/value/typed/float32", dtypes=_FLOAT, extensions=("bytes",))
def _typed(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1.0, 2.0])
    storage = quietly(lambda: x.storage())
    told = quietly(lambda: (storage.nbytes(), storage.size(), storage.element_size(), storage.tolist()))
    expect_equal(told, (8, 2, 4, [1.0, 2.0]), "sizes and numbers")
    same = quietly(
        lambda: (storage.data_ptr() == x.data_ptr(), storage.untyped().nbytes(), t.is_storage(storage), t.is_storage(x))
    )
    expect_equal(same, (True, 8, True, False), "the memory below")


@case("asked/value/kinds/float32", dtypes=("float32", "float64", "int64", "bool"))
def _asked(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1.0, 2.0])
    told = [x.is_conj(), x.is_neg(), t.is_conj(x), t.is_neg(x), t.is_inference(x), x.is_signed(), x.is_pinned()]
    expect_equal(told, [False, False, False, False, False, True, False], "what kind of tensor it is")
    expect_equal((t.tensor([3.0]).is_nonzero(), t.tensor([0]).is_nonzero()), (True, False), "whether it is not zero")
    expect_raises(lambda: x.is_nonzero(), RuntimeError, "ambiguous")
    expect_equal((x.is_set_to(x), x.is_set_to(x.clone())), (True, False), "whether it is the same memory")
    expect_equal((t.is_same_size(x, x + 1), t.is_same_size(x, x[:1])), (True, False), "whether the sizes are the same")
    expect_equal(
        (t.get_device(x), x.get_device()),
        (-1 if x.device.type == "cpu" else x.device.index or 0,) * 2,
        "the number of the device",
    )
    expect_equal(t.zeros(2, 3).t().dim_order(), (1, 0), "the order of the dimensions in memory")
    expect_equal(t.zeros(2, 3).sum_to_size((1, 3)).shape == (1, 3), True, "the size that is summed to")
    expect(x.is_shared() in (True, False), "whether processes share the memory")
    expect_equal(quietly(lambda: x.new([3.0]).tolist()), [3.0], "a new one of the kind")


@case("asked/value/conversions/-", dtypes=("float32", "float64", "int64", "bool", "uint8", "int32"))
def _names(subject: Subject) -> None:
    t = subject.torch
    expect_equal([t.typename(each) for each in (t.ones(1), t.ones(1, dtype=t.int64), 3)], ["torch.FloatTensor", "torch.LongTensor", "int"]
                 if t.ones(1).device.type == "cpu" else [t.ones(1).type(), t.ones(1, dtype=t.int64).type(), "int"], "the names of types")  # fmt: skip
    expect_equal(
        (t.float32.to_complex() is t.complex64, t.complex128.to_real() is t.float64),
        (True, True),
        "the dtypes of parts",
    )
    expect_equal(
        [t.can_cast(t.float32, t.int64), t.can_cast(from_=t.int64, to=t.float32)], [False, True], "what can be cast"
    )
    expect_equal(str(t.result_type(t.ones(1, dtype=t.int64), 1.0)), "torch.float32", "the dtype of a result")


@case("asked/value/half/float16", dtypes=("float16", "float32"))
def _half(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1.5, 2.0])
    expect_equal(str(x.half(memory_format=t.preserve_format).dtype), "torch.float16", "half")
    model = t.nn.Linear(1, 1)
    expect_equal(str(model.half().weight.dtype), "torch.float16", "a module of halves")


@case("asked/value/bfloat16/bfloat16", dtypes=("bfloat16", "float32"))
def _brain(subject: Subject) -> None:
    t = subject.torch
    expect_equal(t.tensor([1.5]).bfloat16(memory_format=t.preserve_format).tolist(), [1.5], "bfloat16")
    expect_equal(str(t.nn.Linear(1, 1).bfloat16().weight.dtype), "torch.bfloat16", "a module of bfloat16")


@case("asked/value/small/int8", dtypes=("int8", "int16", "uint8", "float32"))
def _small(subject: Subject) -> None:
    t = subject.torch
    x, kept = t.tensor([1.5, -2.0]), {"memory_format": t.preserve_format}
    expect_equal((x.char(**kept).tolist(), x.short(**kept).tolist()), ([1, -2], [1, -2]), "char and short")
    expect_equal(x.abs().byte(**kept).tolist(), [1, 2], "byte")


@case("asked/value/complex/complex64", dtypes=("complex64", "complex128", "float32"))
def _complex(subject: Subject) -> None:
    t = subject.torch
    x, kept = t.tensor([1.5]), {"memory_format": t.preserve_format}
    expect_equal(
        (x.cfloat(**kept).tolist(), str(x.cdouble(**kept).dtype)), ([1.5 + 0j], "torch.complex128"), "complex numbers"
    )
    expect_equal(x.cfloat().conj().is_conj() or x.cfloat().conj().tolist() == [1.5 - 0j], True, "a conjugate")


@case("asked/value/methods/float32", dtypes=("float32", "int32", "int64"), extensions=("linalg",))
def _old_methods(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([[4.0, 2.0], [2.0, 5.0]])
    check_alike(subject, [quietly(lambda: x.cholesky(upper=True))], [t.linalg.cholesky(x).mT], "arithmetic")
    packed, pivots = quietly(lambda: x.lu())[:2]
    check_alike(subject, [quietly(lambda: x.lu_solve(packed, pivots))], [t.eye(2)], "matmul")
    check_alike(subject, [quietly(lambda: x.lu(pivot=True, get_infos=True))[0]], [packed], "exact")
    check_alike(subject, [x.pinverse(rcond=1e-6), t.pinverse(x, rcond=1e-6)], [x.inverse(), x.inverse()], "matmul")
    for some, shape in ((True, (3, 2)), (False, (3, 3))):
        tall = t.arange(6.0).reshape(3, 2)
        made = [quietly(partial(svd, some=some, compute_uv=True)).U for svd in (partial(t.svd, tall), tall.svd)]
        expect_equal([tuple(each.shape) for each in made], [shape, shape], "the shape of U")
    expect_equal(quietly(lambda: float(t.svd(x, compute_uv=False).U.abs().sum())), 0.0, "U where it is not computed")
    expect_equal(quietly(lambda: tuple(t.qr(t.ones(3, 2), some=False).Q.shape)), (3, 3), "the shape of Q")
    for name in ("inverse", "cholesky", "cholesky_inverse"):
        target = t.empty(0)
        expect(quietly(partial(getattr(t, name), x, out=target)) is target, f"out= of {name}")
    target = t.empty(0)
    expect(quietly(lambda: t.cholesky_solve(x, x, out=target)) is target, "out= of cholesky_solve")
    expect(quietly(lambda: t.lu_solve(x, packed, pivots, out=target)) is target, "out= of lu_solve")
    expect(quietly(lambda: t.chain_matmul(x, x, out=target)) is target, "out= of chain_matmul")
    expect_equal(
        [each.numel() for each in t.lu_unpack(packed, pivots, unpack_data=False, unpack_pivots=True)],
        [4, 0, 0],
        "the permutation alone",
    )
    expect_equal(t.lu_unpack(packed, pivots, unpack_data=True, unpack_pivots=False)[0].numel(), 0, "the factors alone")
    factors = t.linalg.lu_factor_ex(x, pivot=True, check_errors=True)
    check_alike(subject, [factors.LU], [packed], "exact")
    expect_raises(lambda: t.linalg.lu_factor_ex(t.zeros(2, 2), check_errors=True), RuntimeError)
    check_alike(subject, [t.linalg.tensorinv(t.eye(4).reshape(4, 2, 2), ind=1)], [t.eye(4).reshape(2, 2, 4)], "matmul")
    check_alike(
        subject,
        [t.linalg.tensorsolve(t.eye(4).reshape(2, 2, 4).permute(2, 0, 1).permute(1, 2, 0), t.ones(2, 2), dims=None)],
        [t.ones(4)],
        "matmul",
    )


@case("asked/options/drawn/float32", dtypes=("float32", "int64"))
def _drawn(subject: Subject) -> None:
    t = subject.torch
    device = t.empty(0).device
    g = t.Generator(device=device).manual_seed(4)
    target = t.empty(2)
    expect(t.bernoulli(t.ones(2), generator=g, out=target) is target, "out= of bernoulli")
    expect_equal(t.ones(2).bernoulli(0.0).tolist(), [0.0, 0.0], "a probability beside the tensor")
    expect_equal(t.ones(1).multinomial(3, replacement=True, generator=g).tolist(), [0, 0, 0], "with replacement")
    state = g.get_state()
    copy = g.clone_state()
    expect_equal(t.rand(2, generator=g).tolist(), t.rand(2, generator=copy).tolist(), "what a cloned state draws")
    g.set_state(state)
    with t.random.fork_rng(devices=[], enabled=True):
        t.manual_seed(9)
        inside = t.rand(1).tolist()
    t.manual_seed(9)
    expect_equal(t.rand(1).tolist(), inside, "the numbers of one seed inside and outside")
    frame = t.utils.data.RandomSampler(range(3), generator=t.Generator().manual_seed(1))
    expect_equal(sorted(frame), [0, 1, 2], "all places")
    soft = quietly(lambda: t.nn.functional.gumbel_softmax(t.zeros(4, 3), tau=0.5, hard=False, eps=1e-9, dim=0))
    expect(bool(((soft.sum(0) - 1).abs() < 1e-5).all()), "columns that sum to one")
    expect_raises(lambda: t.nn.functional.gumbel_softmax("no tensor"), (TypeError, AttributeError))


@case("settings/value/printed/float32", dtypes=_FLOAT)
def _printed(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1.23456])

    def text() -> str:
        return str(x).split(",")[0].rstrip(")")

    with t._tensor_str.printoptions(precision=2) if hasattr(t, "_tensor_str") else t.printoptions(precision=2):
        expect_equal(text(), "tensor([1.23]", "with two digits")
    try:
        t.set_printoptions(precision=1, threshold=5, edgeitems=1, linewidth=60, sci_mode=True)
        expect_equal(text(), "tensor([1.2e+00]", "with an exponent")
        for profile in ("short", "full", "default"):
            t.set_printoptions(profile=profile)
            expect_equal(text(), "tensor([1.23]" if profile == "short" else "tensor([1.2346]", f"the profile {profile}")
    finally:
        t.set_printoptions(profile="default", sci_mode=None)


@case("settings/value/defaults/float64", dtypes=("float32", "float64"))
def _defaults(subject: Subject) -> None:
    t = subject.torch
    expect_equal(t.get_default_dtype() is t.float32, True, "the default dtype")
    try:
        t.set_default_dtype(t.float64)
        expect_equal(
            (t.tensor(1.0).dtype is t.float64, t.get_default_dtype() is t.float64), (True, True), "the dtype of numbers"
        )
    finally:
        t.set_default_dtype(t.float32)
    expect_raises(lambda: t.set_default_dtype(t.int64), TypeError, "only floating-point types are supported")
    with t.set_grad_enabled(False):
        expect_equal((t.is_grad_enabled(), t.is_inference_mode_enabled()), (False, False), "the modes inside")
    with t.inference_mode(mode=True):
        expect_equal((t.is_inference_mode_enabled(), t.is_inference(t.ones(1))), (True, True), "inference inside")

    @t.enable_grad()  # type: ignore[untyped-decorator]
    def recorded() -> bool:
        return bool(t.is_grad_enabled())

    @t.no_grad()  # type: ignore[untyped-decorator]
    def plain() -> bool:
        return bool(t.is_grad_enabled())

    expect_equal((plain(), recorded()), (False, True), "the modes of decorators")
    for mode in (t.no_grad(), t.inference_mode()):
        expect_equal(type(mode.clone()) is type(mode), True, "a mode again")
    try:
        with t.set_grad_enabled(False).clone():
            expect_equal(t.is_grad_enabled(), False, "the mode of a copy")
    finally:
        t.set_grad_enabled(True)


@case("nn.utils.rnn.unpad_sequence/value/both/float32", dtypes=("float32", "int64"))
def _unpadded(subject: Subject) -> None:
    t = subject.torch
    rnn = t.nn.utils.rnn
    parts = [t.tensor([1.0, 2.0, 3.0]), t.tensor([4.0])]
    for first in (False, True):
        padded = rnn.pad_sequence(parts, batch_first=first, padding_value=9.0)
        back = rnn.unpad_sequence(padded, t.tensor([3, 1]), batch_first=first)
        expect_equal([each.tolist() for each in back], [[1.0, 2.0, 3.0], [4.0]], "what was padded")


@case("vision.transforms.RandomCrop/options/padded/float32", dtypes=_FLOAT)
def _crops(subject: Subject) -> None:
    crop: Any = getattr(getattr(subject.torch, "vision", None), "transforms", None)
    t = subject.torch
    expect(crop is not None, "there are transforms")
    image: Any = t.arange(1.0, 5.0).reshape(1, 2, 2)
    for mode, corner in (("constant", 7.0), ("edge", 1.0), ("reflect", 4.0), ("symmetric", 1.0)):
        made = crop.RandomCrop(4, padding=1, fill=7.0, padding_mode=mode)
        expect_equal(float(made(image)[0, 0, 0]), corner, f"the corner in the mode {mode}")
    expect_equal(
        tuple(crop.RandomCrop((3, 3), pad_if_needed=True)(image).shape), (1, 3, 3), "the size where it is needed"
    )
    top, left, height, width = crop.RandomCrop.get_params(image, (1, 2))
    expect_equal((top in (0, 1), left, height, width), (True, 0, 1, 2), "the place")
    expect_raises(lambda: crop.RandomCrop(5)(image), ValueError, "larger than")
