"""The ``out=`` forms of ops that are not element-wise, and the in-place forms that have arguments of their own."""

from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...compare import check_alike, check_same, numbers_of
from ...declare import case
from ...subject import Subject

_X = [[1.0, -2.0, 3.0], [0.5, 5.0, -1.0]]

_OUT: dict[str, Any] = {
    "where": lambda t, x, **o: t.where(x > 0, x, x * 2, **o),
    "clamp": lambda t, x, **o: t.clamp(x, -1, 1, **o),
    "polygamma": lambda t, x, **o: t.polygamma(1, x.abs() + 1, **o),
    "mvlgamma": lambda t, x, **o: t.mvlgamma(x.abs() + 2, 2, **o),
    "clamp_min": lambda t, x, **o: t.clamp_min(x, 0, **o),
    "clamp_max": lambda t, x, **o: t.clamp_max(x, 0, **o),
    "sum": lambda t, x, **o: t.sum(x, 1, **o),
    "mean": lambda t, x, **o: t.mean(x, 1, **o),
    "var": lambda t, x, **o: t.var(x, 1, **o),
    "std": lambda t, x, **o: t.std(x, 1, **o),
    "prod": lambda t, x, **o: t.prod(x, 1, **o),
    "cumsum": lambda t, x, **o: t.cumsum(x, 1, **o),
    "nansum": lambda t, x, **o: t.nansum(x, 1, **o),
    "nanmean": lambda t, x, **o: t.nanmean(x, 1, **o),
    "cumprod": lambda t, x, **o: t.cumprod(x, 1, **o),
    "logsumexp": lambda t, x, **o: t.logsumexp(x, 1, **o),
    "logcumsumexp": lambda t, x, **o: t.logcumsumexp(x, 1, **o),
    "diff": lambda t, x, **o: t.diff(x, **o),
    "softmax": lambda t, x, **o: t.softmax(x, 1, **o),
    "log_softmax": lambda t, x, **o: t.log_softmax(x, 0, **o),
    "norm": lambda t, x, **o: t.norm(x, 2, 1, **o),
    "renorm": lambda t, x, **o: t.renorm(x, 2, 0, 1.0, **o),
    "amax": lambda t, x, **o: t.amax(x, 1, **o),
    "amin": lambda t, x, **o: t.amin(x, 1, **o),
    "any": lambda t, x, **o: t.any(x > 2, 1, **o),
    "all": lambda t, x, **o: t.all(x > 2, 1, **o),
    "mm": lambda t, x, **o: t.mm(x, x.t(), **o),
    "bmm": lambda t, x, **o: t.bmm(x[None], x.t()[None], **o),
    "mv": lambda t, x, **o: t.mv(x, x[0], **o),
    "dot": lambda t, x, **o: t.dot(x[0], x[1], **o),
    "outer": lambda t, x, **o: t.outer(x[0], x[1], **o),
    "matmul": lambda t, x, **o: t.matmul(x, x.t(), **o),
    "addmm": lambda t, x, **o: t.addmm(x[:, :2], x, x.t(), **o),
    "cat": lambda t, x, **o: t.cat((x, x), **o),
    "stack": lambda t, x, **o: t.stack((x, x), **o),
    "hstack": lambda t, x, **o: t.hstack((x, x), **o),
    "vstack": lambda t, x, **o: t.vstack((x, x), **o),
    "dstack": lambda t, x, **o: t.dstack((x, x), **o),
    "column_stack": lambda t, x, **o: t.column_stack((x, x), **o),
    "gather": lambda t, x, **o: t.gather(x, 1, t.tensor([[0], [2]]), **o),
    "scatter": lambda t, x, **o: t.scatter(x, 1, t.tensor([[0], [2]]), 9.0, **o),
    "scatter_add": lambda t, x, **o: t.scatter_add(x, 1, t.tensor([[0], [2]]), x, **o),
    "index_select": lambda t, x, **o: t.index_select(x, 1, t.tensor([2, 0]), **o),
    "nonzero": lambda t, x, **o: t.nonzero(x > 0, **o),
    "addmv": lambda t, x, **o: t.addmv(x[:, 0], x, x[0], **o),
    "addr": lambda t, x, **o: t.addr(x, x[:, 0], x[0], **o),
    "baddbmm": lambda t, x, **o: t.baddbmm(x[:, :2], x[None], x.t()[None], **o),
    "addbmm": lambda t, x, **o: t.addbmm(x[:, :2], x[None], x.t()[None], **o),
    "vdot": lambda t, x, **o: t.vdot(x[0], x[1], **o),
    "inner": lambda t, x, **o: t.inner(x, x, **o),
    "cross": lambda t, x, **o: t.cross(x, x.flip(0), dim=1, **o),
    "kron": lambda t, x, **o: t.kron(x, x, **o),
    "vector_norm": lambda t, x, **o: t.linalg.vector_norm(x, dim=1, **o),
    "linalg_norm": lambda t, x, **o: t.linalg.norm(x, dim=0, **o),
    "take": lambda t, x, **o: t.take(x, t.tensor([[0, 5]]), **o),
    "take_along_dim": lambda t, x, **o: t.take_along_dim(x, t.tensor([[2], [0]]), 1, **o),
    "masked_select": lambda t, x, **o: t.masked_select(x, x > 0, **o),
    "index_add": lambda t, x, **o: t.index_add(x, 1, t.tensor([2]), x[:, :1], **o),
    "index_copy": lambda t, x, **o: t.index_copy(x, 1, t.tensor([2]), x[:, :1], **o),
    "scatter_reduce": lambda t, x, **o: t.scatter_reduce(x, 1, t.tensor([[0], [2]]), x, "amax", **o),
    "narrow_copy": lambda t, x, **o: t.narrow_copy(x, 1, 1, 2, **o),
    "slice_scatter": lambda t, x, **o: t.slice_scatter(x, x[:, :2], 1, 1, **o),
    "hardshrink": lambda t, x, **o: t.hardshrink(x, **o),
}

