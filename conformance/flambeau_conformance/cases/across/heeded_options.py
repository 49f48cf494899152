"""Options of core's public functions, each at a value that gives something else than its default does."""

from functools import partial
from typing import Any

from ...programs import programs, refusals
from .gradient_checks import with_slope


def _refused(call: Any) -> bool:
    try:
        call()
    except RuntimeError:
        return True
    return False


def _lopsided(t: Any) -> Any:
    """A matrix whose two triangles are those of two symmetric ones, with other eigenvalues."""
    return t.tensor([[2.0, 0.0], [1.0, 2.0]])


def _tall(t: Any) -> Any:
    """Singular values 4, 1 and 0.01."""
    return t.diag(t.tensor([4.0, 1.0, 0.01], dtype=t.float64))


def _wrong_square(t: Any) -> Any:
    """A square whose derivative is too large by 1 %."""
    return with_slope(t, lambda x: 2.02 * x)


def _wrong_twice(t: Any) -> Any:
    """A cube whose second derivative is too large by 1 %."""

    class Slope(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any, incoming: Any) -> Any:
            ctx.save_for_backward(x, incoming)
            return 3 * x * x * incoming

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            x, incoming = ctx.saved_tensors
            return 6.06 * x * incoming * gradient, 3 * x * x * gradient

    class Cube(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            return Slope.apply(ctx.saved_tensors[0], gradient)

    return Cube.apply


def _sparse(t: Any) -> Any:
    return t.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]).to_sparse()


def _somewhere(make: Any, t: Any) -> Any:
    return make(t, device="nowhere")


def _double(t: Any) -> Any:
    return t.tensor([1.0, 2.0], dtype=t.float64, requires_grad=True)


def _drawn(t: Any, name: str, *bounds: float) -> Any:
    """Whether a method draws from the generator it is given, and again the same."""
    one, two = (getattr(t.empty(4), name)(*bounds, generator=t.Generator().manual_seed(3)) for _ in range(2))
    return bool((one == two).all())


def _after_fork(t: Any) -> Any:
    """What is drawn after a fork that is not enabled, in which numbers were drawn."""
    t.manual_seed(0)
    with t.random.fork_rng(devices=[], enabled=False):
        t.rand(3)
    return t.rand(3)


