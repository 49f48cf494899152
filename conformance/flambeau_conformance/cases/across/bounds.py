"""Limits from both sides: the first and last index and dimension that are taken, and the first beyond them."""

from functools import partial
from typing import Any

from ...programs import programs, refusals


def _x(t: Any) -> Any:
    return t.arange(12.0).reshape(3, 4).clone()


def _at(t: Any, *numbers: Any) -> Any:
    return t.tensor(list(numbers))


def _set(t: Any, key: Any) -> Any:
    x = _x(t)
    x[key] = 50.0
    return x.eq(50.0).nonzero().tolist()


# A call with the index that is tried; the indices that are taken, and those that are not. The size is 3.
_CALLS: dict[str, Any] = {
    "getitem": lambda t, i: _x(t)[i], "getitem-tensor": lambda t, i: _x(t)[_at(t, i)], "getitem-list": lambda t, i: _x(t)[[i]],
    "getitem-beside-slice": lambda t, i: _x(t).t()[:, i], "getitem-beside-tensor": lambda t, i: _x(t)[_at(t, i), _at(t, 1)],
    "getitem-zero-dim": lambda t, i: _x(t)[t.tensor(i)], "setitem": lambda t, i: _set(t, i), "setitem-tensor": lambda t, i: _set(t, _at(t, i)),
    "setitem-list": lambda t, i: _set(t, [i]), "setitem-ellipsis": lambda t, i: (lambda x: (x.__setitem__((..., i), 5.0), x)[1])(t.zeros(2, 3)),
    "select": lambda t, i: _x(t).select(0, i), "index_put": lambda t, i: _x(t).index_put((_at(t, i),), t.tensor(5.0)),
    "take": lambda t, i: t.arange(3.0).take(_at(t, i)), "put": lambda t, i: t.arange(3.0).put(_at(t, i), t.tensor([9.0])),
    "unbind-of-size": lambda t, i: _x(t).unbind(0)[i], "shape": lambda t, i: t.zeros(5, 6, 7).shape[i], "size": lambda t, i: t.zeros(5, 6, 7).size(i),
    "stride": lambda t, i: t.zeros(5, 6, 7).stride(i), "select_scatter": lambda t, i: _x(t).select_scatter(t.zeros(4), 0, i),
    "sequential": lambda t, i: type(t.nn.Sequential(t.nn.ReLU(), t.nn.Tanh(), t.nn.Identity())[i]).__name__,
    "module-list": lambda t, i: type(t.nn.ModuleList([t.nn.ReLU(), t.nn.Tanh(), t.nn.Identity()])[i]).__name__,
    "index_fill": lambda t, i: _x(t).index_fill(0, _at(t, i), 5.0), "dataset": lambda t, i: t.utils.data.TensorDataset(t.arange(3.0))[i],
}  # fmt: skip
_UNSIGNED: dict[str, Any] = {
    "index_select": lambda t, i: _x(t).index_select(0, _at(t, i)),
    "index_add": lambda t, i: _x(t).index_add(0, _at(t, i), t.ones(1, 4)), "index_copy": lambda t, i: _x(t).index_copy(0, _at(t, i), t.ones(1, 4)),
    "gather": lambda t, i: _x(t).gather(0, _at(t, i)[None]), "scatter": lambda t, i: _x(t).scatter(0, _at(t, i)[None], 5.0),
    "scatter_add": lambda t, i: _x(t).scatter_add(0, _at(t, i)[None], t.ones(1, 1)), "embedding": lambda t, i: t.nn.functional.embedding(_at(t, i), _x(t)),
    "scatter_reduce": lambda t, i: _x(t).scatter_reduce(0, _at(t, i)[None], t.ones(1, 1), "sum"),
    "nn.Embedding": lambda t, i: t.nn.Embedding.from_pretrained(_x(t))(_at(t, i)),
    "nll_loss": lambda t, i: t.nn.functional.nll_loss(_x(t).t()[:1], _at(t, i)), "cross_entropy": lambda t, i: t.nn.functional.cross_entropy(_x(t).t()[:1], _at(t, i)),
    "index_reduce": lambda t, i: _x(t).index_reduce(0, _at(t, i), t.full((1, 4), 2.0), "prod"),
}  # fmt: skip