_BYTES_OUT: dict[str, Any] = {
    "complex": lambda t, x, **o: t.complex(x, x, **o), "polar": lambda t, x, **o: t.polar(x, x, **o),
    "angle": lambda t, x, **o: t.angle(x, **o), "conj_physical": lambda t, x, **o: t.conj_physical(x, **o),
}  # fmt: skip
_LINALG_OUT: dict[str, Any] = {
    "cholesky": lambda t, x, **o: t.linalg.cholesky(x @ x.mT, **o), "inv": lambda t, x, **o: t.linalg.inv(x @ x.mT, **o),
    "svdvals": lambda t, x, **o: t.linalg.svdvals(x, **o), "eigvalsh": lambda t, x, **o: t.linalg.eigvalsh(x @ x.mT, **o),
    "eigvals": lambda t, x, **o: t.linalg.eigvals(x @ x.mT, **o), "pinv": lambda t, x, **o: t.linalg.pinv(x, **o),
    "solve": lambda t, x, **o: t.linalg.solve(x @ x.mT, x, **o), "det": lambda t, x, **o: t.linalg.det(x @ x.mT, **o),
    "solve_triangular": lambda t, x, **o: t.linalg.solve_triangular(x @ x.mT, x, upper=True, **o),
    "matrix_rank": lambda t, x, **o: t.linalg.matrix_rank(x, **o), "matrix_norm": lambda t, x, **o: t.linalg.matrix_norm(x, **o),
    "matrix_power": lambda t, x, **o: t.linalg.matrix_power(x @ x.mT, 2, **o), "cond": lambda t, x, **o: t.linalg.cond(x, **o),
}  # fmt: skip

_ALSO = {"eigvals": ("complex64",)}
_NEEDED = dict.fromkeys(_LINALG_OUT, ("linalg",)) | dict.fromkeys(_BYTES_OUT, ("bytes",))

