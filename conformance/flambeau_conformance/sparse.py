"""Operations on sparse tensors: each in every layout, on patterns of every kind, against the strided computation.

:data:`OPERATIONS` is what the cases of ``cases/sparse_operations.py`` and the table in ``docs/layout_support.md`` are made of::

    python -m flambeau_conformance.sparse flambeau.jsonl pytorch.jsonl > docs/layout_support.md
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .checks import expect
from .compare import check_same, dtype_of, numbers_of
from .model import NotClaimedError
from .subject import Subject

__all__ = ["LAYOUTS", "OPERATIONS", "Operation", "check_gradient", "check_value", "kinds_of", "table"]

LAYOUTS = ("sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc")
BLOCK = (2, 3)

Call = Callable[[Any], Any]

_PLAIN = ((0, 1), (0, 4), (1, 0), (2, 3), (2, 5), (3, 2))
_NUMBERS = (2, -1, 3, 4, -2, 5)
_OTHER = ((0, 1), (1, 0), (1, 3), (2, 0), (3, 2), (3, 5))
_SIZE = (4, 6)

PATTERNS: dict[str, tuple[tuple[int, ...], ...]] = {
    "plain": _PLAIN,
    "empty": (),
    "one": ((2, 3),),
    "duplicates": ((2, 3), (0, 1), (2, 3), (0, 1)),
    "unsorted": ((3, 2), (0, 4), (2, 5), (0, 1)),
    "batch": tuple((0, *place) for place in _PLAIN) + tuple((1, 3 - row, 5 - column) for row, column in _PLAIN),
    "hybrid": _PLAIN,
}
"""Where elements are stored, in tensors of 4 × 6, 2 × 4 × 6 (batch) and 4 × 6 × 2 (hybrid)."""

_OTHERS = {"batch": tuple((0, *place) for place in _OTHER) + tuple((1, 3 - row, 5 - column) for row, column in _OTHER)}


@dataclass(frozen=True)
class Operation:
    """An operation on ``o.a``, and what it is on strided tensors.

    Attributes:
        name: as the table has it.
        call: on sparse ``o.a`` and ``o.b`` of one layout, strided ``o.d`` (6 × 2), ``o.e`` (as ``o.a``), ``o.left`` and
            ``o.right``; ``o.t`` is the module.
        dense: the same on strided ``o.a`` and ``o.b``; ``o.mask`` says where ``o.a`` stores elements. The same call if None.
        dtypes: of the elements.
        batch: whether batches are among the patterns.
        hybrid: whether dense dimensions are.
        gradient: whether gradients flow.
        tolerance: the class of :mod:`.compare`.
    """

    name: str
    call: Call
    dense: Call | None = None
    dtypes: tuple[str, ...] = ("float32", "int64", "complex64")
    batch: bool = True
    hybrid: bool = True
    gradient: bool = True
    tolerance: str = "arithmetic"

    @property
    def address(self) -> str:
        """Its name as a part of an address."""
        words = self.name
        for symbol, word in _SYMBOLS.items():
            words = words.replace(symbol, word)
        return "".join(letter if letter.isalnum() or letter == "." else "-" for letter in words).strip("-")


_SYMBOLS = {" + ": "-plus-", " - ": "-minus-", " ** ": "-power-", " * ": "-times-", " / ": "-over-", " @ ": "-matmul-",
            " > ": "-greater-", " != ": "-unequal-", "()": "", "[": "-at-", ":": "-to-"}  # fmt: skip

_FLOATS = ("float32", "float64")
_ANY = ("float32", "int64", "complex64", "bool")


def _softmax(o: Any) -> Any:
    stored = o.a.exp() * o.mask
    total = stored.sum(1, keepdim=True)
    return stored / (total + (total == 0))


def _log_softmax(o: Any) -> Any:
    total = (o.a.exp() * o.mask).sum(1, keepdim=True)
    return (o.a - (total + (total == 0)).log()) * o.mask


def _terms(o: Any, fill: float) -> Any:
    products = o.a.unsqueeze(-1) * o.d.unsqueeze(0)
    return o.t.where(o.mask.unsqueeze(-1) != 0, products, o.t.full_like(products, fill))


def _mean(o: Any) -> Any:
    return (o.a @ o.d) / o.mask.sum(1, keepdim=True).clamp(min=1)


def _amax(o: Any) -> Any:
    found = _terms(o, float("-inf")).amax(1)
    return o.t.where(o.mask.sum(1, keepdim=True) > 0, found, o.t.zeros_like(found))


def _operation(name: str, call: Call, dense: Call | None = None, **options: Any) -> Operation:
    return Operation(name, call, dense, **options)


OPERATIONS = (
    _operation("to_dense()", lambda o: o.a, dtypes=_ANY),
    _operation("to_sparse_coo()", lambda o: o.a.to_sparse_coo(), lambda o: o.a, dtypes=_ANY),
    _operation("to_sparse_csr()", lambda o: o.a.to_sparse_csr(), lambda o: o.a, dtypes=_ANY),
    _operation("to_sparse_csc()", lambda o: o.a.to_sparse_csc(), lambda o: o.a, dtypes=_ANY),
    _operation("to_sparse_bsr()", lambda o: o.a.to_sparse_bsr(BLOCK), lambda o: o.a, dtypes=_ANY),
    _operation("to_sparse_bsc()", lambda o: o.a.to_sparse_bsc(BLOCK), lambda o: o.a, dtypes=_ANY),
    _operation("clone()", lambda o: o.a.clone(), dtypes=_ANY),
    _operation("abs()", lambda o: o.a.abs()),
    _operation("neg()", lambda o: -o.a),
    _operation("sign()", lambda o: o.a.sign(), dtypes=("float32", "int64")),
    _operation("relu()", lambda o: o.a.relu(), dtypes=("float32", "int64")),
    _operation("sin()", lambda o: o.a.sin(), tolerance="transcendental"),
    _operation("tanh()", lambda o: o.a.tanh(), dtypes=_FLOATS, tolerance="transcendental"),
    _operation("expm1()", lambda o: o.a.expm1(), dtypes=_FLOATS, tolerance="transcendental"),
    _operation("conj()", lambda o: o.a.conj(), dtypes=("float32", "complex64")),
    _operation("nan_to_num()", lambda o: o.a.nan_to_num(), dtypes=("float32", "int64")),
    _operation("a * 3", lambda o: o.a * 3),
    _operation("a / 2", lambda o: o.a / 2),
    _operation("div(rounding_mode)", lambda o: o.a.div(2, rounding_mode="floor"), dtypes=("float32", "int64"),
               gradient=False),
    _operation("a ** 2", lambda o: o.a**2),
    _operation("a + b", lambda o: o.a + o.b),
    _operation("a - b", lambda o: o.a - o.b),
    _operation("add(a, b, alpha)", lambda o: o.t.add(o.a, o.b, alpha=2)),
    _operation("a * b", lambda o: o.a * o.b),
    _operation("dense + a", lambda o: o.e + o.a),
    _operation("dense - a", lambda o: o.e - o.a),
    _operation("a * dense", lambda o: o.a * o.e),
    _operation("a / dense", lambda o: o.a / o.e, dtypes=("float32", "complex64")),
    _operation("a > 0", lambda o: o.a > 0, dtypes=("float32", "int64"), gradient=False),
    _operation("a != b", lambda o: o.a != o.b, gradient=False),
    _operation("allclose()", lambda o: o.t.tensor(o.t.allclose(o.a, o.a)), dtypes=_FLOATS, gradient=False),
    _operation("equal()", lambda o: o.t.tensor(o.t.equal(o.a, o.a)), gradient=False),
    _operation("any()", lambda o: o.a.any(), dtypes=("bool",), gradient=False),
    _operation("sum()", lambda o: o.a.sum()),
    _operation("sum(0)", lambda o: o.a.sum(0)),
    _operation("sum(1)", lambda o: o.a.sum(1), batch=False),
    _operation("sum(1, keepdim)", lambda o: o.a.sum(1, keepdim=True), batch=False),
    _operation("norm()", lambda o: o.a.norm(), dtypes=_FLOATS, tolerance="reduction"),
    _operation("sparse.softmax()", lambda o: o.t.sparse.softmax(o.a, 1), _softmax, dtypes=_FLOATS, batch=False, hybrid=False,
               tolerance="large"),
    _operation("sparse.log_softmax()", lambda o: o.t.sparse.log_softmax(o.a, 1), _log_softmax, dtypes=_FLOATS, batch=False,
               hybrid=False, tolerance="logs"),
    _operation("t()", lambda o: o.a.t(), dtypes=_ANY, batch=False, hybrid=False),
    _operation("transpose()", lambda o: o.a.transpose(o.row, o.row + 1), dtypes=_ANY),
    _operation("select()", lambda o: o.a.select(0, 1), dtypes=_ANY),
    _operation("a[1]", lambda o: o.a[1], dtypes=_ANY),
    _operation("a[1:3]", lambda o: o.a[1:3], dtypes=_ANY, batch=False),
    _operation("narrow()", lambda o: o.a.narrow(1, 1, 3), dtypes=_ANY, batch=False),
    _operation("index_select()", lambda o: o.a.index_select(1, o.t.tensor([3, 0, 3])), dtypes=_ANY, batch=False),
    _operation("cat()", lambda o: o.t.cat([o.a, o.b]), dtypes=_ANY),
    _operation("hstack()", lambda o: o.t.hstack([o.a, o.b]), dtypes=_ANY, batch=False),
    _operation("vstack()", lambda o: o.t.vstack([o.a, o.b]), dtypes=_ANY),
    _operation("unbind()", lambda o: o.a.unbind(0)[1], dtypes=_ANY),
    _operation("stack()", lambda o: o.t.stack([o.a, o.b]), dtypes=_ANY),
    _operation("unsqueeze()", lambda o: o.a.unsqueeze(0), dtypes=_ANY),
    _operation("a @ dense", lambda o: o.a @ o.d, hybrid=False),
    _operation("a @ vector", lambda o: o.a @ o.d[:, 0], batch=False, hybrid=False),
    _operation("dense @ a", lambda o: o.left @ o.a, hybrid=False),
    _operation("mm()", lambda o: o.t.mm(o.a, o.d), batch=False, hybrid=False),
    _operation("mv()", lambda o: o.t.mv(o.a, o.d[:, 0]), batch=False, hybrid=False),
    _operation("nn.functional.linear()", lambda o: o.t.nn.functional.linear(o.d.t(), o.a, o.d[:4, 0]), batch=False,
               hybrid=False),
    _operation("addmm()", lambda o: o.t.addmm(o.d[:4], o.a, o.d, beta=2, alpha=3), batch=False, hybrid=False),
    _operation("a @ b", lambda o: o.a @ o.b.transpose(-2, -1), hybrid=False),
    _operation("sparse.mm(reduce=mean)", lambda o: o.t.sparse.mm(o.a, o.d, "mean"), _mean, dtypes=_FLOATS, batch=False,
               hybrid=False),
    _operation("sparse.mm(reduce=amax)", lambda o: o.t.sparse.mm(o.a, o.d, "amax"), _amax, dtypes=_FLOATS, batch=False,
               hybrid=False),
    _operation("sparse.sampled_addmm()", lambda o: o.t.sparse.sampled_addmm(o.a, o.tall, o.wide, beta=2.0, alpha=3.0),
               lambda o: (2 * o.a + 3 * (o.tall @ o.wide)) * o.mask, dtypes=("float32", "complex64"), hybrid=False),
    _operation("dense.sparse_mask(a)", lambda o: o.e.sparse_mask(o.a), lambda o: o.e * o.mask, gradient=False),
    _operation("mul_()", lambda o: o.a.clone().mul_(2)),
    _operation("add_()", lambda o: o.a.clone().add_(o.b)),
    _operation("zero_()", lambda o: o.a.detach().clone().zero_(), dtypes=_ANY, gradient=False),
    _operation("copy_()", lambda o: o.a.detach().clone().copy_(o.b.detach()), lambda o: o.b, dtypes=_ANY, gradient=False),
    _operation("zeros_like()", lambda o: o.t.zeros_like(o.a), dtypes=_ANY, gradient=False),
)  # fmt: skip


def kinds_of(operation: Operation, layout: str) -> list[str]:
    """The kinds of patterns that an operation is tried on in a layout."""
    kinds = ["plain", "empty", "one"]
    if layout == "sparse_coo":
        kinds += ["duplicates", "unsorted"]
    return kinds + ["batch"] * operation.batch + ["hybrid"] * operation.hybrid


# -- operands ---------------------------------------------------------------


def _element(number: int, dtype: str) -> Any:
    if dtype == "bool":
        return True
    if dtype == "complex64":
        return complex(number / 2, 1 - number)
    return number if dtype == "int64" else number / 2


def _nested(flat: list[Any], shape: Sequence[int]) -> Any:
    if not shape:
        return flat[0]
    step = prod(shape[1:])
    return [_nested(flat[start : start + step], shape[1:]) for start in range(0, shape[0] * step, step)]


def _sparse(subject: Subject, layout: str, kind: str, dtype: str, other: bool) -> tuple[Any, Any]:
    """A sparse tensor of a pattern, and the strided one of the same elements, which was made without it."""
    t = subject.torch
    places = _OTHERS.get(kind, _OTHER) if other else PATTERNS[kind]
    size = (2, *_SIZE) if kind == "batch" else (*_SIZE, 2) if kind == "hybrid" else _SIZE
    width = 2 if kind == "hybrid" else 1
    numbers = [[_element(_NUMBERS[(place + 2 * other + each) % 6], dtype) for each in range(width)]
               for place in range(len(places))]  # fmt: skip
    zero = _element(0, dtype) * 0 if dtype != "bool" else False
    flat = [zero] * prod(size)
    strides = [prod(size[dim + 1 :]) for dim in range(len(size))]
    for place, entries in zip(places, numbers, strict=True):
        for inner, entry in enumerate(entries):
            at = sum(index * stride for index, stride in zip(place, strides, strict=False)) + inner
            flat[at] = flat[at] or entry if dtype == "bool" else flat[at] + entry
    dense = subject.tensor(_nested(flat, size), dtype)
    if layout == "sparse_coo":
        indices = t.tensor([[place[dim] for place in places] for dim in range(len(places[0]) if places else 2)])
        values = subject.tensor([entry if kind == "hybrid" else entry[0] for entry in numbers], dtype)
        return t.sparse_coo_tensor(indices.to(t.int64), values, size), dense
    blocks = {"blocksize": BLOCK} if layout in ("sparse_bsr", "sparse_bsc") else {}
    extra = {"dense_dim": 1} if kind == "hybrid" else {}
    return dense.to_sparse(layout=getattr(t, layout), **blocks, **extra), dense


def _components(sparse: Any, t: Any) -> tuple[list[Any], Any]:
    if sparse.layout is t.sparse_coo:
        return [sparse._indices()], sparse._values()
    by_rows = sparse.layout in (t.sparse_csr, t.sparse_bsr)
    indices = (
        [sparse.crow_indices(), sparse.col_indices()] if by_rows else [sparse.ccol_indices(), sparse.row_indices()]
    )
    return indices, sparse.values()


def _rebuilt(sparse: Any, values: Any, t: Any) -> Any:
    indices, _ = _components(sparse, t)
    if sparse.layout is t.sparse_coo:
        return t.sparse_coo_tensor(*indices, values, tuple(sparse.shape))
    return t.sparse_compressed_tensor(*indices, values, tuple(sparse.shape), layout=sparse.layout)


@cache
def _operands(subject: Subject, layout: str, kind: str, dtype: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The operands of the sparse call and of the strided one; nothing changes them."""
    t = subject.torch
    a, dense_a = _sparse(subject, layout, kind, dtype, other=False)
    b, dense_b = _sparse(subject, layout, kind, dtype, other=True)
    _, values = _components(a, t)
    ones = t.ones_like(values) if dtype != "bool" else t.ones_like(values, dtype=t.int64)
    mask = _rebuilt(a, ones, t).to_dense()

    def strided(*shape: int) -> Any:
        numbers = [_element(index % 7 + 1, dtype) for index in range(prod(shape))]
        return subject.tensor(_nested(numbers, shape), dtype)

    common = {
        "t": t, "row": 1 if kind == "batch" else 0, "d": strided(6, 2), "e": strided(*dense_a.shape),
        "left": strided(2, 4), "tall": strided(4, 2), "wide": strided(2, 6), "counts": mask,
        "mask": (mask != 0).to(mask.dtype),
    }  # fmt: skip
    return {"a": a, "b": b, **common}, {"a": dense_a, "b": dense_b, **common}


