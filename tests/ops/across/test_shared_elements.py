"""Writes where elements of the target, or of target and operand, are one place in memory: what PyTorch allows and refuses."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau
from copying_backends import CopyingBackend, FrozenBackend, registered

_Call = Callable[[Any, Any], Any]


@pytest.fixture(params=["numpy", "minimal", "copying", "frozen"])
def memory(request: pytest.FixtureRequest) -> Iterator[str]:
    """Backends whose views alias, and backends whose views are copies."""
    with registered(CopyingBackend, FrozenBackend), flambeau.use_backend(request.param):
        yield request.param


def _mask(m: Any) -> Any:
    return m.tensor([[True, False, False], [False, False, True], [False, False, False]])


EXPANDED: dict[str, _Call] = {
    "zero_": lambda m, x: x.zero_(),
    "fill_": lambda m, x: x.fill_(2),
    "copy_ of itself": lambda m, x: x.copy_(x),
    "masked_fill_": lambda m, x: x.masked_fill_(_mask(m), 9),
    "masked_fill_ by a row": lambda m, x: x.masked_fill_(_mask(m)[1], m.tensor(9.0)),
    "index_fill_": lambda m, x: x.index_fill_(0, m.tensor([1]), 9),
    "index_fill_ of columns": lambda m, x: x.index_fill_(1, m.tensor([-1]), m.tensor(9.0)),
    "tril_": lambda m, x: x.tril_(),
    "triu_": lambda m, x: x.triu_(1),
    "index_put_": lambda m, x: x.index_put_((m.tensor([0, 2]),), m.tensor(9.0)),
    "index_put_ of values": lambda m, x: x.index_put_((m.tensor([0, 2]),), m.arange(6.0).reshape(2, 3)),
    "index_put_ by a mask": lambda m, x: x.index_put_((_mask(m),), m.tensor([8.0, 9.0])),
    "accumulated": lambda m, x: x.index_put_((m.tensor([0, 2]),), m.tensor(9.0), accumulate=True),
    "set by a mask": lambda m, x: x.__setitem__(_mask(m), 9.0),
    "set by a mask, values": lambda m, x: x.__setitem__(_mask(m), m.tensor([8.0, 9.0])),
    "set rows": lambda m, x: x.__setitem__(m.tensor([0, 1]), m.arange(6.0).reshape(2, 3)),
    "set columns": lambda m, x: x.__setitem__((slice(None), m.tensor([0, 1])), 9.0),
    "set pairs": lambda m, x: x.__setitem__((m.tensor([0, 1]), m.tensor([2, 0])), m.tensor([8.0, 9.0])),
    # refused
    "fill_ with a tensor": lambda m, x: x.fill_(m.tensor(2.0)),
    "copy_": lambda m, x: x.copy_(m.ones(3, 3)),
    "add_": lambda m, x: x.add_(1),
    "exp_": lambda m, x: x.exp_(),
    "masked_scatter_": lambda m, x: x.masked_scatter_(_mask(m), m.ones(9)),
    "index_add_": lambda m, x: x.index_add_(0, m.tensor([0]), m.ones(1, 3)),
    "index_copy_": lambda m, x: x.index_copy_(0, m.tensor([0]), m.ones(1, 3)),
    "scatter_": lambda m, x: x.scatter_(0, m.tensor([[0]]), 9.0),
    "put_": lambda m, x: x.put_(m.tensor([0]), m.ones(1)),
    "cumsum_": lambda m, x: x.cumsum_(0),
    "addmm_": lambda m, x: x.addmm_(m.ones(3, 3), m.ones(3, 3)),
    "set a slice": lambda m, x: x.__setitem__(slice(None), m.ones(3, 3)),
    "uniform_": lambda m, x: x.uniform_(),
}


@pytest.mark.parametrize("expanded", ["rows", "columns"])
@pytest.mark.parametrize("name", EXPANDED)
def test_writes_to_expanded_tensors_are_pytorchs(torch: Any, memory: str, name: str, expanded: str) -> None:
    outcomes = []
    for library in (flambeau, torch):
        base = library.tensor([1.0, 2.0, 3.0])
        x = base.expand(3, 3) if expanded == "rows" else base.unsqueeze(1).expand(3, 3)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                EXPANDED[name](library, x)
                error = ""
            except RuntimeError as raised:
                error = str(raised)
        outcomes.append((base.tolist(), error, [str(each.message).split(" (Triggered")[0] for each in caught]))
    (values, error, warned), (wanted, refused, warnings_of_torch) = outcomes
    assert (values, error) == (wanted, refused)
    assert warned == warnings_of_torch[-1:]  # PyTorch warns twice of a mask and a number


@pytest.mark.parametrize(
    "name", ["masked_fill_", "index_fill_", "tril_", "index_put_", "set rows", "fill_", "copy_", "add_"]
)
@pytest.mark.filterwarnings("ignore:Use of")
def test_a_recorded_write_to_an_expanded_tensor_is_that_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    outcomes = []
    for library in (flambeau, torch):
        x = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = x * 2
        errors = []
        for step in (lambda: EXPANDED[name](library, y.expand(3, 3)), lambda: y.sum().backward()):  # noqa: B023
            try:
                step()
            except RuntimeError as error:  # of the first, or of the gradient, which PyTorch has not
                errors.append(str(error))
        outcomes.append((y.tolist(), errors, y.grad_fn.name(), None if x.grad is None else x.grad.tolist()))
    assert outcomes[0] == outcomes[1]


OUT: dict[str, _Call] = {
    "add": lambda m, o: m.add(m.ones(3), 1, out=o),
    "exp": lambda m, o: m.exp(m.zeros(3), out=o),
    "amax": lambda m, o: m.amax(m.ones(2, 3), 0, out=o),
    "mean": lambda m, o: m.mean(m.ones(2, 3), 0, out=o),
    "logsumexp": lambda m, o: m.logsumexp(m.ones(2, 3), 0, out=o),
    "var": lambda m, o: m.var(m.ones(2, 3), 0, out=o),
    "cumsum": lambda m, o: m.cumsum(m.ones(3), 0, out=o),
    "cat": lambda m, o: m.cat([m.ones(1), m.ones(2)], out=o),
    "index_select": lambda m, o: m.index_select(m.ones(3), 0, m.tensor([0, 1, 2]), out=o),
    "gather": lambda m, o: m.gather(m.ones(3), 0, m.tensor([0, 1, 2]), out=o),
    "take": lambda m, o: m.take(m.ones(3), m.tensor([0, 1, 2]), out=o),
    "where": lambda m, o: m.where(m.ones(3) > 0, m.ones(3), m.ones(3), out=o),
    "zeros": lambda m, o: m.zeros(3, out=o),
    "ones": lambda m, o: m.ones(3, out=o),
    "full": lambda m, o: m.full((3,), 2.0, out=o),
    "linspace": lambda m, o: m.linspace(0, 1, 3, out=o),
    "rand": lambda m, o: m.rand(3, out=o),
    "mm": lambda m, o: m.mm(m.eye(3), m.ones(3, 1), out=o.unsqueeze(1)),
    "sort": lambda m, o: m.sort(m.ones(3), 0, out=(o, m.zeros(3, dtype=m.int64))),
    "max": lambda m, o: m.max(m.ones(2, 3), 0, out=(o, m.zeros(3, dtype=m.int64))),
}


@pytest.mark.parametrize("name", OUT)
def test_out_into_expanded_tensors_is_pytorchs(torch: Any, name: str) -> None:
    outcomes = []
    for library in (flambeau, torch):
        out = library.zeros(1).expand(3)
        try:
            OUT[name](library, out)
            outcomes.append(str(out.tolist()))
        except RuntimeError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_integers_into_expanded_tensors_are_refused(dtype: str) -> None:
    target = flambeau.zeros(1, dtype=getattr(flambeau, dtype)).expand(3)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        flambeau.arange(3, out=target)
    assert target.tolist() == [0, 0, 0]


BESIDE: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda m, o, x: m.add(x, 1, out=o),
    "exp2": lambda m, o, x: m.exp2(x, out=o),
    "maximum": lambda m, o, x: m.maximum(x, m.zeros(6), out=o),
    "cat": lambda m, o, x: m.cat([x[:3], x[3:]], out=o),
    "index_select": lambda m, o, x: m.index_select(x, 0, m.arange(6), out=o),
    "gather": lambda m, o, x: m.gather(x, 0, m.arange(6), out=o),
    "take": lambda m, o, x: m.take(x, m.arange(6), out=o),
    "take_along_dim": lambda m, o, x: m.take_along_dim(x, m.arange(6), 0, out=o),
    "masked_select": lambda m, o, x: m.masked_select(x, x > 0, out=o),
    "scatter": lambda m, o, x: m.scatter(x, 0, m.arange(6), x, out=o),
    "index_add": lambda m, o, x: m.index_add(x, 0, m.arange(6), x, out=o),
    "cumsum": lambda m, o, x: m.cumsum(x, 0, out=o),
    "copy_": lambda m, o, x: o.copy_(x),
    "add_": lambda m, o, x: o.add_(x),
    "lerp_": lambda m, o, x: o.lerp_(x, 0.5),
    "set": lambda m, o, x: o.__setitem__(slice(None), x),
    "set by index": lambda m, o, x: o.__setitem__(m.arange(6), x),
    "index_put_": lambda m, o, x: o.index_put_((m.arange(6),), x),
    "index_copy_": lambda m, o, x: o.index_copy_(0, m.arange(6), x),
    "index_add_": lambda m, o, x: o.index_add_(0, m.arange(6), x),
    "index_reduce_": lambda m, o, x: o.index_reduce_(0, m.arange(6), x, "prod"),
    "scatter_": lambda m, o, x: o.scatter_(0, m.arange(6), x),
    "scatter_add_": lambda m, o, x: o.scatter_add_(0, m.arange(6), x),
    "scatter_reduce_": lambda m, o, x: o.scatter_reduce_(0, m.arange(6), x, "sum"),
    "put_": lambda m, o, x: o.put_(m.arange(6), x),
    "fill_": lambda m, o, x: o.fill_(x[2]),
    "masked_fill_": lambda m, o, x: o.masked_fill_(m.ones(6) > 0, x[2]),
    "index_fill_": lambda m, o, x: o.index_fill_(0, m.arange(6), x[2]),
}

PLACES: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "shifted": lambda b: (b[1:7], b[:6]),
    "the same view": lambda b: (b[:6], b[:6]),
    "apart": lambda b: (b[6:], b[:6]),
    "between": lambda b: (b[::2], b[1::2]),
}


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", BESIDE)
def test_operands_that_share_memory_with_the_target(torch: Any, memory: str, name: str, place: str) -> None:
    outcomes = []
    for library in (flambeau, torch):
        base = library.arange(1.0, 13.0)
        try:
            BESIDE[name](library, *PLACES[place](base))
            outcomes.append(str(base.tolist()))
        except RuntimeError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


INDEX: dict[str, Callable[[Any, Any], Any]] = {
    "index_copy_": lambda m, x: x.index_copy_(0, x, m.tensor([5, 6, 7])),
    "index_add_": lambda m, x: x.index_add_(0, x, m.tensor([5, 6, 7])),
    "index_fill_": lambda m, x: x.index_fill_(0, x, 5),
    "scatter_": lambda m, x: x.scatter_(0, x, m.tensor([5, 6, 7])),
    "scatter_ a number": lambda m, x: x.scatter_(0, x, 5),
    "scatter_add_": lambda m, x: x.scatter_add_(0, x, m.tensor([5, 6, 7])),
    "scatter_reduce_": lambda m, x: x.scatter_reduce_(0, x, m.tensor([5, 6, 7]), "sum"),
    "index_put_": lambda m, x: x.index_put_((x,), m.tensor([5, 6, 7])),
    "index_put_ by a part": lambda m, x: x.index_put_((x[1:],), m.tensor(5)),
    "set": lambda m, x: x.__setitem__(x, m.tensor([5, 6, 7])),
    "put_": lambda m, x: x.put_(x, m.tensor([5, 6, 7])),
    "take": lambda m, x: m.take(m.tensor([5, 6, 7]), x, out=x),
    "index_select": lambda m, x: m.index_select(m.tensor([5, 6, 7]), 0, x, out=x),
    "gather": lambda m, x: m.gather(m.tensor([5, 6, 7]), 0, x, out=x),
}


@pytest.mark.parametrize("name", INDEX)
def test_the_target_as_its_own_index(torch: Any, name: str) -> None:
    outcomes = []
    for library in (flambeau, torch):
        x = library.tensor([2, 0, 1])
        try:
            INDEX[name](library, x)
            outcomes.append(str(x.tolist()))
        except RuntimeError as error:
            outcomes.append(f"{error} {x.tolist()}")
    assert outcomes[0] == outcomes[1]


def test_a_mask_may_be_its_own_target() -> None:
    x = flambeau.tensor([True, False, True])
    x.masked_fill_(x, False)
    assert x.tolist() == [False, False, False]
    y = flambeau.tensor([True, False, True])
    y[y] = False
    assert y.tolist() == [False, False, False]


@pytest.mark.parametrize(
    "write",
    [
        lambda m, b: m.add(b, b[0, 1], out=b),
        lambda m, b: m.sub(b, b[0], out=b),
        lambda m, b: b.mul_(b[0]),
        lambda m, b: b.sub_(b[0, 0]),
        lambda m, b: b.add_(b.t()),
        lambda m, b: b.div_(b.sum()),
        lambda m, b: b[:, 0].copy_(b[0]),
        lambda m, b: m.vstack([b[0], b[1]], out=b),
        lambda m, b: b[0].expand(2, 2).data.add_(1),
        lambda m, b: b[0].expand(2, 2).detach().add_(1),
        lambda m, b: m.add(m.ones(2, 2), 1, out=b[0].expand(2, 2).data),
        lambda m, b: b.__setitem__(slice(None), b[0]),
        lambda m, b: b.__setitem__(slice(None), b[0, 1]),
        lambda m, b: b.__setitem__(..., b[-1:]),
        lambda m, b: b.__setitem__(slice(0, 1), b[1]),
        lambda m, b: b.view(-1).__setitem__(slice(1, 4), b.view(-1)[:3]),
        lambda m, b: b[0].expand(2, 2).copy_(b[0].expand(2, 2)),
        lambda m, b: b[0].expand(2, 2).copy_(b[1].expand(2, 2)),
        lambda m, b: b[0].expand(2, 2).__setitem__(slice(None), b[0].expand(2, 2)),
    ],
)
def test_operands_that_broadcast(torch: Any, write: Callable[[Any, Any], Any]) -> None:
    outcomes = []
    for library in (flambeau, torch):
        base = library.arange(1.0, 5.0).view(2, 2)
        try:
            write(library, base)
            outcomes.append(str(base.tolist()))
        except RuntimeError as error:
            outcomes.append(f"{error} {base.tolist()}")
    assert outcomes[0] == outcomes[1]


def test_a_part_is_spread_over_all() -> None:
    x = flambeau.arange(6.0).view(2, 3)
    x[:] = x[1]
    assert x.tolist() == [[3.0, 4.0, 5.0], [3.0, 4.0, 5.0]]
    leaf = flambeau.ones(2, 3, requires_grad=True)
    y = leaf * 2
    y[:] = y[0]
    (grad,) = flambeau.autograd.grad(y.sum(), leaf)
    assert grad.tolist() == [[4.0, 4.0, 4.0], [0.0, 0.0, 0.0]]