programs("heeded-options", {
    "cumprod_-dtype": (lambda t: _refused(lambda: t.ones(2).cumprod_(0, dtype=t.float64)), True),
    "roll_-dims": (lambda t: t.tensor([[1.0, 2.0], [3.0, 4.0]]).roll(1, dims=1), [[2.0, 1.0], [4.0, 3.0]]),
    "scatter_-value": (lambda t: t.zeros(2).scatter_(0, t.tensor([1]), value=2.5), [0.0, 2.5]),
    "squeeze-dim": (lambda t: [t.squeeze(t.ones(1, 2, 1), dim=2).shape, t.ones(1, 2, 1).squeeze(dim=(0,)).shape], [[1, 2], [2, 1]]),
    "resize_as_-channels-last": (lambda t: t.ones(4).resize_as_(t.ones(1, 2, 2, 1), memory_format=t.channels_last).stride(), [4, 1, 2, 2]),
    "cpu-channels-last": (lambda t: t.ones(1, 2, 2, 2).cpu(memory_format=t.channels_last).stride(), [8, 1, 4, 2]),
    "set_-stride": (lambda t: t.empty(0).set_(t.arange(6.0).untyped_storage(), 0, (2, 3), (1, 2)), [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]),
    "broadcast_to-size": (lambda t: t.ones(1, 2).broadcast_to(size=(3, 2)).shape, [3, 2]),
    "frombuffer": (lambda t: [t.frombuffer(bytearray(b"abcd"), dtype=t.uint8, count=2), t.frombuffer(bytearray(8), dtype=t.float32, requires_grad=True).requires_grad], [[97, 98], True]),
    "to_dense-dtype": (lambda t: t.ones(2).to_dense(dtype=t.float64).dtype, "torch.float64"),
    "triplet-eps-of-the-op": (lambda t: t.triplet_margin_loss(t.zeros(1, 1), t.zeros(1, 1), t.full((1, 1), 10.0), eps=1.0, margin=12.0, reduction=2), 4.0),
    "triplet-eps": (lambda t: t.nn.functional.triplet_margin_loss(t.zeros(1, 1), t.zeros(1, 1), t.full((1, 1), 10.0), eps=1.0, margin=12.0), 4.0),
    "fftfreq": (lambda t: [t.fft.fftfreq(4, requires_grad=True).requires_grad, t.fft.rfftfreq(4, requires_grad=True).requires_grad, (lambda into: (t.fft.fftfreq(4, out=into) is into, into))(t.empty(4)), (lambda into: (t.fft.rfftfreq(4, out=into) is into, into))(t.empty(3))], [True, True, [True, [0.0, 0.25, -0.5, -0.25]], [True, [0.0, 0.25, 0.5]]]),
    "normal-mean": (lambda t: [(t.normal(t.full((3,), 50.0), 1.0) > 40).all(), (t.normal(mean=50.0, std=1.0, size=(3,)) > 40).all()], [True, True]),
    "normal-layout": (lambda t: _refused(lambda: t.normal(0.0, 1.0, (2,), layout=t.sparse_coo)), True),
    "embedding-bag-sparse": (lambda t: (lambda w: (t.embedding_bag(w, t.tensor([0, 1]), t.tensor([0]), False, 0, True)[0].sum().backward(), w.grad.is_sparse)[1])(t.ones(2, 2, requires_grad=True)), True),
    "repeat-interleave-output-size": (lambda t: [_refused(lambda: t.repeat_interleave(t.tensor([1, 2]), output_size=5)), _refused(lambda: t.repeat_interleave(t.ones(2), t.tensor([1, 2]), output_size=2))], [True, True]),
    "uniform": (lambda t: [t.empty(50).uniform_(5, 6).min() >= 5.0, _drawn(t, "uniform_")], [True, True]),
    "random": (lambda t: (lambda x: [x.min() >= 5, x.max() < 9, _drawn(t, "random_"), _drawn(t, "random_", 5, 9)])(t.empty(50).random_(5, 9)), [True, True, True, True]),
    "fork-rng-enabled": (lambda t: (lambda once, again: bool((once == again).all()))(_after_fork(t), (t.manual_seed(0), t.rand(3))[1]), False),
    "ctc-zero-infinity": (lambda t: [t.ctc_loss(t.zeros(1, 1, 2).log_softmax(2), t.tensor([[1, 1]]), t.tensor([1]), t.tensor([2]), reduction=0, zero_infinity=each) for each in (True, False)], [[0.0], [float("inf")]]),
})  # fmt: skip


def _cut(name: str) -> Any:
    return lambda t: getattr(t.fft, name)(t.ones(3, 4), s=(2, 2)).shape


programs("heeded-options-of-transforms", {
    name: (_cut(name), [2, 2]) for name in ("fft2", "ifft2", "rfft2", "fftn", "ifftn", "rfftn")
}, extensions=("fft",))  # fmt: skip