def _strided(found: Any, t: Any) -> Any:
    return found if found.layout is t.strided else found.to_dense()


def _attempt(subject: Subject, call: Callable[[], Any]) -> Any:
    """What the call gives; where PyTorch is on trial, what it does not have is not held against it."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return call()
    except (RuntimeError, TypeError, IndexError, AttributeError) as error:
        if subject.manifest is None:
            raise NotClaimedError(f"{type(error).__name__}: {str(error).splitlines()[0]}") from error
        raise


_DEADLY = {("dense + a", "sparse_csr", "hybrid"), ("dense + a", "sparse_csc", "hybrid")}
"""What PyTorch 2.13 dies of (SIGSEGV), and is spared."""


def _spare(subject: Subject, operation: Operation, layout: str, kind: str) -> None:
    if subject.manifest is None and (operation.name, layout, kind) in _DEADLY:
        raise NotClaimedError("the process of PyTorch 2.13 dies of it")


# -- checks ---------------------------------------------------------------


def check_value(subject: Subject, operation: Operation, layout: str, kind: str, dtype: str) -> None:
    """Check that an operation gives what it gives on the strided tensor of the same elements.

    Raises:
        CheckError: it does not.
        NotClaimedError: PyTorch is on trial, and refuses.
    """
    _spare(subject, operation, layout, kind)
    t = subject.torch
    with warnings.catch_warnings(action="ignore"):
        sparse, dense = (SimpleNamespace(**each) for each in _attempt(
            subject, lambda: _operands(subject, layout, kind, dtype)
        ))  # fmt: skip
        expected = (operation.dense or operation.call)(dense)
    found = _attempt(subject, lambda: _strided(operation.call(sparse), t))
    expect(tuple(found.shape) == tuple(expected.shape), f"{kind}: {tuple(found.shape)}, not {tuple(expected.shape)}")
    expect(dtype_of(found) == dtype_of(expected), f"{kind}: {dtype_of(found)}, not {dtype_of(expected)}")
    check_same(subject, numbers_of(found), numbers_of(expected), dtype_of(found), operation.tolerance, signed=False)


def check_gradient(subject: Subject, operation: Operation, layout: str, kind: str) -> None:
    """Check that the gradients of the stored elements, and of strided operands, are those of the strided computation.

    Raises:
        CheckError: they are not.
        NotClaimedError: PyTorch is on trial, and refuses.
    """
    _spare(subject, operation, layout, kind)
    t = subject.torch
    with warnings.catch_warnings(action="ignore"):
        sparse, dense = (SimpleNamespace(**each) for each in _attempt(
            subject, lambda: _operands(subject, layout, kind, "float64")
        ))  # fmt: skip
        values = _components(sparse.a, t)[1].detach().clone().requires_grad_()
        pattern, sparse.a = sparse.a, _rebuilt(sparse.a, values, t)
        dense.a = dense.a.detach().clone().requires_grad_()
        for operands in (sparse, dense):
            operands.d, operands.e = (each.clone().requires_grad_() for each in (operands.d, operands.e))
        _weighted((operation.dense or operation.call)(dense), t).backward()
    _attempt(subject, lambda: _weighted(_strided(operation.call(sparse), t), t).backward())
    expect(values.grad is not None, f"{kind}: no gradient arrives")
    found = _rebuilt(pattern, values.grad.to_dense(), t).to_dense()
    # Every one of several elements at a place has the gradient of the place, and to_dense() adds them up.
    expected = dense.a.grad * dense.counts
    check_same(subject, numbers_of(found), numbers_of(expected), "float64", "factorization", signed=False)
    for name in ("d", "e"):
        own, wanted = getattr(sparse, name).grad, getattr(dense, name).grad
        if wanted is None or not bool((wanted != 0).any()):
            continue
        expect(own is not None, f"{kind}: no gradient arrives at the strided operand")
        check_same(subject, numbers_of(own.to_dense()), numbers_of(wanted), "float64", "factorization", signed=False)


def _weighted(result: Any, t: Any) -> Any:
    weights = t.arange(1, result.numel() + 1, dtype=t.float64).reshape(tuple(result.shape))
    return (result * weights).sum()


# -- the table ---------------------------------------------------------------


def _cell(statuses: Mapping[str, str], operation: Operation, layout: str) -> str:
    """What passes: of the value in all dtypes, and of the gradient."""
    aspects = [("value", operation.dtypes)] + [("gradient", ("float64",))] * operation.gradient
    shares = []
    for aspect, dtypes in aspects:
        passed = [
            all(
                statuses.get(f"sparse/{aspect}/{layout}-{kind}-{operation.address}/{dtype}") == "pass"
                for dtype in dtypes
            )
            for kind in kinds_of(operation, layout)
        ]
        shares.append("✓" if all(passed) else f"{sum(passed)}/{len(passed)}" if any(passed) else "✗")
    return " ".join(shares)


def table(journals: Mapping[str, Mapping[str, str]]) -> str:
    """The table of ``docs/layout_support.md`` out of the status of every case, by the name of what was on trial."""
    lines = [
        "| operation | "
        + " | ".join(f"{layout.removeprefix('sparse_').upper()}, {name}" for layout in LAYOUTS for name in journals)
        + " |",
        "|---|" + "---|" * (len(LAYOUTS) * len(journals)),
    ]
    for operation in OPERATIONS:
        cells = [_cell(statuses, operation, layout) for layout in LAYOUTS for statuses in journals.values()]
        lines.append(f"| `{operation.name}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


_PAGE = """# Operations and layouts

