"""Results that equal an argument, and gradients that equal what comes in, and have yet a memory of their own.

Matrices are multiplied by one, windows have a size of 1, slices take all there is. :mod:`.own_memory` has what is done element
by element.
"""

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...subject import Subject
from .own_memory import expect_a_copy

_Call = Callable[[Any, Any], Any]

_ONE, _MATRIX, _VECTOR = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0, 3.0]
_PLANE, _ROW, _IMAGE = [_MATRIX], [_VECTOR], [[_MATRIX]]


def _same_places(t: Any) -> Any:
    return t.arange(4).reshape(1, 2, 2)


_RESULTS: dict[str, tuple[Any, _Call]] = {
    "inv": (_ONE, lambda t, x: t.linalg.inv(x)),
    "inv_ex": (_ONE, lambda t, x: t.linalg.inv_ex(x).inverse),
    "pinv": (_ONE, lambda t, x: t.linalg.pinv(x)),
    "matrix_power": (_ONE, lambda t, x: t.linalg.matrix_power(x, -3)),
    "cholesky": (_ONE, lambda t, x: t.linalg.cholesky(x)),
    "cholesky_inverse": (_ONE, lambda t, x: t.cholesky_inverse(x)),
    "cholesky_solve": (_MATRIX, lambda t, x: t.cholesky_solve(x, t.eye(2))),
    "cholesky_solve-ones": (_ONE, lambda t, x: t.cholesky_solve(t.eye(2), x)),
    "solve": (_MATRIX, lambda t, x: t.linalg.solve(t.eye(2), x)),
    "solve-ones": (_ONE, lambda t, x: t.linalg.solve(x, t.eye(2))),
    "solve_triangular": (_MATRIX, lambda t, x: t.linalg.solve_triangular(t.eye(2), x, upper=True)),
    "solve_triangular-ones": (_ONE, lambda t, x: t.linalg.solve_triangular(x, t.eye(2), upper=False)),
    "lu_solve": (_MATRIX, lambda t, x: t.linalg.lu_solve(*t.linalg.lu_factor(t.eye(2)), x)),
    "bmm": (_PLANE, lambda t, x: t.bmm(x, t.eye(2).reshape(1, 2, 2))),
    "baddbmm": (_PLANE, lambda t, x: t.baddbmm(x, x * 0, x)),
    "addmm": (_MATRIX, lambda t, x: t.addmm(x, x * 0, x)),
    "matmul": (_PLANE, lambda t, x: x @ t.eye(2)),
    "matmul-batch": (_PLANE, lambda t, x: x @ t.eye(2).reshape(1, 2, 2)),
    "multi_dot": (_MATRIX, lambda t, x: t.linalg.multi_dot([x, t.eye(2)])),
    "kron": (_MATRIX, lambda t, x: t.kron(x, t.ones(1, 1))),
    "einsum": (_MATRIX, lambda t, x: t.einsum("ij,jk", x, t.eye(2))),
    "tensordot": (_MATRIX, lambda t, x: t.tensordot(x, t.eye(2), 1)),
    "block_diag": (_MATRIX, lambda t, x: t.block_diag(x)),
    "polygamma": ([-inf, -inf], lambda t, x: t.polygamma(2, x)),
    "max_unpool1d": (_ROW, lambda t, x: t.nn.functional.max_unpool1d(x, t.arange(3).reshape(1, 3), 1)),
    "max_unpool2d": (_PLANE, lambda t, x: t.nn.functional.max_unpool2d(x, _same_places(t), 1)),
    "max_unpool3d": (_IMAGE, lambda t, x: t.nn.functional.max_unpool3d(x, _same_places(t).reshape(1, 1, 2, 2), 1)),
    "max_pool2d": (_PLANE, lambda t, x: t.nn.functional.max_pool2d(x, 1)),
    "avg_pool2d": (_PLANE, lambda t, x: t.nn.functional.avg_pool2d(x, 1)),
    "adaptive_max_pool2d": (_PLANE, lambda t, x: t.nn.functional.adaptive_max_pool2d(x, 2)),
    "adaptive_avg_pool2d": (_PLANE, lambda t, x: t.nn.functional.adaptive_avg_pool2d(x, 2)),
    "interpolate": (_IMAGE, lambda t, x: t.nn.functional.interpolate(x, size=(2, 2))),
    "pixel_shuffle": (_IMAGE, lambda t, x: t.nn.functional.pixel_shuffle(x, 1)),
    "pixel_unshuffle": (_IMAGE, lambda t, x: t.nn.functional.pixel_unshuffle(x, 1)),
    "pad-reflect": (_PLANE, lambda t, x: t.nn.functional.pad(x, (0, 0), "reflect")),
    "pad-replicate": (_PLANE, lambda t, x: t.nn.functional.pad(x, (0, 0), "replicate")),
    "pad-circular": (_PLANE, lambda t, x: t.nn.functional.pad(x, (0, 0), "circular")),
    "tile": (_VECTOR, lambda t, x: x.tile(1)),
    "repeat_interleave": (_VECTOR, lambda t, x: x.repeat_interleave(1)),
    "flip": (_VECTOR, lambda t, x: x.flip(())),
    "rot90": (_MATRIX, lambda t, x: t.rot90(x, 0)),
    "diff": (_VECTOR, lambda t, x: t.diff(x, n=0)),
    "take": (_VECTOR, lambda t, x: x.take(t.arange(3))),
    "embedding": (_MATRIX, lambda t, x: t.nn.functional.embedding(t.arange(2), x)),
}  # fmt: skip
"""Of each function an argument, and a call that gives its elements."""

