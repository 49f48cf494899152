"""Documented behaviours of topk, argsort and quantile."""

from typing import Any

from ...documented import gives, prints, refuses

_INTS = ("int64",)
_FIVE = [1.0, 2.0, 3.0, 4.0, 5.0]
_DIGITS = [3, 1, 4, 1, 5]
_SHUFFLE = [3, 0, 4, 1, 2]


def _x(t: Any) -> Any:
    return t.tensor([[3, 2, 1], [4, 5, 6]])


def _square(t: Any) -> Any:
    return t.arange(1.0, 10.0).reshape(3, 3)


# -- topk --------------------------------------------------------------------------------------------------------------


def _into_pair(t: Any) -> Any:
    values, indices = t.empty(0, dtype=t.int64), t.empty(0, dtype=t.int64)
    t.topk(_x(t), 1, out=(values, indices))
    return values, indices


def _topk_slope(t: Any) -> Any:
    x = t.tensor([1.0, 3.0, 2.0], requires_grad=True)
    (x.topk(2).values * t.tensor([10.0, 20.0])).sum().backward()
    return x.grad


prints("topk", "pair", lambda t: t.topk(_x(t), 2), "torch.return_types.topk(\nvalues=tensor([[3, 2],\n        [6, 5]]),\n"
       "indices=tensor([[0, 1],\n        [2, 1]]))", dtypes=_INTS)  # fmt: skip
gives("topk", "rows", lambda t: t.topk(_x(t), k=1, dim=0), [[[4, 5, 6]], [[1, 1, 1]]], dtypes=_INTS)
gives("topk", "gathered", lambda t: t.gather(_x(t), 1, t.topk(_x(t), 2, dim=1)[1]), [[3, 2], [6, 5]], dtypes=_INTS)
gives("topk", "smallest", lambda t: t.topk(_x(t), 2, largest=False).values, [[1, 2], [4, 5]], dtypes=_INTS)
gives(
    "topk",
    "unsorted",
    lambda t: sorted(t.tensor(_DIGITS).topk(3, sorted=False).values.tolist()),
    [3, 4, 5],
    dtypes=_INTS,
)
gives("topk", "out", _into_pair, [[[3], [6]], [[0], [2]]], dtypes=_INTS)
gives("topk", "gradient", _topk_slope, [0.0, 10.0, 20.0])
refuses("topk", "range", lambda t: t.topk(t.zeros(2), 3), RuntimeError, "selected index k out of range")
gives("topk#dim_none", "last", lambda t: t.topk(_x(t), 1, None).values, [[3], [6]], dtypes=_INTS)
gives("Tensor.topk", "method", lambda t: _x(t).topk(1).indices, [[0], [2]], dtypes=_INTS)

# -- argsort -----------------------------------------------------------------------------------------------------------


def _argsort_into(t: Any, **options: Any) -> Any:
    out = t.empty(5, dtype=t.int64)
    t.argsort(t.tensor(_DIGITS), out=out, **options)
    return out


def _restored(t: Any) -> Any:
    x, order = t.tensor([10, 20, 30, 40, 50]), t.tensor(_SHUFFLE)
    return x[order], t.argsort(order), x[order][t.argsort(order)]


prints("argsort", "ascending", lambda t: t.argsort(t.tensor(_DIGITS)), "tensor([1, 3, 0, 2, 4])", dtypes=_INTS)
gives(
    "argsort",
    "picked",
    lambda t: (lambda x: x[x.argsort(descending=True)])(t.tensor(_DIGITS)),
    [5, 4, 3, 1, 1],
    dtypes=_INTS,
)
gives("argsort", "columns", lambda t: t.argsort(t.tensor([[3, 1], [2, 4]]), dim=0), [[1, 0], [0, 1]], dtypes=_INTS)
gives("argsort", "stable", lambda t: t.argsort(t.tensor([1, 0, 1, 0]), stable=True), [1, 3, 0, 2], dtypes=_INTS)
gives("argsort", "stable-out", lambda t: _argsort_into(t, stable=True), [1, 3, 0, 2, 4], dtypes=_INTS)
gives(
    "argsort#descending_ties",
    "order",
    lambda t: t.argsort(t.tensor(_DIGITS), descending=True),
    [4, 2, 0, 1, 3],
    dtypes=_INTS,
)
gives(
    "argsort#stable_positional",
    "four",
    lambda t: t.argsort(t.tensor(_DIGITS), -1, False, True),
    [1, 3, 0, 2, 4],
    dtypes=_INTS,
)
gives("argsort#out", "alone", _argsort_into, [1, 3, 0, 2, 4], dtypes=_INTS)
gives("argsort#stable_gpu", "device", lambda t: t.ones(6).argsort(stable=True), [0, 1, 2, 3, 4, 5])
gives("argsort#inverse_permutation", "restored", _restored,
      [[40, 10, 50, 20, 30], [1, 3, 4, 0, 2], [10, 20, 30, 40, 50]], dtypes=_INTS)  # fmt: skip