Of every operation on sparse tensors: whether it gives what the strided computation gives, in every dtype that makes sense, and
then, where it has one, whether its gradient does. Each is tried on patterns of several kinds: an ordinary one, none stored, one
stored; for COO also duplicate and unsorted coordinates; batches and dense dimensions where they make sense. ✓ passes on all of
them, ✗ on none, and `2/5` on two of five. What does not pass raises an error or gives something else; of strided plus CSR with
dense dimensions the process of PyTorch dies.

This page is written by the conformance suite, which tries everything on what is installed:

```bash
flambeau-conformance run numpy -k 'sparse/*' --json flambeau.jsonl
flambeau-conformance run --subject torch -k 'sparse/*' --json pytorch.jsonl
python -m flambeau_conformance.sparse flambeau.jsonl pytorch.jsonl > docs/layout_support.md
```

{table}
"""


def main(paths: Sequence[str]) -> None:
    """Write the page to the standard output, out of journals named after what was on trial."""
    journals = {}
    for path in map(Path, paths):
        results = [json.loads(line) for line in path.read_text().splitlines()]
        journals[path.stem] = {each["address"]: each["status"] for each in results if "address" in each}
    sys.stdout.write(_PAGE.format(table=table(journals)))


if __name__ == "__main__":
    main(sys.argv[1:])
