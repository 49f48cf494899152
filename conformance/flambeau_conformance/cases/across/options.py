"""Options that no family's own samples try: directions, norms and drivers, ``out=``, and what factories can be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal, expect_raises, quietly
from ...compare import check_alike
from ...declare import FLOATS, Sample, case, op
from ...inputs import In
from ...subject import Subject

# -- fft -----------------------------------------------------------------------------------------------------------------

_NORMS = ("backward", "forward", "ortho")
_ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
_MANY = ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")


def _into(t: Any, call: Callable[..., Any], result: Any) -> Any:
    """What a call writes into a tensor of the dtype of its result, and gives back."""
    target = t.empty(0, dtype=result.dtype)
    expect(call(out=target) is target, "out= is what is returned")
    return target


def _into_two(t: Any, call: Callable[..., Any], dtype: Any) -> Any:
    """Values and indices that a call writes, and gives back."""
    targets = t.empty(0, dtype=dtype), t.empty(0, dtype=t.int64)
    expect(all(one is two for one, two in zip(call(out=targets), targets, strict=True)), "out= is what is returned")
    return targets


def _parts(t: Any, x: Any) -> Any:
    """The real numbers of a result, whose gradients can be checked."""
    return t.view_as_real(x.resolve_conj()) if x.is_complex() else x


op("fft.options", dtypes=FLOATS, tolerance="reduction", method=False, refuses=False, differentiable=True,
   extensions=("fft",), samples=[
    *(Sample(f"{name}-{norm}", lambda t, x, name=name, norm=norm: getattr(t.fft, name)(x, norm=norm), (In((3, 4)),), gradient=False)
      for name in (*_ONE, *_MANY) for norm in _NORMS),
    *(Sample(f"{name}-n-dim", lambda t, x, name=name: _parts(t, getattr(t.fft, name)(x, n=5, dim=0)), (In((3, 4)),)) for name in _ONE),
    *(Sample(f"{name}-s-dim", lambda t, x, name=name: getattr(t.fft, name)(x, s=(4, 3), dim=(1, 0)), (In((3, 4)),), gradient=False)
      for name in _MANY),
    *(Sample(f"{name}-out", lambda t, x, name=name: _into(t, lambda **o: getattr(t.fft, name)(x, **o), getattr(t.fft, name)(x)),
             (In((3, 4)),), gradient=False) for name in (*_ONE, *_MANY)),
    Sample("shifted", lambda t, x: (t.fft.fftshift(x, dim=1), t.fft.ifftshift(x, dim=0)), (In((3, 4)),)),
    Sample("frequencies", lambda t, x: tuple(
        getattr(t.fft, name)(5, d=0.5, dtype=x.dtype, device=x.device, out=t.empty(0, dtype=x.dtype)) for name in ("fftfreq", "rfftfreq")),
        (In((1,)),), gradient=False),
    Sample("frequencies-wanted", lambda t, x: tuple(
        getattr(t.fft, name)(4, requires_grad=True).detach().to(x.dtype) for name in ("fftfreq", "rfftfreq")), (In((1,)),), gradient=False),
])  # fmt: skip

# -- linalg --------------------------------------------------------------------------------------------------------------

_L: dict[str, tuple[Any, tuple[In, ...]]] = {
    "cholesky_ex": (lambda t, x: t.linalg.cholesky_ex(x @ x.mT + t.eye(3, dtype=x.dtype), upper=True, check_errors=True).L, (In((3, 3)),)),
    "cross": (lambda t, x, y: t.linalg.cross(x, y, dim=0), (In((3, 2)), In((3, 2)))),
    "eigh": (lambda t, x: t.linalg.eigh(x + x.mT, UPLO="U").eigenvalues, (In((3, 3)),)),
    "eigvalsh": (lambda t, x: t.linalg.eigvalsh(x + x.mT, UPLO="U"), (In((3, 3)),)),
    "inv_ex": (lambda t, x: t.linalg.inv_ex(x + 3 * t.eye(3, dtype=x.dtype), check_errors=True).inverse, (In((3, 3)),)),
    "solve_ex": (lambda t, x: t.linalg.solve_ex(x + 3 * t.eye(3, dtype=x.dtype), x, left=False, check_errors=True).result, (In((3, 3)),)),
    "lu_factor_ex": (lambda t, x: t.linalg.lu_factor_ex(x, pivot=True, check_errors=False).LU, (In((3, 3)),)),
    "lstsq": (lambda t, x, y: t.linalg.lstsq(x, y, rcond=1e-6, driver="gelsd").solution, (In((4, 2)), In((4, 1)))),
    "lstsq-gels": (lambda t, x, y: t.linalg.lstsq(x, y, driver="gels").solution, (In((4, 2)), In((4, 1)))),
    "lstsq-gelss": (lambda t, x, y: t.linalg.lstsq(x, y, driver="gelss").solution, (In((4, 2)), In((4, 1)))),
    "lu_solve": (lambda t, x, y: t.linalg.lu_solve(*t.linalg.lu_factor(x + 3 * t.eye(3, dtype=x.dtype)), y, left=False, adjoint=True), (In((3, 3)), In((2, 3)))),
    "matrix_norm": (lambda t, x: t.linalg.matrix_norm(x, "fro", dim=(0, 2), keepdim=True), (In((2, 3, 2)),)),
    "matrix_rank": (lambda t, x: (t.linalg.matrix_rank(x @ x.mT, hermitian=True), t.linalg.matrix_rank(x, tol=0.1),
                                  t.linalg.matrix_rank(x, atol=0.1, rtol=0.2)), (In((3, 2)),)),
    "pinv": (lambda t, x: (t.linalg.pinv(x, rcond=1e-6), t.linalg.pinv(x, atol=0.1, rtol=0.01), t.linalg.pinv(x @ x.mT + t.eye(3, dtype=x.dtype), hermitian=True)), (In((3, 2)),)),
    "norm": (lambda t, x: (t.linalg.norm(x, "nuc"), t.linalg.norm(x, "fro", keepdim=True), t.linalg.norm(x, 2, dim=1, dtype=t.float64),
                           t.linalg.vector_norm(x, 3, dtype=t.float64), t.norm(x, "nuc"), t.norm(x, 2, 0, True, dtype=t.float64)), (In((3, 2)),)),
    "cond": (lambda t, x: (t.linalg.cond(x, "fro"), t.linalg.cond(x, "nuc"), t.linalg.cond(x, 1)), (In((3, 3), "distinct"),)),
    "qr-complete": (lambda t, x: t.linalg.qr(x, mode="complete").R.abs(), (In((3, 2)),)),
    "qr-r": (lambda t, x: t.linalg.qr(x, mode="r").R.abs(), (In((3, 2)),)),
    "solve_triangular": (lambda t, x, y: t.linalg.solve_triangular(x.tril() + 3 * t.eye(3, dtype=x.dtype), y, upper=False, left=False, unitriangular=True), (In((3, 3)), In((2, 3)))),
    "vecdot": (lambda t, x, y: t.linalg.vecdot(x, y, dim=0), (In((3, 2)), In((3, 2)))),
    "tensorinv": (lambda t, x: t.linalg.tensorinv(x.reshape(2, 2, 4) + 2 * t.eye(4, dtype=x.dtype).reshape(2, 2, 4), ind=2), (In((4, 4)),)),
    "tensorsolve": (lambda t, x, y: t.linalg.tensorsolve((x + 3 * t.eye(4, dtype=x.dtype)).reshape(2, 2, 2, 2), y, dims=None), (In((4, 4)), In((2, 2)))),
    "diagonal": (lambda t, x: t.linalg.diagonal(x, offset=1, dim1=0, dim2=1), (In((3, 3)),)),
    "vander": (lambda t, x: t.linalg.vander(x, N=4), (In((3,)),)),
    "eig": (lambda t, x: t.linalg.eig(x @ x.mT + t.diag(t.arange(3, dtype=x.dtype))).eigenvalues.real.sort().values, (In((3, 3)),)),
    "old": (lambda t, x: (t.inverse(x + 3 * t.eye(3, dtype=x.dtype)), t.logdet(x @ x.mT + t.eye(3, dtype=x.dtype)), t.pinverse(x, rcond=1e-7),
                          t.svd(x).S, t.qr(x, some=True).R.abs(), t.chain_matmul(x, x), x.pinverse(), x.inverse()), (In((3, 3), "distinct"),)),
    "old-cholesky": (lambda t, x: (t.cholesky(x @ x.mT + t.eye(3, dtype=x.dtype), upper=True), t.cholesky_inverse(t.eye(3, dtype=x.dtype) * 2, upper=True),
                                   t.cholesky_solve(x, t.eye(3, dtype=x.dtype) * 2, upper=True)), (In((3, 3)),)),
    "old-lu": (lambda t, x: (lambda lu, pivots: (t.lu_solve(x, lu, pivots), *t.lu_unpack(lu, pivots, unpack_data=True, unpack_pivots=True)))(
        *t.linalg.lu_factor(x + 3 * t.eye(3, dtype=x.dtype))), (In((3, 3)),)),
    "old-svd": (lambda t, x: (t.svd(x, some=False, compute_uv=True).S, x.svd().S, x.qr(some=False).R.abs()), (In((3, 2)),)),
}  # fmt: skip
_OUT: dict[str, Any] = {
    "cross": lambda t, x, **o: t.linalg.cross(x, x.flip(0), **o), "lu_solve": lambda t, x, **o: t.linalg.lu_solve(*t.linalg.lu_factor(x), x, **o),
    "multi_dot": lambda t, x, **o: t.linalg.multi_dot((x, x, x), **o), "vecdot": lambda t, x, **o: t.linalg.vecdot(x, x, **o),
    "tensordot": lambda t, x, **o: t.tensordot(x, x, 1, **o), "normalize": lambda t, x, **o: t.nn.functional.normalize(x, eps=1e-3, **o),
}  # fmt: skip
op("linalg.options", dtypes=FLOATS, tolerance="matmul", method=False, refuses=False, differentiable=True, extensions=("linalg",), samples=[
    *(Sample(name, lambda t, *x, call=call: quietly(lambda: call(t, *x)), inputs, gradient=False, also=("float64",))
      for name, (call, inputs) in _L.items()),
    *(Sample(f"out-{name}", lambda t, x, call=call: _into(t, lambda **o: call(t, x, **o), x), (In((3, 3), "distinct"),), gradient=False)
      for name, call in _OUT.items()),
])  # fmt: skip


@case("linalg.options/error/drivers/float32", dtypes=("float32",), extensions=("linalg",))
def _drivers(subject: Subject) -> None:
    t = subject.torch
    tall, right = t.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), t.ones(3, 1)
    solved = t.linalg.lstsq(tall, right, driver="gelsy").solution  # whose last digits vary from run to run in PyTorch
    expect(bool(((solved - t.linalg.pinv(tall) @ right).abs() < 1e-4).all()), "the solution of the driver gelsy")
    expect_raises(lambda: t.linalg.lstsq(t.ones(3, 2), t.ones(3, 1), driver="fast"), RuntimeError, "driver")
    expect_raises(lambda: t.linalg.qr(t.ones(2, 2), mode="half"), RuntimeError, "qr received unrecognized mode 'half'")
    expect_raises(
        lambda: t.linalg.lu(t.eye(2), pivot=False),
        (RuntimeError, NotImplementedError),
        "LU without pivoting is not implemented",
    )
    expect_raises(
        lambda: t.linalg.lu_factor(t.eye(2), pivot=False),
        (RuntimeError, NotImplementedError),
        "LU without pivoting is not implemented",
    )
    expect_raises(lambda: t.linalg.cholesky_ex(-t.eye(2), check_errors=True), RuntimeError, "not positive-definite")
    expect_raises(lambda: t.linalg.inv_ex(t.zeros(2, 2), check_errors=True), RuntimeError, "singular")


# -- functions of every family -------------------------------------------------------------------------------------------

_ENDINGS = (
    "abs", "acos", "arccos", "arcsin", "arcsinh", "arctan", "arctanh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg2rad",
    "erf", "erfc", "exp", "exp2", "expm1", "fix", "floor", "frac", "i0", "nan_to_num", "neg", "negative", "rad2deg", "round", "sigmoid",
    "sin", "sinc", "sinh", "square", "tan", "tanh", "trunc",
)  # fmt: skip
_F: dict[str, tuple[Any, tuple[In, ...]]] = {
    "addbmm": (lambda t, x, y: t.addbmm(x, y, y, beta=0.5, alpha=2.0), (In((2, 2)), In((3, 2, 2)))),
    "baddbmm": (lambda t, x, y: t.baddbmm(x, y, y, beta=0.5, alpha=2.0), (In((2, 2)), In((3, 2, 2)))),
    "cdist": (lambda t, x, y: tuple(t.cdist(x, y, compute_mode=f"{mode}use_mm_for_euclid_dist{end}") for mode, end in (("", ""), ("donot_", ""), ("", "_if_necessary"))),
              (In((3, 2)), In((4, 2)))),
    "pdist": (lambda t, x: t.nn.functional.pdist(x, p=1.0), (In((3, 2), "distinct"),)),
    "diagonal_scatter": (lambda t, x, y: t.diagonal_scatter(x, y, offset=1, dim1=1, dim2=0), (In((3, 3)), In((2,)))),
    "index_reduce": (lambda t, x, y: tuple(t.index_reduce(x, 0, t.tensor([0, 2, 0]), y, each, include_self=False) for each in ("prod", "mean", "amax", "amin")), (In((3, 2)), In((3, 2), "distinct"))),
    "index_reduce-own": (lambda t, x, y: x.clone().index_reduce_(0, t.tensor([0, 2, 0]), y, "amax", include_self=False), (In((3, 2)), In((3, 2), "distinct"))),
    "nanmean": (lambda t, x: t.nanmean(x, dtype=t.float64), (In((3, 2)),)),
    "repeat_interleave": (lambda t, x: t.repeat_interleave(x, t.tensor([1, 2, 0]), dim=0, output_size=3), (In((3, 2)),)),
    "scatter": (lambda t, x, y: (t.scatter(x, 1, t.tensor([[0], [1]]), value=2.5), t.scatter(x, 1, t.tensor([[0], [1]]), 2.0, reduce="add"),
                                 x.scatter(1, t.tensor([[0], [1]]), 2.0, reduce="multiply"), x.clone().scatter_(0, t.tensor([[0, 1]]), y, reduce="add"),
                                 x.clone().scatter_(0, t.tensor([[0, 1]]), y, reduce="multiply")), (In((2, 2)), In((1, 2)))),
    "split": (lambda t, x: (*t.split(x, 2, dim=1), *t.unsafe_split(x, 2, dim=1), *t.unsafe_chunk(x, 2, dim=1), *t.unsafe_split_with_sizes(x, (1, 2), dim=1)), (In((2, 3)),)),
    "sub": (lambda t, x, y: (t.sub(x, y, alpha=2), t.rsub(x, y, alpha=3), t.subtract(x, y, alpha=2)), (In((2, 3)), In((2, 3)))),
    "unique": (lambda t, x: t.unique(x.round() + 0.0, sorted=False).sort().values, (In((3, 3)),)),
    "min": (lambda t, x: _into_two(t, lambda **o: t.min(x, 1, **o), x.dtype), (In((2, 3), "distinct"),)),
    "max": (lambda t, x: _into_two(t, lambda **o: t.max(x, 1, **o), x.dtype), (In((2, 3), "distinct"),)),
    "median": (lambda t, x: (*_into_two(t, lambda **o: t.median(x, 1, **o), x.dtype), *_into_two(t, lambda **o: t.nanmedian(x, 1, **o), x.dtype)), (In((2, 3), "distinct"),)),
    "mode": (lambda t, x: _into_two(t, lambda **o: t.mode(x.round(), 1, **o), x.dtype), (In((2, 3), "distinct"),)),
    "isin": (lambda t, x: (t.isin(1.0, x), t.isin(x, 1.0, assume_unique=True, invert=True)), (In((2, 3)),)),
    "resize_as_": (lambda t, x, y: t.resize_as_(x.clone(), y), (In((2, 3)), In((3, 2)))),
    "zero_": (lambda t, x: (t.zero_(x.clone()), t.fill_(x.clone(), 2.0), x.clone().fill_(t.tensor(3.0, dtype=x.dtype))), (In((2, 3)),)),
    "sum_to_size": (lambda t, x: (x.sum_to_size(1, 3), x.sum_to_size(size=(2, 1))), (In((2, 3)),)),
    "tile": (lambda t, x: (x.tile(2, 1), x.tile(dims=(2,)), x.repeat(repeats=(1, 2)), x.permute(dims=(1, 0)), x.reshape(shape=(3, 2)), x.expand(size=(2, 2, 3))), (In((2, 3)),)),
    "expand": (lambda t, x: x.expand(2, 3, implicit=True), (In((1, 3)),)),
    "view-as": (lambda t, x, y: (x.view_as(y), x.reshape_as(y), x.type_as(y), x.view(size=(3, 2))), (In((2, 3)), In((3, 2)))),
    "swap": (lambda t, x: (x.clone().swapaxes_(0, 1), x.clone().swapdims_(0, 1), x.clone().as_strided_((2,), (1,)), t.as_strided_(x.clone(), (2,), (2,), 1)), (In((2, 3)),)),
    "real": (lambda t, x: (t.real(x), t.resolve_conj(x), t.resolve_neg(x), x.resolve_neg()), (In((2, 3)),)),
    "embedding": (lambda t, w: t.nn.functional.embedding(t.tensor([0, 2]), w.clone(), max_norm=1.0, norm_type=1.0), (In((3, 2)),)),
    "embedding_renorm_": (lambda t, w: t.embedding_renorm_(w.clone(), t.tensor([0, 2]), 0.5, 2.0), (In((3, 2)),)),
    "addition": (lambda t, x, y: (x.clone().addbmm_(y, y, beta=0.5), x.clone().addmv_(x, x[0]) if x.shape[0] == 9 else x[0].clone().addmv_(x, x[0]),
                                  x.clone().addr_(x[0], x[1], alpha=2), y.clone().baddbmm_(y, y, alpha=2), t.addmv_(x[0].clone(), x, x[0])), (In((2, 2)), In((3, 2, 2)))),
    "comparing": (lambda t, x, y: (x.clone().greater_(y), x.clone().greater_equal_(y), x.clone().less_(y), x.clone().less_equal_(y), x.clone().not_equal_(y)), (In((2, 3)), In((2, 3)))),
    "named-else": (lambda t, x: (x.clone().arctan2_(x + 3), x.clone().divide_(2.0), x.clone().multiply_(2), x.clone().subtract_(1, alpha=2), x.clone().true_divide_(3), x.clone().negative_(), x.clone().fix_(), x.clone().absolute_()), (In((2, 3)),)),
    "functions-in-place": (lambda t, x: tuple(getattr(t, f"{name}_")(x.clone()) for name in _ENDINGS), (In((2, 3), "unit"),)),
    "methods-in-place": (lambda t, x: tuple(getattr(x.clone(), f"{name}_")() for name in _ENDINGS if hasattr(x, f"{name}_")), (In((2, 3), "unit"),)),
    "above-one": (lambda t, x: (t.acosh_(x + 2), t.arccosh_(x + 2), (x + 2).arccosh_(), (x + 3).mvlgamma_(2), (x + 2).polygamma_(2)), (In((2, 3), "unit"),)),
    "bounded": (lambda t, x: (t.clamp_(x.clone(), -0.5, 0.5), t.clip_(x.clone(), min=0.0), t.clamp_min_(x.clone(), 0.1), t.clamp_max_(x.clone(), 0.1), x.clone().clip_(max=0.2),
                              t.xlogy_(x.clone(), x.abs() + 1), t.ldexp_(x.clone(), x.round()), t.logit_(x.abs() / 2 + 0.2, eps=1e-3), x.clone().conj_physical_(), t.conj_physical_(x.clone())), (In((2, 3), "unit"),)),
}  # fmt: skip
_POSITIVE = ("log", "log10", "log1p", "log2", "reciprocal", "rsqrt", "sqrt")
op("functions.options", dtypes=FLOATS, turned=False, tolerance="transcendental", method=False, refuses=False, differentiable=True, samples=[
    *(Sample(name, lambda t, *x, call=call: quietly(lambda: call(t, *x)), inputs, gradient=False, also=("int64", "float64", "bool"))
      for name, (call, inputs) in _F.items()),
    Sample("positive-in-place", lambda t, x: tuple(getattr(t, f"{name}_")(x.clone()) for name in _POSITIVE), (In((2, 3), "positive"),), gradient=False),
])  # fmt: skip
op("parts.options", dtypes=FLOATS, turned=False, tolerance="exact", method=False, refuses=False, differentiable=True,
   extensions=("bytes",), samples=[
    Sample("imaginary", lambda t, x: (t.imag(t.complex(x, x + 1)), t.real(t.complex(x, x + 1))), (In((2, 3)),)),
])  # fmt: skip
op("integers.options", dtypes=("int64",), tolerance="exact", method=False, refuses=False, differentiable=False, samples=[
    Sample("in-place", lambda t, x, y: (t.gcd_(x.clone(), y), t.lcm_(x.clone(), y), t.index_put_(x.clone(), (t.tensor([0]),), y[:1], accumulate=True),
                                        x.clone().index_put_((t.tensor([0, 0]),), y[:2], accumulate=True)), (In((4,), "positive"), In((4,), "positive"))),
    Sample("unravelled", lambda t, x: t.unravel_index(x.abs(), (3, 4)), (In((4,), "positive"),)),
])  # fmt: skip

# -- factories -----------------------------------------------------------------------------------------------------------

_SIZED = ("zeros", "ones", "empty", "rand", "randn")
_LIKE = ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like")
_FACTORIES: dict[str, Callable[..., Any]] = {
    **{name: lambda t, name=name, **o: getattr(t, name)(2, 3, **o) for name in _SIZED},
    "arange": lambda t, **o: t.arange(6, **o), "eye": lambda t, **o: t.eye(2, **o), "full": lambda t, **o: t.full((2,), 3, **o),
    "linspace": lambda t, **o: t.linspace(0, 1, 3, **o), "logspace": lambda t, **o: t.logspace(0, 1, 3, **o),
    "normal": lambda t, **o: t.normal(0.0, 1.0, (3,), **o), "randint": lambda t, **o: t.randint(3, (3,), **o),
    "randperm": lambda t, **o: t.randperm(3, **o),
}  # fmt: skip
_WITHOUT_OUT: dict[str, Callable[..., Any]] = {
    **{name: lambda t, name=name, **o: getattr(t, name)(t.ones(2, 3), **o) for name in _LIKE},
    "full_like": lambda t, **o: t.full_like(t.ones(2), 3, **o), "randint_like": lambda t, **o: t.randint_like(t.ones(2), high=9, **o),
    "empty_strided": lambda t, **o: t.empty_strided((2, 3), (1, 2), **o), "scalar_tensor": lambda t, **o: t.scalar_tensor(3, **o),
    "tril_indices": lambda t, **o: t.tril_indices(2, 3, **o), "triu_indices": lambda t, **o: t.triu_indices(2, 3, **o),
    "empty_permuted": lambda t, **o: t.empty_permuted((2, 3), (1, 0), **o),
}  # fmt: skip
_NEWER: dict[str, Callable[..., Any]] = {
    "cauchy": lambda t, **o: t.cauchy(0, 1, (3,), **o), "exponential": lambda t, **o: t.exponential(1.0, (3,), **o),
    "log_normal": lambda t, **o: t.log_normal(0, 1, (3,), **o), "geometric": lambda t, **o: t.geometric(0.5, (3,), **o),
}  # fmt: skip
_INTEGERS = ("tril_indices", "triu_indices")


def _told(name: str, make: Callable[..., Any], out: bool, address: str) -> None:
    @case(f"{address}/options/{name}/float64", dtypes=("float64", "float32", "int64"))
    def check(subject: Subject) -> None:
        t = subject.torch
        device, wanted = t.empty(0).device, t.int32 if name in _INTEGERS else t.float64
        made = make(t, dtype=wanted, layout=t.strided, device=device, pin_memory=False, requires_grad=False)
        expect_equal(
            (made.dtype is wanted, made.layout is t.strided, made.device == device),
            (True, True, True),
            "dtype, layout and device",
        )
        if name not in _INTEGERS:
            expect_equal(make(t, dtype=wanted, requires_grad=True).requires_grad, True, "whether a gradient is wanted")
        if out:
            target = t.empty(0, dtype=wanted)
            expect(make(t, dtype=wanted, out=target) is target, "out= is what is returned")
            expect_equal(tuple(target.shape), tuple(made.shape), "the shape of out=")
        if name.endswith("_like"):
            kept = make(t, memory_format=t.contiguous_format)
            expect_equal(kept.is_contiguous(), True, "the format of the memory")

    _ = check


for _name, _make in _FACTORIES.items():
    _told(_name, _make, True, "factories")
for _name, _make in _WITHOUT_OUT.items():
    _told(_name, _make, False, "factories")
for _name, _make in _NEWER.items():
    _told(_name, _make, True, "newer")


@case("factories/options/sizes/float32", dtypes=("float32", "int64"))
def _sizes(subject: Subject) -> None:
    t = subject.torch
    for name in _SIZED:
        expect_equal(tuple(getattr(t, name)(size=(2, 3)).shape), (2, 3), f"the shape of {name} with size=")
    expect_equal(t.empty(2, 3, memory_format=t.contiguous_format).is_contiguous(), True, "the format of the memory")
    device = t.empty(0).device
    expect_equal(t.as_tensor([1.0], device=device).device == device, True, "the device of as_tensor")
    copied = t.asarray([1.0], device=device, requires_grad=True, copy=True)
    expect_equal((copied.device == device, copied.requires_grad), (True, True), "asarray")
    new = t.ones(1).new_tensor([2.0], dtype=t.float64, device=device, requires_grad=True)
    expect_equal((str(new.dtype), new.requires_grad), ("torch.float64", True), "new_tensor")
    for made in (t.ones(1).new_empty((2,), dtype=t.int64), t.ones(1).new_empty_strided((2,), (1,), dtype=t.int64)):
        expect_equal((tuple(made.shape), str(made.dtype)), ((2,), "torch.int64"), "what is made like another")
    expect_equal(
        quietly(
            lambda: t.range(
                start=0, end=2, step=0.5, dtype=t.float32, layout=t.strided, device=device, requires_grad=True, out=None
            )
        ).tolist(),
        [0.0, 0.5, 1.0, 1.5, 2.0],
        "range holds its end",
    )
    drawn = t.bernoulli(t.tensor([0.5, 0.5]), 1.0)
    expect_equal(drawn.tolist(), [1.0, 1.0], "a probability beside the tensor")
    target = t.empty(2)
    expect(t.bernoulli(t.ones(2), out=target) is target, "out= of bernoulli")
    places = t.empty(0, dtype=t.int64)
    expect(t.multinomial(t.ones(3), 2, out=places) is places, "out= of multinomial")
    g = t.Generator(device=device).manual_seed(1)
    check_alike(subject, [t.binomial(t.tensor([5.0]), t.tensor([1.0]), generator=g)], [t.tensor([5.0])], "exact")
    expect_equal(
        [t.randint_like(t.ones(2), 5, 6).tolist(), t.ones(2).bernoulli().tolist()],
        [[5.0, 5.0], [1.0, 1.0]],
        "drawn without choice",
    )
    expect_equal(t.ones(3).multinomial(3).sort().values.tolist(), [0, 1, 2], "all places")


@case(
    "formats/options/conversions/float32",
    dtypes=("float32", "float64", "int64", "int32", "uint8", "bool"),
    extensions=("bytes",),
)
def _formats(subject: Subject) -> None:
    t = subject.torch
    x, kept = t.tensor([1.0, 0.0]), {"memory_format": t.preserve_format}
    for name in ("bool", "double", "float", "int", "long"):
        expect_equal(
            getattr(x, name)(**kept).tolist(), [1, 0] if name != "bool" else [True, False], f"the numbers after {name}"
        )
    expect_equal([getattr(x, name)().element_size() for name in ("byte", "long", "int")], [1, 8, 4], "the sizes")
    expect_equal(x.clone(memory_format=t.contiguous_format).tolist(), [1.0, 0.0], "a clone")
    expect_equal(x.contiguous(memory_format=t.contiguous_format) is x, True, "what is contiguous stays itself")
    expect_equal(x.is_contiguous(memory_format=t.contiguous_format), True, "whether it is contiguous")
    expect_equal(t.empty(2).copy_(x, non_blocking=True).tolist(), [1.0, 0.0], "a copy")
    expect_equal(x.cpu(memory_format=t.preserve_format).tolist(), [1.0, 0.0], "in the CPU's memory")
    expect_equal(x.cpu().clone().requires_grad_().numpy(force=True).tolist(), [1.0, 0.0], "an array by force")
    expect_equal(str(x.type(dtype=t.float64, non_blocking=True).dtype), "torch.float64", "the type")
    expect_equal(x.view(dtype=t.int32).tolist(), [1065353216, 0], "the bits as another dtype")
    expect_equal(tuple(x.clone().resize_(size=(1, 2), memory_format=t.contiguous_format).shape), (1, 2), "the size")
    lent = t.empty(0).set_(x.untyped_storage(), storage_offset=1, size=(1,), stride=(1,))
    expect_equal((lent.tolist(), lent.storage_offset()), ([0.0], 1), "what memory a tensor is set to")
    expect_equal((x.size(dim=0), t.zeros(2, 3).stride(dim=0), x.ndimension()), (2, 3, 1), "sizes by keyword")
    detached = x.clone().requires_grad_().mul(2).detach_()
    expect_equal(
        (detached.requires_grad, t.detach(detached).tolist(), t.detach_(detached) is detached),
        (False, [2.0, 0.0], True),
        "without history",
    )