_WORDS: dict[str, tuple[Any, str]] = {
    "getitem-beside-slice": (IndexError, "index {} is out of bounds for dimension 1 with size 3"),
    "setitem-ellipsis": (IndexError, "index {} is out of bounds for dimension 1 with size 3"),
    "select": (IndexError, "select(): index {} out of range for tensor of size [3, 4] at dimension 0"),
    "select_scatter": (IndexError, "select(): index {} out of range for tensor of size [3, 4] at dimension 0"),
    "take": (IndexError, "out of range: tried to access index {} on a tensor of 3 elements."),
    "put": (IndexError, "out of range: tried to access index {} on a tensor of 3 elements."),
    "unbind-of-size": (IndexError, "tuple index out of range"), "shape": (IndexError, "tuple index out of range"),
    "size": (IndexError, "Dimension out of range (expected to be in range of [-3, 2], but got {})"),
    "stride": (IndexError, "Dimension out of range (expected to be in range of [-3, 2], but got {})"),
    "sequential": (IndexError, "index {} is out of range"), "module-list": (IndexError, "index {} is out of range"),
    "index_select": (IndexError, "index out of range in self"), "index_reduce": (IndexError, "index out of range in self"),
    "embedding": (IndexError, "index out of range in self"), "nn.Embedding": (IndexError, "index out of range in self"),
    "index_add": (RuntimeError, "index {} is out of bounds for dimension 0 with size 3"),
    "gather": (RuntimeError, "index {} is out of bounds for dimension 0 with size 3"),
    "scatter": (RuntimeError, "index {} is out of bounds for dimension 0 with size 3"),
    "scatter_add": (RuntimeError, "index {} is out of bounds for dimension 0 with size 3"),
    "scatter_reduce": (RuntimeError, "index {} is out of bounds for dimension 0 with size 3"),
    "index_copy": (IndexError, "index_copy_(): index {} is out of bounds for dimension 0 with size 3"),
    "nll_loss": (IndexError, "Target {} is out of bounds."), "cross_entropy": (IndexError, "Target {} is out of bounds."),
}  # fmt: skip
"""The error of each, where it is not that of indexing."""


def _agree(t: Any, call: Any, count: int) -> list[bool]:
    """Whether indices from the front and from the end give the same."""
    return [str(call(t, index)) == str(call(t, index - count)) for index in range(count)]


def _differ(t: Any, call: Any) -> bool:
    return str(call(t, 2)) != str(call(t, 1))


def _outside(name: str, call: Any, index: int) -> tuple[Any, Any, str]:
    raises, words = _WORDS.get(name, (IndexError, "index {} is out of bounds for dimension 0 with size 3"))
    return (lambda t: call(t, index)), raises, words.format(index)


def _add(names: dict[str, Any], first: int) -> None:
    """Cases for the indices from ``first`` to 2."""
    for name, call in names.items():
        ends: dict[str, Any] = {"last": (partial(_differ, call=call), True)}
        if first < 0:
            ends["from-the-end"] = (
                partial(_agree, call=call, count=3),
                [True] * 3,
            )
        programs(name, ends, aspect="bounds", dtypes=("float32", "int64", "bool"))
        outside = {"beyond-last": _outside(name, call, 3), "before-first": _outside(name, call, first - 1)}
        refusals(name, outside, dtypes=("float32", "int64", "bool"))


_add(_CALLS, -3)
_add(_UNSIGNED, 0)

refusals("narrow", {
    "start-beyond": (lambda t: _x(t).narrow(0, 4, 0), IndexError, "start out of range (expected to be in range of [-3, 3], but got 4)"),
    "start-before": (lambda t: _x(t).narrow(0, -4, 1), IndexError, "start out of range (expected to be in range of [-3, 3], but got -4)"),
    "end-beyond": (lambda t: _x(t).narrow(0, 1, 3), RuntimeError, "start (1) + length (3) exceeds dimension size (3)."),
    "negative-length": (lambda t: _x(t).narrow(0, 1, -1), RuntimeError, "narrow(): length must be non-negative."),
})  # fmt: skip
programs("narrow", {
    "last": (lambda t: (_x(t).narrow(0, 2, 1), _x(t).narrow(0, -1, 1), _x(t).narrow(0, -3, 3).shape, _x(t).narrow(0, 3, 0).shape),
             [[[8.0, 9.0, 10.0, 11.0]], [[8.0, 9.0, 10.0, 11.0]], [3, 4], [0, 4]]),
}, aspect="bounds")  # fmt: skip
refusals("one_hot", {
    "beyond-last": (lambda t: t.nn.functional.one_hot(t.tensor([3]), 3), RuntimeError, "Class values must be smaller than num_classes."),
    "negative": (lambda t: t.nn.functional.one_hot(t.tensor([-1]), 3), RuntimeError, "Class values must be non-negative."),
}, dtypes=("int64",))  # fmt: skip