programs("heeded-options-of-matrices", {
    "cholesky_inverse": (lambda t: [t.tensor([[1.0, 1.0], [0.0, 1.0]]).cholesky_inverse(upper=True), t.tensor([[1.0, 1.0], [0.5, 1.0]]).cholesky_inverse()], [[[2.0, -1.0], [-1.0, 1.0]], [[1.25, -0.5], [-0.5, 1.0]]]),
    "cholesky_solve": (lambda t: [t.tensor([[1.0], [0.0]]).cholesky_solve(t.tensor([[1.0, 1.0], [0.0, 1.0]]), upper=True), t.tensor([[1.0], [0.0]]).cholesky_solve(t.tensor([[1.0, 1.0], [0.0, 1.0]]))], [[[2.0], [-1.0]], [[1.0], [0.0]]]),
    "eigvalsh": (lambda t: [t.linalg.eigvalsh(_lopsided(t), UPLO=each).round(decimals=4) for each in "LU"], [[1.0, 3.0], [2.0, 2.0]]),
    "eigh": (lambda t: [t.linalg.eigh(_lopsided(t), UPLO=each).eigenvalues.round(decimals=4) for each in "LU"], [[1.0, 3.0], [2.0, 2.0]]),
    "diagonal": (lambda t: [t.linalg.diagonal(t.arange(8.0).reshape(2, 2, 2), dim1=0), t.linalg.diagonal(t.arange(8.0).reshape(2, 2, 2), dim2=0)], [[[0.0, 5.0], [2.0, 7.0]], [[0.0, 6.0], [1.0, 7.0]]]),
    "lstsq": (lambda t: t.linalg.lstsq(_tall(t), t.ones(3, 1, dtype=t.float64), rcond=0.1, driver="gelsd").solution.round(decimals=4), [[0.25], [1.0], [0.0]]),
    "pinverse": (lambda t: [_tall(t).pinverse(rcond=0.1).diagonal().round(decimals=4), t.linalg.pinv(_tall(t), rcond=0.1).diagonal().round(decimals=4)], [[0.25, 1.0, 0.0], [0.25, 1.0, 0.0]]),
    "pinv": (lambda t: [t.linalg.pinv(_tall(t), atol=2.0).diagonal().round(decimals=4), t.linalg.pinv(_tall(t), rtol=0.1).diagonal().round(decimals=4)], [[0.25, 0.0, 0.0], [0.25, 1.0, 0.0]]),
    "matrix_rank": (lambda t: [t.linalg.matrix_rank(_tall(t), atol=2.0), t.linalg.matrix_rank(_tall(t), tol=0.1), t.linalg.matrix_rank(_tall(t), rtol=0.5), t.linalg.matrix_rank(t.tensor([[1.0, 1.0], [0.0, 0.0]]), hermitian=True), t.linalg.matrix_rank(t.tensor([[0.0, 1.0], [0.0, 0.0]]), hermitian=True)], [1, 2, 1, 1, 0]),
    "solve_ex": (lambda t: [t.linalg.solve_ex(t.tensor([[1.0, 1.0], [0.0, 1.0]]), t.tensor([[1.0, 2.0], [3.0, 4.0]]), left=False).result, _refused(lambda: t.linalg.solve_ex(t.zeros(2, 2), t.ones(2, 2), check_errors=True))], [[[1.0, 1.0], [3.0, 1.0]], True]),
    "lu": (lambda t: [len(t.eye(2).lu(get_infos=each)) for each in (True, False)], [3, 2]),
    "lu-pivot": (lambda t: _refused(lambda: t.eye(2).lu(pivot=False)), True),
}, extensions=("linalg",))  # fmt: skip

programs("heeded-options-of-derivatives", {
    "create-graph": (lambda t: (lambda f, x: [
        t.autograd.functional.hessian(f, x, create_graph=True).requires_grad, *(getattr(t.autograd.functional, each)(f, x, v, create_graph=True)[1].requires_grad
         for each, v in (("hvp", x.detach()), ("vhp", x.detach()), ("jvp", x.detach()), ("vjp", t.tensor(1.0))))])(lambda x: (x ** 3).sum(), t.tensor([1.0, 2.0], requires_grad=True)), [True] * 5),
    "strict": (lambda t: (lambda f, x: [
        _refused(lambda: t.autograd.functional.hessian(f, x, strict=True)), *(_refused(lambda each=each, v=v: getattr(t.autograd.functional, each)(f, x, v, strict=True))
         for each, v in (("hvp", x), ("vhp", x), ("jvp", x), ("vjp", t.tensor(1.0))))])(lambda x: t.tensor(2.0), t.tensor([1.0, 2.0])), [True] * 5),
    "gradcheck-tolerances": (lambda t: [t.autograd.gradcheck(_wrong_square(t), (_double(t),), raise_exception=False, **each) for each in ({}, {"atol": 0.1}, {"rtol": 0.1}, {"atol": 0.1, "fast_mode": True})], [False, True, True, True]),
    "gradcheck-eps": (lambda t: [t.autograd.gradcheck(lambda x: x ** 3, (_double(t),), raise_exception=False, **each) for each in ({}, {"eps": 0.5})], [True, False]),
    "gradgradcheck": (lambda t: [t.autograd.gradgradcheck(_wrong_twice(t), (_double(t),), (t.ones(2, dtype=t.float64, requires_grad=True),), raise_exception=False, **each) for each in ({}, {"atol": 1.0}, {"rtol": 0.1})], [False, True, True]),
    "gradgradcheck-incoming": (lambda t: [t.autograd.gradgradcheck(_wrong_twice(t), (_double(t),), (t.full((2,), each, dtype=t.float64, requires_grad=True),), raise_exception=False, rtol=0.0, atol=0.01) for each in (1e-3, 1.0)], [True, False]),
    "gradgradcheck-eps": (lambda t: [t.autograd.gradgradcheck(lambda x: x ** 4, (_double(t),), raise_exception=False, **each) for each in ({}, {"eps": 0.5})], [True, False]),
})  # fmt: skip