_GRADIENTS: dict[str, tuple[Any, _Call]] = {
    "getitem-slice": (_VECTOR, lambda t, x: x[0:3]),
    "getitem-open": (_VECTOR, lambda t, x: x[-5:]),
    "getitem-number": (_ROW, lambda t, x: x[0]),
    "getitem-last": (_ROW, lambda t, x: x[-1:]),
    "getitem-places": (_VECTOR, lambda t, x: x[t.arange(3)]),
    "getitem-mask": (_VECTOR, lambda t, x: x[t.tensor([True] * 3)]),
    "narrow": (_VECTOR, lambda t, x: x.narrow(0, 0, 3)),
    "select": (_ROW, lambda t, x: x.select(0, 0)),
    "split": (_VECTOR, lambda t, x: x.split(3)[0]),
    "chunk": (_VECTOR, lambda t, x: x.chunk(1)[0]),
    "unbind": (_ROW, lambda t, x: x.unbind(0)[0]),
    "index_select": (_VECTOR, lambda t, x: x.index_select(0, t.arange(3))),
    "gather": (_VECTOR, lambda t, x: x.gather(0, t.arange(3))),
    "take": (_VECTOR, lambda t, x: x.take(t.arange(3))),
    "flip": (_VECTOR, lambda t, x: x.flip(())),
    "roll": (_VECTOR, lambda t, x: x.roll(0)),
    "as_strided": (_VECTOR, lambda t, x: x.as_strided((3,), (1,))),
    "unfold": (_VECTOR, lambda t, x: x.unfold(0, 3, 1)),
    "pad": (_VECTOR, lambda t, x: t.nn.functional.pad(x, (0, 0))),
    "index_put": (_VECTOR, lambda t, x: t.zeros(3).index_put((t.arange(3),), x)),
    "index_add": (_VECTOR, lambda t, x: t.zeros(3).index_add(0, t.arange(3), x)),
    "index_copy": (_VECTOR, lambda t, x: t.zeros(3).index_copy(0, t.arange(3), x)),
    "scatter": (_VECTOR, lambda t, x: t.zeros(3).scatter(0, t.arange(3), x)),
    "masked_select": (_VECTOR, lambda t, x: x.masked_select(t.tensor([True] * 3))),
    "masked_fill": (_VECTOR, lambda t, x: x.masked_fill(x < 0, 0.0)),
    "where": (_VECTOR, lambda t, x: t.where(x > 0, x, 0.0)),
    "sort": (_VECTOR, lambda t, x: x.sort().values),
    "max_pool2d": (_PLANE, lambda t, x: t.nn.functional.max_pool2d(x, 1)),
    "max_unpool2d": (_PLANE, lambda t, x: t.nn.functional.max_unpool2d(x, _same_places(t), 1)),
    "avg_pool2d": (_PLANE, lambda t, x: t.nn.functional.avg_pool2d(x, 1)),
    "matmul": (_PLANE, lambda t, x: x @ t.eye(2)),
    "solve": (_MATRIX, lambda t, x: t.linalg.solve(t.eye(2), x)),
    "solve_triangular": (_MATRIX, lambda t, x: t.linalg.solve_triangular(t.eye(2), x, upper=True)),
}  # fmt: skip
"""The same, of functions whose slope is 1."""

_LINALG = ("inv", "inv_ex", "pinv", "matrix_power", "cholesky", "cholesky_inverse", "cholesky_solve", "solve", "solve_triangular",
           "lu_solve")  # fmt: skip


def _check_gradient(subject: Subject, elements: Any, call: _Call) -> None:
    t = subject.torch
    x = t.tensor(elements, requires_grad=True)
    y = call(t, x)
    grad = (t.arange(y.numel()) + 1.0).reshape(y.shape)
    before = grad.tolist()
    (found,) = t.autograd.grad(y, x, grad)
    expect_equal(found.flatten().tolist(), grad.flatten().tolist(), "the gradient")
    found.fill_(9)
    expect_equal(grad.tolist(), before, "what came in, after a write to what went out,")


@case("solve_triangular/gradient/fixed-twice/float32", dtypes=("float32", "int64", "bool"), extensions=("linalg",))
def _check_twice(subject: Subject) -> None:
    """A gradient that equals a matrix which the graph keeps is none of the graph's memory either."""
    t = subject.torch
    calls = {
        "solve": t.linalg.solve,
        "solve_triangular": partial(t.linalg.solve_triangular, upper=True),
        "cholesky_solve": lambda a, b: t.cholesky_solve(b, a),
        "matmul": t.matmul,
    }
    for name, call in calls.items():
        one, other = t.tensor(_ONE, requires_grad=True), t.tensor(_MATRIX, requires_grad=True)
        y = call(one, other)
        for time in ("first", "second"):
            (found,) = t.autograd.grad(y, other, t.eye(2), retain_graph=True)
            expect_equal(found.tolist(), _ONE, f"the {time} gradient of {name}")
            found.fill_(9)
        expect_equal(one.tolist(), _ONE, f"the matrix of {name}, after a write to the gradient,")


for _table, _aspect, _sample, _check in (
    (_RESULTS, "alias", "fixed-points", expect_a_copy), (_GRADIENTS, "gradient", "fixed-slopes", _check_gradient),
):  # fmt: skip
    for _name, (_elements, _call) in _table.items():
        _op, _, _words = _name.partition("-")
        case(
            f"{_op}/{_aspect}/{_sample}{_words and '-'}{_words}/float32", dtypes=("float32", "int64", "bool"),
            extensions=("linalg",) if _op in _LINALG else (),
        )(partial(_check, elements=_elements, call=_call))  # fmt: skip