# A call with the dimension that is tried, of a tensor with two.
_DIMS: dict[str, Any] = {
    "sum": lambda t, x, d: x.sum(d), "mean": lambda t, x, d: x.mean(d), "max": lambda t, x, d: x.max(d)[0], "argmin": lambda t, x, d: x.argmin(d),
    "amax": lambda t, x, d: x.amax(d), "prod": lambda t, x, d: x.prod(d), "any": lambda t, x, d: x.any(d), "var": lambda t, x, d: x.var(d),
    "logsumexp": lambda t, x, d: x.logsumexp(d), "norm": lambda t, x, d: x.norm(2, d), "cumsum": lambda t, x, d: x.cumsum(d),
    "cumprod": lambda t, x, d: x.cumprod(d), "cummax": lambda t, x, d: x.neg().cummax(d)[0], "softmax": lambda t, x, d: x.softmax(d),
    "log_softmax": lambda t, x, d: x.log_softmax(d), "sort": lambda t, x, d: x.neg().sort(d)[0], "argsort": lambda t, x, d: x.neg().argsort(d),
    "topk": lambda t, x, d: x.topk(2, d)[0], "kthvalue": lambda t, x, d: x.kthvalue(1, d)[0], "median": lambda t, x, d: x.median(d)[0],
    "mode": lambda t, x, d: x.mode(d)[0], "flip": lambda t, x, d: x.flip(d), "roll": lambda t, x, d: x.roll(1, d), "cat": lambda t, x, d: t.cat((x, x), d),
    "chunk": lambda t, x, d: x.chunk(2, d)[0], "split": lambda t, x, d: x.split(2, d)[0], "unbind": lambda t, x, d: x.unbind(d)[0],
    "tensor_split": lambda t, x, d: x.tensor_split(2, d)[0], "narrow": lambda t, x, d: x.narrow(d, 0, 1), "select-dim": lambda t, x, d: x.select(d, 0),
    "transpose": lambda t, x, d: x.transpose(d, 0) + x.transpose(d, 0), "movedim": lambda t, x, d: x.movedim(d, 0), "squeeze": lambda t, x, d: x[:1].squeeze(d),
    "diff": lambda t, x, d: x.diff(dim=d), "index_select-dim": lambda t, x, d: x.index_select(d, t.tensor([1])), "gather-dim": lambda t, x, d: x.gather(d, t.tensor([[1]])),
    "scatter-dim": lambda t, x, d: x.scatter(d, t.tensor([[1]]), 9.0), "index_fill-dim": lambda t, x, d: x.index_fill(d, t.tensor([0]), 9.0),
    "unfold": lambda t, x, d: x.unfold(d, 2, 1), "size-dim": lambda t, x, d: x.size(d),
    "repeat_interleave": lambda t, x, d: x.repeat_interleave(2, d), "renorm": lambda t, x, d: x.renorm(2, d, 1.0), "logcumsumexp": lambda t, x, d: x.logcumsumexp(d),
    "count_nonzero": lambda t, x, d: x.count_nonzero(d), "nansum": lambda t, x, d: x.nansum(d), "unflatten": lambda t, x, d: x.unflatten(d, (1, -1)),
    "quantile": lambda t, x, d: x.quantile(0.5, d), "take_along_dim": lambda t, x, d: x.take_along_dim(t.zeros(1, 1, dtype=t.int64), d), "all": lambda t, x, d: x.all(d),
    "glu": lambda t, x, d: t.nn.functional.glu(x[:2], d), "unique": lambda t, x, d: x[:, :1].expand(3, 2).unique(dim=d), "permute": lambda t, x, d: x.permute(d, 0 if d % 2 else 1),
    "normalize": lambda t, x, d: t.nn.functional.normalize(x, dim=d),
}  # fmt: skip
_NEW_DIMS: dict[str, Any] = {
    "unsqueeze": lambda t, x, d: x.unsqueeze(d), "stack": lambda t, x, d: t.stack((x, x), d),
}  # fmt: skip


def _along(call: Any, t: Any, index: int) -> Any:
    return call(t, _x(t), index)


def _dims_differ(t: Any, call: Any) -> bool:
    return str(call(t, 0)) != str(call(t, 1))


def _add_dims(names: dict[str, Any], count: int) -> None:
    """Cases for the dimensions of a tensor, of which there are ``count``."""
    said = f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {{}})"
    for name, call in names.items():
        along = partial(_along, call)
        programs(name, {
            "from-the-end": (partial(_agree, call=along, count=count), [True] * count),
            "differ": (partial(_dims_differ, call=along), True),
        }, aspect="dim", dtypes=("float32", "int64", "bool"))  # fmt: skip
        refusals(name, {
            "dim-beyond": (partial(_along, call, index=count), IndexError, said.format(count)),
            "dim-before": (partial(_along, call, index=-count - 1), IndexError, said.format(-count - 1)),
        }, dtypes=("float32", "int64", "bool"))  # fmt: skip


_add_dims(_DIMS, 2)
_add_dims(_NEW_DIMS, 3)