_FACTORIES: dict[str, Any] = {
    "tensor": lambda t, **o: t.tensor(1.0, **o), "as_tensor": lambda t, **o: t.as_tensor([1.0], **o), "asarray": lambda t, **o: t.asarray([1.0], **o),
    "new_tensor": lambda t, **o: t.ones(1).new_tensor([1.0], **o), "new": lambda t, **o: t.ones(1).new(2, **o), "normal": lambda t, **o: t.normal(0.0, 1.0, (2,), **o),
    "fftfreq": lambda t, **o: t.fft.fftfreq(3, **o), "rfftfreq": lambda t, **o: t.fft.rfftfreq(3, **o), "storage": lambda t, **o: t.UntypedStorage(4, **o),
    "sparse_coo_tensor": lambda t, **o: t.sparse_coo_tensor(t.tensor([[0], [1]]), t.ones(1), (2, 2), **o),
    "sparse_compressed_tensor": lambda t, **o: t.sparse_compressed_tensor(t.tensor([0, 1]), t.tensor([0]), t.ones(1), (1, 2), layout=t.sparse_csr, **o),
}  # fmt: skip
refusals("unknown-device", {
    **{name: (partial(_somewhere, make), RuntimeError, "Expected one of") for name, make in _FACTORIES.items()},
    "fork_rng": (lambda t: t.random.fork_rng(devices=[0], device_type="nowhere").__enter__(), RuntimeError, "Expected one of"),
})  # fmt: skip

refusals("heeded-options", {
    "gradcheck-of-nothing": (lambda t: t.autograd.gradcheck(lambda x: x * x, (_double(t),), check_backward_ad=False), AssertionError, "Expected at least one of"),
    "gradgradcheck-of-nothing": (lambda t: t.autograd.gradgradcheck(lambda x: x * x, (_double(t),), check_rev_over_rev=False), AssertionError, "Expected at least one of"),
    "cdist-mode": (lambda t: t.cdist(t.ones(2, 2), t.ones(2, 2), compute_mode="fast"), ValueError, "fast is not a valid value for compute_mode"),
})  # fmt: skip

programs("heeded-options-of-layouts", {
    "requires_grad": (lambda t: t.sparse_coo_tensor(t.tensor([[0], [1]]), t.ones(1), (2, 2), requires_grad=True).requires_grad, True),
    "sizes": (lambda t: (lambda starts, places, values, blocks: [t.sparse_csr_tensor(starts, places, values, size=(2, 5)).shape, t.sparse_csc_tensor(starts, places, values, size=(5, 2)).shape, t.sparse_bsr_tensor(starts, places, blocks, size=(2, 5)).shape, t.sparse_bsc_tensor(starts, places, blocks, size=(5, 2)).shape])(t.tensor([0, 1, 2]), t.tensor([0, 1]), t.ones(2), t.ones(2, 1, 1)), [[2, 5], [5, 2], [2, 5], [5, 2]]),
    "size-dim": (lambda t: [_sparse(t).size(dim=1), t.ones(2, 3).size(dim=1)], [3, 3]),
    "type": (lambda t: [_sparse(t).type(t.float64).dtype, _sparse(t).type(dtype=t.float64).dtype], ["torch.float64", "torch.float64"]),
    "requires_grad_": (lambda t: [_sparse(t).requires_grad_(False).requires_grad, _sparse(t).requires_grad_().requires_grad], [False, True]),
    "contiguous-format": (lambda t: _sparse(t).is_contiguous(memory_format=t.channels_last), False),
    "spdiags-layout": (lambda t: t.sparse.spdiags(t.ones(1, 2), t.tensor([0]), (2, 2), layout=t.sparse_csr).layout, "torch.sparse_csr"),
})  # fmt: skip