for _name, _call in (_OUT | _BYTES_OUT | _LINALG_OUT).items():

    @case(f"{_name}/out/plain/float32", dtypes=("float32", *_ALSO.get(_name, ())), extensions=_NEEDED.get(_name, ()))
    def _out(subject: Subject, call: Any = _call) -> None:
        t = subject.torch
        expected = call(t, subject.tensor(_X, "float32"))
        target = t.empty_like(expected)
        returned = call(t, subject.tensor(_X, "float32"), out=target)
        expect(returned is target, "out= did not return its tensor")
        check_alike(subject, [target], [expected], "exact")


_INPLACE: dict[str, Any] = {
    "clamp": lambda x, t: x.clamp_(-1, 1), "clamp_min": lambda x, t: x.clamp_min_(0), "clamp_max": lambda x, t: x.clamp_max_(0),
    "add": lambda x, t: x.add_(x, alpha=2), "cumsum": lambda x, t: x.cumsum_(1),
    "cumprod": lambda x, t: x.cumprod_(1),
    "masked_fill": lambda x, t: x.masked_fill_(x > 0, 7.0), "scatter": lambda x, t: x.scatter_(1, t.tensor([[0], [2]]), 9.0),
    "scatter_add": lambda x, t: x.scatter_add_(1, t.tensor([[0], [2]]), x.clone()), "copy": lambda x, t: x.copy_(x[1].clone()),
    "fill": lambda x, t: x.fill_(4.0), "addmm": lambda x, t: x[:, :2].addmm_(x.clone(), x.clone().t()),
    "eq": lambda x, t: x.eq_(1.0), "ne": lambda x, t: x.ne_(1.0), "lt": lambda x, t: x.lt_(1.0), "le": lambda x, t: x.le_(1.0),
    "gt": lambda x, t: x.gt_(1.0), "ge": lambda x, t: x.ge_(1.0),
}  # fmt: skip
_EXPECTED: dict[str, list[float]] = {
    "clamp": [1, -1, 1, 0.5, 1, -1], "clamp_min": [1, 0, 3, 0.5, 5, 0], "clamp_max": [0, -2, 0, 0, 0, -1],
    "add": [3, -6, 9, 1.5, 15, -3], "cumsum": [1, -1, 2, 0.5, 5.5, 4.5],
    "cumprod": [1, -2, -6, 0.5, 2.5, -2.5], "masked_fill": [7, -2, 7, 7, 7, -1],
    "scatter": [9, -2, 3, 0.5, 5, 9], "scatter_add": [2, -2, 3, 0.5, 5, -0.5], "copy": [0.5, 5, -1, 0.5, 5, -1],
    "fill": [4] * 6, "addmm": [15, -14.5, 3, -12, 31.25, -1],
    "eq": [1, 0, 0, 0, 0, 0], "ne": [0, 1, 1, 1, 1, 1], "lt": [0, 1, 0, 1, 0, 1], "le": [1, 1, 0, 1, 0, 1],
    "gt": [0, 0, 1, 0, 1, 0], "ge": [1, 0, 1, 0, 1, 0],
}  # fmt: skip

for _name, _call in _INPLACE.items():

    @case(f"{_name}/inplace/arguments/float32", dtypes=("float32",))
    def _inplace(subject: Subject, name: str = _name, call: Any = _call) -> None:
        x = subject.tensor(_X, "float32")
        call(x, subject.torch)
        expected = [float(value) for value in _EXPECTED[name]]
        check_same(subject, numbers_of(x), expected, "float32", "arithmetic")


@case("out/error/dtype/float32", dtypes=("float32", "int64"))
def _cast(subject: Subject) -> None:
    t = subject.torch
    target = t.zeros(2, dtype=t.int64)
    pattern = "can't be cast to the desired output type Long"
    expect_raises(lambda: t.add(t.tensor([1.5, 2.5]), 1, out=target), RuntimeError, pattern)
    expect_equal(target.tolist(), [0, 0], "the target, which must not be changed,")
