"""Keys in brackets, and the functions that read and write by index, compared with PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import flambeau
from copying_backends import FrozenBackend, registered
from flambeau.backend.types import CHECK_KERNELS

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_SETTINGS = settings(
    derandomize=True,
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

_NAMES = """
x = M.arange(6.0).reshape(2, 3); i = M.arange(6).reshape(2, 3); b = i > 2; r = M.ones(2, 3, requires_grad=True)
"""

EXPRESSIONS = """
M.index_add(x,0,M.tensor([0,1,0]),M.ones(3,3))
M.index_add(x,0,M.tensor([0,1,0]),M.ones(3,3),alpha=2)
M.index_add(x,0,M.tensor([0,5]),M.ones(2,3))
M.index_add(x,0,M.tensor([0,-1]),M.ones(2,3))
M.index_add(x,0,M.tensor([0]),M.ones(2,3))
M.index_add(x,0,M.tensor([0,1]),M.ones(2,4))
M.index_add(x,0,M.tensor([0,1]),i)
M.index_add(x,0,M.tensor([0.,1]),x)
M.index_add(x,0,M.tensor([0,1],dtype=M.int32),x)
M.index_add(x,0,M.tensor([[0,1]]),x)
M.index_add(x,2,M.tensor([0,1]),x)
M.index_add(x,-1,M.tensor([0,1]),M.ones(2,2))
M.index_add(i,0,M.tensor([0,0]),i,alpha=1.5)
M.index_add(i,0,M.tensor([0,0]),i,alpha=2)
M.index_add(b,0,M.tensor([0,0]),b)
M.index_add(M.tensor(1.),0,M.tensor([0]),M.tensor([2.]))
M.index_add(M.tensor(1.),0,M.tensor(0),M.tensor(2.))
M.index_add(x,0,M.tensor(1),M.ones(3))
M.index_add(x,0,M.tensor(1),M.ones(1,3))
M.index_add(M.zeros(3),0,M.tensor(1),M.tensor(5.))
r.index_add(0,M.tensor([0]),M.ones(1,3)).grad_fn.name()
x.index_add_(0,M.tensor([0]),M.ones(1,3))
M.index_copy(x,0,M.tensor([1,0]),M.ones(2,3))
M.index_copy(x,0,M.tensor([1,7]),M.ones(2,3))
M.index_copy(x,0,M.tensor([-1]),M.ones(1,3))
M.index_copy(x,0,M.tensor([1]),M.ones(2,3))
M.index_copy(x,0,M.tensor([1]),M.ones(1,4))
M.index_copy(x,0,M.tensor([1]),i[:1])
M.index_copy(x,0,M.tensor([1],dtype=M.int32),x[:1])
M.index_copy(x,0,M.tensor([[1]]),x[:1])
M.index_copy(x,0,M.tensor(1),M.ones(3))
M.index_copy(M.tensor(1.),0,M.tensor([0]),M.tensor([2.]))
M.index_copy(M.tensor(1.),0,M.tensor(0),M.tensor(2.))
r.index_copy(0,M.tensor([0]),M.ones(1,3)).grad_fn.name()
M.index_fill(x,0,M.tensor([1]),9)
M.index_fill(x,1,M.tensor([0,-1]),9.5)
M.index_fill(x,0,M.tensor([5]),9)
M.index_fill(x,0,M.tensor([1]),M.tensor(3.))
M.index_fill(x,0,M.tensor([1]),M.tensor([3.]))
M.index_fill(i,0,M.tensor([1]),1.5)
M.index_fill(x,0,M.tensor([1],dtype=M.int32),9)
M.index_fill(x,0,M.tensor([[1]]),9)
M.index_fill(x,0,M.tensor(1),9)
M.index_fill(M.tensor(1.),0,M.tensor([0]),2)
M.index_fill(b,0,M.tensor([0]),True)
r.index_fill(0,M.tensor([0]),2).grad_fn.name()
x.index_fill_(1,M.tensor([0]),2)
M.index_put(x,(M.tensor([0,1]),M.tensor([2,2])),M.tensor([5.,6]))
M.index_put(x,(M.tensor([0,0]),M.tensor([2,2])),M.tensor([5.,6]),accumulate=True)
M.index_put(x,(M.tensor([0]),),M.tensor(5.))
M.index_put(x,[M.tensor([0])],M.ones(3))
M.index_put(x,(None,M.tensor([0])),M.tensor(5.))
M.index_put(x,(x>2,),M.tensor(5.))
M.index_put(x,(x>2,),M.tensor(5.),True)
M.index_put(x,(M.tensor([0,9]),),M.tensor(5.))
M.index_put(x,(M.tensor([-1]),),M.tensor(5.))
M.index_put(x,(M.tensor([0]),),M.tensor(5))
M.index_put(x,(M.tensor([0]),),M.ones(4))
M.index_put(x,(M.tensor([0.]),),M.ones(3))
M.index_put(x,(M.tensor([0]),)*3,M.ones(3))
M.index_put(x,(0,),M.ones(3))
M.index_put(x,(M.tensor([0]),),5.)
x.index_put_((M.tensor([0]),),M.tensor(5.))
M.index_put_(x,(M.tensor([0]),),M.tensor(5.))
r.index_put((M.tensor([0]),),M.tensor(5.)).grad_fn.name()
M.index_reduce(x,0,M.tensor([0,0]),M.ones(2,3)*2,'prod')
M.index_reduce(x,0,M.tensor([0,0]),M.ones(2,3)*2,'mean')
M.index_reduce(x,0,M.tensor([0,0]),M.ones(2,3)*2,'amax',include_self=False)
M.index_reduce(x,0,M.tensor([0,0]),M.ones(2,3)*2,'amin')
M.index_reduce(x,0,M.tensor([0,0]),M.ones(2,3)*2,'sum')
M.index_reduce(x,0,M.tensor([0,0]),M.ones(2,3)*2,'mean',include_self=False)
M.index_reduce(i,0,M.tensor([0,0]),i,'mean')
M.index_reduce(i,0,M.tensor([0,0]),i,'prod')
M.masked_select(x,x>2)
M.masked_select(x,M.tensor([True,False,True]))
M.masked_select(M.arange(3),M.tensor([[True,False,True],[True]*3]))
M.masked_select(x,M.tensor([True,False]))
M.masked_select(x,i)
M.masked_select(M.tensor(3.),M.tensor(True))
r.masked_select(x>2).grad_fn.name()
M.masked_scatter(x,x>2,M.arange(10,20.))
M.masked_scatter(x,x>2,M.arange(2.))
M.masked_scatter(x,M.tensor([True,False,True]),M.arange(10,20.))
M.masked_scatter(x,x>2,M.arange(10))
M.masked_scatter(x,i,M.arange(10.))
M.masked_scatter(x[0],x>2,M.arange(10.))
x.masked_scatter_(x>2,M.arange(10,20.))
r.masked_scatter(x>2,M.arange(10,20.)).grad_fn.name()
M.take(x,M.tensor([0,5,-1]))
M.take(x,M.tensor([[0,5],[1,1]]))
M.take(x,M.tensor([6]))
M.take(x,M.tensor([0.]))
M.take(x,M.tensor([0],dtype=M.int32))
M.take(x,M.tensor(3))
M.take(M.zeros(0),M.tensor([0]))
M.take(M.tensor(3.),M.tensor([0]))
M.take(x.t(),M.tensor([1]))
r.take(M.tensor([0])).grad_fn.name()
M.take_along_dim(x,M.tensor([[0,2],[1,1]]),1)
M.take_along_dim(x,M.tensor([[0],[1]]),1)
M.take_along_dim(x,M.tensor([[0,1,0]]),0)
M.take_along_dim(x,M.tensor([0,5]))
M.take_along_dim(x,M.tensor([0,5]),0)
M.take_along_dim(x,M.tensor([[-1]]),0)
M.take_along_dim(x,M.tensor([[0.]]),0)
M.take_along_dim(x,M.tensor([[0]],dtype=M.int32),0)
M.put(x,M.tensor([0,5]),M.tensor([7.,8]))
M.put(x,M.tensor([0,0]),M.tensor([7.,8]),accumulate=True)
M.put(x,M.tensor([-1]),M.tensor([7.]))
M.put(x,M.tensor([9]),M.tensor([7.]))
M.put(x,M.tensor([0]),M.tensor([7.,8]))
M.put(x,M.tensor([0]),M.tensor([7]))
M.put(x,M.tensor([0.]),M.tensor([7.]))
M.put(x,M.tensor([[0,1]]),M.tensor([7.,8]))
x.t().put_(M.tensor([1]),M.tensor([70.]))
M.put(x,M.tensor([0],dtype=M.int32),M.tensor([7.]))
r.put(M.tensor([0]),M.tensor([7.])).grad_fn.name()
M.argwhere(x>2)
M.argwhere(M.tensor(3.))
M.argwhere(M.tensor(0))
M.nonzero(x,as_tuple=True)
M.nonzero(M.tensor(3.),as_tuple=True)
M.nonzero(M.tensor(3.))
x.nonzero()
M.scatter(x,1,M.tensor([[0],[1]]),2.0,reduce='add')
M.scatter(x,1,M.tensor([[0],[1]]),2.0,reduce='multiply')
M.scatter(x,1,M.tensor([[0,0],[1,1]]),M.ones(2,2)*3,reduce='multiply')
M.scatter(x,1,M.tensor([[0,0],[1,1]]),M.ones(2,2)*3,reduce='add')
M.scatter(x,1,M.tensor([[0],[1]]),2.0,reduce='mean')
M.scatter(x,1,M.tensor([[0],[1]]),value=2.0)
M.scatter(x,1,M.tensor([[0],[1]],dtype=M.int32),2.0)
M.scatter(x,1,M.tensor([0]),2.0)
M.scatter(x,1,M.tensor([[-1]]),2.0)
M.scatter(x,1,M.tensor([[7]]),2.0)
M.scatter(x,1,M.zeros(0,dtype=M.long),2.0)
M.scatter(x,1,M.tensor([[0]]),i)
M.gather(x,1,M.zeros(0,dtype=M.long))
M.gather(x,1,M.tensor([[0]],dtype=M.int32))
M.gather(x,1,M.tensor([[-1]]))
M.gather(x,0,M.tensor([[0,1,0,1]]))
M.gather(M.tensor(1.),0,M.tensor([0,0]))
M.gather(x,1,M.tensor([[0],[2],[1]]))
M.scatter_reduce(x,0,M.tensor([[0,1,0],[0,0,1]]),M.ones(2,3)*2,'sum')
M.scatter_reduce(x,0,M.tensor([[0,1,0],[0,0,1]]),M.ones(2,3)*2,'prod')
M.scatter_reduce(x,0,M.tensor([[0,1,0],[0,0,1]]),M.ones(2,3)*2,'mean')
M.scatter_reduce(x,0,M.tensor([[0,1,0],[0,0,1]]),M.ones(2,3)*2,'amax')
M.scatter_reduce(x,0,M.tensor([[0,1,0],[0,0,1]]),M.ones(2,3)*2,'amin')
M.scatter_reduce(x,0,M.tensor([[0,0,0],[0,0,0]]),M.ones(2,3)*2,'sum',include_self=False)
M.scatter_reduce(x,0,M.tensor([[0,0,0],[0,0,0]]),M.ones(2,3)*2,'prod',include_self=False)
M.scatter_reduce(x,0,M.tensor([[0,0,0],[0,0,0]]),M.ones(2,3)*2,'mean',include_self=False)
M.scatter_reduce(x,0,M.tensor([[0,0,0],[0,0,0]]),M.ones(2,3)*2,'amin',include_self=False)
M.scatter_reduce(x,0,M.tensor([[0,0,0],[0,0,0]]),M.ones(2,3)*2,'add')
M.scatter_reduce(i,0,M.tensor([[0,0,0],[0,0,0]]),i,'mean')
M.scatter_reduce(i,0,M.tensor([[0,0,0],[0,0,0]]),i,'amax')
M.scatter_reduce(x,0,M.tensor([[9]]),x,'sum')
M.scatter_reduce(x,0,M.tensor([[0]]),i,'sum')
x.scatter_reduce_(0,M.tensor([[0,1,0],[0,0,1]]),M.ones(2,3)*2,'sum')
M.index_select(x,0,M.tensor([[0]]))
M.index_select(x,0,M.tensor([0.]))
M.index_select(x,0,M.tensor([-1]))
M.index_select(x,0,M.tensor([5]))
M.index_select(x,0,M.tensor(1))
M.index_select(x,0,M.tensor([1,1],dtype=M.int32))
M.index_select(M.tensor(5.),0,M.tensor([0]))
M.index_select(M.tensor(5.),0,M.tensor([0,0]))
r.index_select(0,M.tensor([0])).grad_fn.name()
M.masked_fill(x,x>2,9)
M.masked_fill(x,x>2,M.tensor(9))
M.masked_fill(x,x>2,M.tensor([9.]))
M.masked_fill(x,i,9)
M.masked_fill(i,i>2,1.5)
M.masked_fill(x[0],x>2,9)
M.masked_fill(i,i>2,M.tensor(1.5))
r.masked_fill(x>2,9).grad_fn.name()
x[0].masked_fill_(x>2,1)
""".strip().splitlines()


def _outcome(module: Any, expression: str) -> str:
    names: dict[str, Any] = {"M": module}
    exec(_NAMES, names)
    with warnings.catch_warnings(action="ignore"):
        try:
            return repr(eval(expression, names)).replace("\n", "")
        except Exception as error:
            return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert _outcome(flambeau, expression) == _outcome(torch, expression)


# -- keys ---------------------------------------------------------------


def _entries(size: int) -> st.SearchStrategy[Any]:
    """One entry of a key for a dimension of a size, as text that either module can evaluate."""
    inside = st.integers(-size, max(size - 1, 0))
    bound = st.one_of(st.none(), st.integers(-size - 1, size + 1))
    lists = st.lists(inside, min_size=1, max_size=3)
    masks = st.lists(st.booleans(), min_size=size, max_size=size)
    return st.one_of(
        st.builds(
            lambda start, stop, step: f"slice({start}, {stop}, {step})", bound, bound, st.sampled_from([None, 1, 2])
        ),
        inside.map(str),
        lists.map(lambda entries: f"T({entries})"),
        lists.map(str),
        lists.map(lambda entries: f"T([{entries}])"),
        lists.map(lambda entries: f"T([[entry] for entry in {entries}])"),
        lists.map(lambda entries: f"T({entries}, dtype=M.int32)"),
        inside.map(lambda entry: f"T({entry})"),
        masks.map(lambda entries: f"T({entries}, dtype=M.bool)"),
        lists.map(lambda entries: f"N.array({entries})"),
        inside.map(lambda entry: f"N.int64({entry})"),
    )


@st.composite
def _keys(draw: Any) -> tuple[list[int], str]:
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    entries = [draw(_entries(size)) for size in shape[: draw(st.integers(0, len(shape)))]]
    if entries and draw(st.booleans()):
        place = draw(st.integers(0, len(entries)))
        if place == len(entries) or draw(st.booleans()):
            entries.insert(place, draw(st.sampled_from(["None", "...", "True", "None"])))
    if draw(st.integers(0, 9)) == 0:
        entries.append(draw(st.sampled_from(["9", "T([7])", "0.5", "T([[True]])", "...", "T([0.5])", "0"])))
    return shape, f"({', '.join(entries)}{',' if entries else ''})"


def _read(module: Any, shape: list[int], key: str, write: str) -> Any:
    import numpy

    total = 1
    for size in shape:
        total *= size
    x = module.arange(float(total), dtype=module.float64).reshape(shape).requires_grad_()
    base = x * 1.0
    with warnings.catch_warnings(action="ignore"):
        try:
            names = {"T": module.tensor, "M": module, "N": numpy, "slice": slice}
            where = eval(key, names)
            if not write:
                result = base[where]
                weights = module.arange(1.0, result.numel() + 1, dtype=module.float64).reshape(result.shape)
                (grad,) = module.autograd.grad((result * result * weights).sum(), x)
                return result.tolist(), list(result.shape), grad.tolist()
            value = eval(write, names | {"base": base, "where": where})
            base[where] = value
            grads = module.autograd.grad((base * base).sum(), [x, *([value] if _learns(value) else [])])
            return base.tolist(), [grad.tolist() for grad in grads]
        except (IndexError, RuntimeError, TypeError, ValueError) as error:
            if write:  # which of several errors comes first is not said
                return "an error"
            return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def _learns(value: Any) -> bool:
    return bool(getattr(value, "requires_grad", False))


@_SETTINGS
@given(_keys())
def test_reading_by_any_key(drawn: tuple[list[int], str]) -> None:
    shape, key = drawn
    assert _read(flambeau, shape, key, "") == _read(torch, shape, key, "")


VALUES = (
    "2.5", "3", "True", "M.tensor(4.0)", "M.tensor(4)", "base[where].detach() + 1", "(base[where].detach() * 2).requires_grad_()",
    "M.ones(1, dtype=M.float64).requires_grad_()", "base[where].detach()[None]", "M.ones(7)", "base[where].detach().int()",
)  # fmt: skip


@_SETTINGS
@given(_keys(), st.sampled_from(VALUES))
def test_writing_by_any_key(drawn: tuple[list[int], str], value: str) -> None:
    shape, key = drawn
    if any(word in key for word in ("T([", "N.array", "[")):
        # Where an element is written twice, which value stays is not said: write the same one everywhere.
        value = value if value in (*VALUES[:5], VALUES[9]) else VALUES[0]
    expected = _read(torch, shape, key, value)
    if expected == "an error" and value == VALUES[8]:  # PyTorch drops leading ones, but not all of them
        return
    assert _read(flambeau, shape, key, value) == expected


# -- functions, with repeated indices ---------------------------------------------------------------

FUNCTIONS = (
    "x.gather(d, index)", "x.scatter_add(d, index, s)", "x.index_select(d, vector)", "x.index_add(d, vector, slices, alpha=2)",
    "x.take(flat)", "x.take_along_dim(index, d)", "x.masked_select(mask)", "x.masked_fill(mask, 2.0)",
    "x.index_fill(d, vector, 3.0)",
    "x.masked_scatter(mask, s.new_ones(99) * s.sum())", "x.put(flat, flat.to(x.dtype) * s.sum(), accumulate=True)",
    "x.scatter_reduce(d, index, s, 'sum')", "x.scatter_reduce(d, index, s, 'prod')", "x.scatter_reduce(d, index, s, 'mean')",
    "x.scatter_reduce(d, index, s, 'amax')", "x.scatter_reduce(d, index, s, 'amin', include_self=False)",
    "x.scatter_reduce(d, index, s, 'prod', include_self=False)", "x.scatter_reduce(d, index, s, 'mean', include_self=False)",
    "x.index_reduce(d, vector, slices, 'prod')", "x.index_reduce(d, vector, slices, 'mean', include_self=False)",
    "x.index_reduce(d, vector, slices, 'amax')", "x.index_put((vector,), s.sum(), accumulate=True)",
    "x.scatter(d, index, 2.0)", "x.index_copy(d, vector[:1], slices.narrow(d, 0, 1))",
)  # fmt: skip


@settings(parent=_SETTINGS, max_examples=12)
@pytest.mark.parametrize("function", FUNCTIONS)
@given(data=st.data())
def test_functions_on_drawn_indices(function: str, data: Any) -> None:
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    d = data.draw(st.integers(-len(shape), len(shape) - 1))
    if "index_put" in function:
        d = 0
    count = data.draw(st.integers(1, 4))
    size, total = shape[d], 1
    for length in shape:
        total *= length
    slot = [*shape]
    slot[d] = count
    many = total // size * count
    index = data.draw(st.lists(st.integers(0, size - 1), min_size=many, max_size=many))
    vector = data.draw(st.lists(st.integers(0, size - 1), min_size=count, max_size=count))
    flat = data.draw(st.lists(st.integers(-total, total - 1), min_size=1, max_size=5))
    mask = data.draw(st.lists(st.booleans(), min_size=total, max_size=total))
    numbers = data.draw(st.lists(st.integers(-3, 3), min_size=many, max_size=many))
    outcomes = []
    for module in (flambeau, torch):
        x = (module.arange(1.0, total + 1, dtype=module.float64) / 2).reshape(shape).requires_grad_()
        s = module.tensor([number + 0.25 for number in numbers], dtype=module.float64).reshape(slot).requires_grad_()
        names = {
            "x": x, "s": s, "slices": s, "d": d, "index": module.tensor(index).reshape(slot), "vector": module.tensor(vector),
            "flat": module.tensor(flat), "mask": module.tensor(mask).reshape(shape),
        }  # fmt: skip
        with warnings.catch_warnings(action="ignore"):
            result = eval(function, names)
            weights = module.arange(1.0, result.numel() + 1, dtype=module.float64).reshape(result.shape)
            (first, other) = module.autograd.grad(
                (result * result * weights).sum(), (x, s), create_graph=True, allow_unused=True
            )
            second = (
                module.autograd.grad((first * first).sum(), x, allow_unused=True)[0] if first.requires_grad else None
            )
        outcomes.append([_rounded(value) for value in (result, first, other, second)])
    assert outcomes[0][:3] == outcomes[1][:3]
    assert (outcomes[0][3] or 0) == (outcomes[1][3] or 0)


def _rounded(value: Any) -> Any:
    if value is None:
        return None
    numbers = [round(number, 6) + 0.0 for number in value.flatten().tolist()]
    return numbers if any(numbers) else None


@pytest.mark.parametrize("index", [[0, 0, 2], [1], [], [2, -1]])
def test_the_gradient_of_a_tensor_that_fills_counts_each_place_once(index: list[int]) -> None:
    places = sorted({place % 3 for place in index})
    for inplace in (False, True):
        x = flambeau.ones(2, 3, requires_grad=True)
        value = flambeau.tensor(2.5, requires_grad=True)
        vector = flambeau.tensor(index, dtype=flambeau.int64)
        result = (x * 1).index_fill_(1, vector, value) if inplace else x.index_fill(1, vector, value)
        weights = flambeau.arange(6.0).reshape(2, 3)
        first, other = flambeau.autograd.grad((result * weights).sum(), (x, value))
        assert other.item() == sum(2 * place + 3 for place in places)
        assert first.tolist() == [[0.0 if c in places else 3.0 * r + c for c in range(3)] for r in range(2)]


@pytest.mark.parametrize("shape", [(0,), (0, 3), (5, 0), (2, 0, 2)])
@pytest.mark.parametrize("size", [(2, 3), (3,), ()])
def test_an_empty_index_of_any_shape_reaches_no_kernel(
    shape: tuple[int, ...], size: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHECK_KERNELS, "1")
    with registered(FrozenBackend), flambeau.use_backend("frozen"):
        x = flambeau.ones(size, requires_grad=True)
        index, src = flambeau.zeros(shape, dtype=flambeau.int64), flambeau.ones(shape)
        for sparse in (False, True):
            taken = x.gather(0, index, sparse_grad=sparse)
            (grad,) = flambeau.autograd.grad(taken.sum(), x)
            assert (taken.shape, grad.to_dense().sum().item()) == (shape, 0)
        for written in (
            x.scatter(0, index, src), x.scatter_add(0, index, src),
            *(x.scatter_reduce(0, index, src, reduce) for reduce in ("sum", "mean", "prod", "amax", "amin")),
        ):  # fmt: skip
            (grad,) = flambeau.autograd.grad(written.sum(), x)
            assert written.tolist() == grad.tolist() == flambeau.ones(size).tolist()


@pytest.mark.parametrize(
    "key",
    [
        (slice(1, 3), slice(None, None, 2)), (..., slice(3, 1), slice(1, None)), (slice(None, None, -1), slice(3, 0, -2)),
        (slice(1, 2), 0, slice(0, 2)), (None, slice(0, 2), slice(1, 3)), (slice(2, 1, -1), ..., slice(4, None, -3)),
        (slice(0, 0, -1), slice(1, 2), -1),
    ],
)  # fmt: skip
def test_slices_of_several_dimensions_are_taken_and_written_at_once(key: Any) -> None:
    def nested(values: Any, entries: list[Any]) -> Any:
        if not entries:
            return values
        first, *rest = entries
        if first is None:
            return [nested(values, rest)]
        taken = values[first]
        return [nested(each, rest) for each in taken] if isinstance(first, slice) else nested(taken, rest)

    x = flambeau.arange(60).reshape(3, 4, 5)
    missing = 3 - sum(entry is not None and entry is not Ellipsis for entry in key)
    entries = [each for entry in key for each in ([slice(None)] * missing if entry is Ellipsis else [entry])]
    expected = nested(x.tolist(), entries)
    assert x[key].tolist() == expected
    leaf = x.double().requires_grad_()
    (grad,) = flambeau.autograd.grad(leaf[key].sum(), leaf)
    flat = flambeau.tensor(expected).flatten().tolist()
    assert grad.flatten().nonzero().flatten().tolist() == sorted(flat)
    if all(entry.step is None or entry.step > 0 for entry in key if isinstance(entry, slice)):
        written = flambeau.zeros(3, 4, 5)
        before = written._version
        written[key] = 1
        assert (written == grad).all()
        assert written._version == before + 1


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("count", [3, 0])
@pytest.mark.parametrize("dtype", ["complex64", "bool"])
@pytest.mark.parametrize("reduce", ["amax", "amin", "mean", "prod"])
@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("shape", [(3,), (3, 2)])
@pytest.mark.parametrize("function", ["scatter_reduce", "index_reduce"])
def test_reductions_at_indices_take_what_they_take_in_pytorch(
    function: str, shape: tuple[int, ...], include_self: bool, reduce: str, dtype: str, count: int
) -> None:
    """Complex numbers have no order, truth has no mean, and some loops take real numbers only."""
    said = []
    for t in (flambeau, torch):
        source = t.ones((count, *shape[1:]), dtype=getattr(t, dtype))
        index = t.zeros(source.shape if function == "scatter_reduce" else (count,), dtype=t.int64)
        target = t.ones(shape, dtype=source.dtype)
        try:
            said.append(str(getattr(target, function)(0, index, source, reduce, include_self=include_self).tolist()))
        except NotImplementedError as error:
            said.append(str(error))
    assert said[0] == said[1]