# -- quantile ----------------------------------------------------------------------------------------------------------


def _modes(t: Any) -> Any:
    return [
        t.quantile(t.tensor([0.0, 1.0, 2.0, 4.0]), 0.9, interpolation=mode)
        for mode in ("linear", "lower", "higher", "midpoint", "nearest")
    ]


prints("quantile", "median", lambda t: t.quantile(t.tensor(_FIVE), 0.5), "tensor(3.)")
prints(
    "quantile", "several", lambda t: t.quantile(t.tensor(_FIVE), t.tensor([0.25, 0.5, 0.75])), "tensor([2., 3., 4.])"
)
gives("quantile", "flattened", lambda t: _square(t).quantile(0.25), 3.0)
prints("quantile", "kept", lambda t: t.quantile(_square(t), 0.5, dim=0, keepdim=True), "tensor([[4., 5., 6.]])")
gives(
    "quantile",
    "first",
    lambda t: t.quantile(_square(t), t.tensor([0.0, 1.0]), dim=-1),
    [[1.0, 4.0, 7.0], [3.0, 6.0, 9.0]],
)
gives("quantile", "out", lambda t: t.quantile(t.tensor(_FIVE), 0.1, out=t.empty(())), 1.4)
gives("quantile", "double", lambda t: str(t.tensor(_FIVE, dtype=t.float64).quantile(0.3).dtype), "torch.float64",
      dtypes=("float32", "float64"))  # fmt: skip
gives("quantile#interpolation", "modes", _modes, [3.4, 2.0, 4.0, 3.0, 4.0])
refuses("quantile#interpolation", "unknown", lambda t: t.quantile(t.zeros(2), 0.5, interpolation="bad"), RuntimeError,
        r"quantile\(\) interpolation must be one of linear, lower, higher, midpoint or nearest, but got bad")  # fmt: skip
gives("quantile#nearest_rounding", "halves",
      lambda t: [t.quantile(t.arange(n), 0.5, interpolation="nearest") for n in (2.0, 4.0)], [0.0, 2.0])  # fmt: skip
gives("quantile#row_example_values", "rows", lambda t: t.quantile(_square(t), t.tensor([0.25, 0.75]), dim=1),
      [[1.5, 4.5, 7.5], [2.5, 5.5, 8.5]])  # fmt: skip
gives("quantile#q_list", "list", lambda t: t.quantile(t.tensor(_FIVE), [0.25, 0.75]), [2.0, 4.0])
gives("quantile#dim_tuple", "grouped", lambda t: t.quantile(_square(t), 0.5, dim=(0, 1), keepdim=True), [[5.0]])
gives(
    "quantile#interpolation_positional",
    "fifth",
    lambda t: t.quantile(t.tensor([0.0, 1.0]), 0.4, None, False, "lower"),
    0.0,
)
gives(
    "quantile#integer_input", "converted", lambda t: t.quantile(t.tensor([1, 2]), 0.5), 1.5, dtypes=("int64", "float32")
)
refuses("quantile#q_out_of_range", "runtime", lambda t: t.quantile(t.zeros(2), 1.5), RuntimeError,
        r"quantile\(\) q must be in the range \[0, 1\] but got 1.5")  # fmt: skip
refuses("quantile#q_out_of_range", "tensor", lambda t: t.quantile(t.zeros(2), t.tensor([1.5])), RuntimeError,
        r"quantile\(\) q values must be in the range \[0, 1\]")  # fmt: skip
refuses("quantile#q_out_of_range", "value", lambda t: t.quantile(t.zeros(2), 1.5), ValueError, "in the range")
