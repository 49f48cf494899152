"""Calls of the kernels of layers, and what they give on the CuPy backend beside what NumPy's give."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from flambeau.backend.selection import find_place

__all__ = ["CALLS", "HALVES", "HEADS", "MASKS", "A", "compare", "compare_halves", "numbers"]


def numbers(*shape: int, dtype: str = "float64", seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed + sum(shape)).standard_normal(shape).astype(dtype)


A, G = numbers(5, 7), numbers(5, 7, seed=1)
COLUMN, WIDTH, CUBE, OTHER = numbers(5, 1), numbers(7), numbers(3, 4, 6), numbers(3, 4, 6, seed=1)
CHANNEL = [numbers(4, seed=seed) for seed in range(4)]
HEADS = [numbers(6, 5, 3, seed=seed) for seed in range(4)]
MASKS = {
    "pairs": np.where(numbers(1, 1, 5, 5) > 0.5, -np.inf, numbers(1, 1, 5, 5)),
    "keys": np.where(numbers(2, 1, 1, 5) > 0.5, -np.inf, 0.0),
    "heads": numbers(1, 3, 5, 5),
    "all": np.where(numbers(2, 3, 5, 5) > 0, -np.inf, 0.0),
    "blind": np.where(numbers(2, 1, 5, 1) > 0, -np.inf, 0.0),
}
TARGET = np.array([0, 6, 2, 3, 3])

SPECIAL = np.where(np.abs(A) < 0.3, np.nan, A)
SPECIAL[:3, 3], SPECIAL[3], SPECIAL[4, :] = -np.inf, -np.inf, np.linspace(1, 5, 7)
SPECIAL[4, 5] = np.inf
"""With rows that have nan, infinities, or -inf alone."""


def _softmax(a: np.ndarray[Any, Any], dim: int) -> np.ndarray[Any, Any]:
    powers = np.exp(a - a.max(dim, keepdims=True))
    return powers / powers.sum(dim, keepdims=True)  # type: ignore[no-any-return]


CALLS: dict[str, tuple[Any, ...]] = {
    **{f"softmax {dim}": (A, dim) for dim in (0, 1)},
    **{f"softmax_backward {dim}": (G, _softmax(A, dim), dim) for dim in (0, 1)},
    **{f"log_softmax {dim}": (A * 300, dim) for dim in (0, 1)},
    **{f"log_softmax_backward {dim}": (G, np.log(_softmax(A, dim)), dim) for dim in (0, 1)},
    "softmax empty": (np.empty((2, 0)), 1),
    "softmax infinite": (np.where(A > 0.5, -np.inf, A), 1),
    **{
        f"logsumexp {dims}": (CUBE * 300, dims, len(dims) == 2)
        for dims in ((0,), (1,), (2,), (1, 2), (0, 2), (0, 1, 2))
    },
    "logsumexp special": (SPECIAL, (1,), False),
    **{f"{name} {dim}": (CUBE, dim) for name in ("cummax", "cummin", "logcumsumexp") for dim in (0, 1, 2)},
    **{f"{name} special": (SPECIAL, 1) for name in ("cummax", "cummin", "logcumsumexp")},
    **{f"{name} integers": ((A * 5).astype("int64") + 2**60, 1) for name in ("cummax", "cummin")},
    **{f"{name} small": ((A * 5).astype("int8"), 0) for name in ("cummax", "cummin")},
    **{f"{name} bool": (A > 0, 1) for name in ("cummax", "cummin")},
    **{f"{name} {dims}": (SPECIAL, dims, True) for name in ("nansum", "square_sum") for dims in ((0,), (0, 1), ())},
    "cross_entropy": (A, TARGET, None, None, 0.0),
    "cross_entropy all": (A, TARGET, np.abs(WIDTH), 3, 0.25),
    "cross_entropy places": (CUBE, np.array([[0, 1, 2, 3, 0, 1]] * 3), None, 1, 0.1),
    "cross_entropy_backward": (COLUMN[:, 0], _softmax(A, 1), TARGET, np.abs(WIDTH), 3, 0.25),
    **{f"gelu {kind}": (A * 9, kind) for kind in ("none", "tanh")},
    **{f"gelu_backward {kind}": (G, A * 9, kind) for kind in ("none", "tanh")},
    **{f"{name}_backward": (G, A) for name in ("sigmoid", "tanh", "silu")},
    "silu": (A * 9,),
    **{f"layer_norm {w is None} {b is None}": (A, w, b, 1e-5) for w in (None, WIDTH) for b in (None, WIDTH * 2)},
    **{f"layer_norm_backward {w is None}": (G, A, COLUMN, np.abs(COLUMN), w) for w in (None, WIDTH)},
    "layer_norm_weight": (G, A, COLUMN, np.abs(COLUMN)),
    "channel_moments": (CUBE,),
    **{f"channel_scale {b is None}": (CUBE, *CHANNEL[:2], b) for b in (None, CHANNEL[2])},
    "channel_sums": (OTHER, CUBE, CHANNEL[0]),
    "channel_slope": (OTHER, CUBE, *CHANNEL),
    **{f"attention {causal}": (*HEADS[:3], None, 0.5, causal) for causal in (False, True)},
    **{f"attention {name}": (*HEADS[:3], mask, 0.5, False) for name, mask in MASKS.items()},
}

# Of each convolution the input, the weight, whether there is a bias, stride, padding, dilation and groups.
_CONVOLUTIONS: dict[str, tuple[Any, ...]] = {
    "line": ((2, 3, 9), (4, 3, 3), True, (2,), (1,), (1,), 1),
    "image": ((3, 4, 7, 6), (6, 4, 3, 2), False, (1, 2), (2, 0), (1, 2), 1),
    "groups": ((2, 4, 7, 6), (6, 2, 3, 3), True, (2, 1), (1, 1), (1, 1), 2),
    "apart": ((2, 4, 7, 6), (4, 1, 3, 2), True, (2, 1), (1, 0), (2, 1), 4),
    "volume": ((2, 2, 5, 4, 6), (3, 2, 2, 3, 1), True, (1, 1, 2), (1, 0, 0), (2, 1, 1), 1),
    "one place": ((2, 4, 5, 5), (6, 4, 1, 1), True, (1, 1), (0, 0), (1, 1), 1),
    "steps not taken": ((2, 3, 3, 7), (4, 3, 3, 1), True, (1 << 31, 2), (0, 0), (1, 1 << 31), 1),
    "steps not taken apart": ((2, 3, 3, 7), (3, 1, 3, 1), True, (1 << 31, 2), (0, 0), (1, 1 << 31), 3),
    "strided place": ((2, 4, 5, 5), (6, 4, 1, 1), True, (2, 2), (0, 0), (1, 1), 1),
}


def _convolutions() -> dict[str, tuple[Any, ...]]:
    calls: dict[str, tuple[Any, ...]] = {}
    for name, (shape, kernel, biased, stride, padding, dilation, groups) in _CONVOLUTIONS.items():
        options = (stride, padding, dilation, groups)
        out = tuple(
            (size + 2 * pad - spread * (length - 1) - 1) // step + 1
            for size, pad, spread, length, step in zip(shape[2:], padding, dilation, kernel[2:], stride, strict=True)
        )
        a, weight, grad = numbers(*shape), numbers(*kernel), numbers(shape[0], kernel[0], *out)
        biases = [numbers(kernel[0]), numbers(shape[1])] if biased else [None, None]
        calls[f"convolution {name}"] = (a, weight, biases[0], out, *options)
        calls[f"convolution_input {name}"] = (grad, weight, biases[1], shape[2:], *options)
        calls[f"convolution_weight {name}"] = (a, grad, kernel[2:], *options)
    return calls


CALLS |= _convolutions()


def _samplings() -> dict[str, tuple[Any, ...]]:
    calls: dict[str, tuple[Any, ...]] = {}
    for dims, modes in ((2, (0, 1, 2)), (3, (0, 1))):
        input, grid = numbers(2, 3, *(4, 5, 3)[:dims]), numbers(2, *(3, 4, 2)[:dims], dims) * 1.5
        grad, odd = numbers(2, 3, *grid.shape[1:-1]), grid.copy()
        odd.reshape(-1)[:8] = np.inf, 0, -np.inf, 1, np.nan, -1, 1e30, -5
        for mode, padding, corners in product(modes, range(3), (False, True)):
            name, options = f"{dims} {mode} {padding} {corners}", (mode, padding, corners)
            calls[f"grid_sample {name}"] = (input, grid, *options)
            calls[f"grid_sample {name} odd"] = (input, odd, *options)
            calls[f"grid_sample_backward {name}"] = (grad, input, grid, *options, True, True)
        calls[f"grid_sample_backward {dims} input"] = (grad, input, grid, 0, 0, False, True, False)
        calls[f"grid_sample_backward {dims} grid"] = (grad, input, grid, 0, 0, False, False, True)
    return calls


CALLS |= _samplings()


_ROWS = np.array([0, 2, 2, 5, 6]), np.array([3, 0, 1, 1, 2, 3]), numbers(6)
CALLS["sparse_along"] = (numbers(3, 4, 40), 1, *_ROWS)
CALLS["sparse_along special"] = (np.where(numbers(2, 4, 50) > 1, np.inf, numbers(2, 4, 50)), 1, *_ROWS)


_TIES = np.array([2.0, -0.0, 7.5, 0.0, np.nan, -np.inf, 3.0, 2.0, np.inf, -3.0, np.nan, 2.0])[
    numbers(4, 3, 40).argsort() % 12
]
for _k in (1, 5, 39):
    for _dim, _largest in ((2, False), (2, True), (0, True)):
        CALLS[f"topk {_k} {_dim} {_largest}"] = (_TIES.swapaxes(_dim, 2), _k, _dim, _largest)
    CALLS[f"kthvalue {_k}"] = (_TIES, _k, 2)
    CALLS[f"topk {_k} integers"] = ((numbers(2, 40) * 9).astype("int64") << 40, _k, 1, True)
    CALLS[f"kthvalue {_k} integers"] = ((numbers(2, 40) * 2).astype("int8"), _k, 1)
CALLS["sort_values"] = (_TIES, 2)
CALLS["topk of rows longer than a block"] = (numbers(3, 2500, dtype="float32"), 100, 1, False)
CALLS["kthvalue of rows longer than a block"] = (numbers(2, 2500).round(1), 1200, 1)
CALLS["topk of a long row"] = (numbers(9000), 4, 0, True)
CALLS["kthvalue of a long row"] = (numbers(9000), 4000, 0)


def _alignments() -> dict[str, tuple[Any, ...]]:
    """Samples with repeated labels, without labels, without steps, and with fewer steps than labels."""
    states = np.zeros((5, 9), "int64")
    for sample, row in enumerate(([1, 2, 2, 3], [3], [], [2, 2, 1, 1], [1, 2])):
        states[sample, 1 : 2 * len(row) : 2] = row
    labels, steps = np.array([4, 1, 0, 4, 2]), np.array([7, 5, 6, 3, 0])
    scores = numbers(7, 5, 4) * 2
    scores -= np.log(np.exp(scores).sum(2, keepdims=True))
    blocked = np.where(numbers(7, 5, 4, seed=1) > 1.2, -np.inf, scores)
    calls: dict[str, tuple[Any, ...]] = {}
    for name, given in (("", scores), (" blocked", blocked)):
        calls[f"ctc_loss{name}"] = paths = (given, states, steps, labels)
        found = find_place("cpu").kernels.ctc_loss(*paths)
        for zero in (False, True):
            calls[f"ctc_loss_backward{name} {zero}"] = (numbers(5), *paths, *found, zero)
    return calls


CALLS |= _alignments()


def _made(value: Any, array: Any) -> Any:
    return array(value) if isinstance(value, np.ndarray) else value


def compare(cupy_backend: Any, kernel: str, arguments: tuple[Any, ...]) -> Any:
    """What both backends give, and whether it is the same; the results of NumPy's."""
    expected = getattr(find_place("cpu").kernels, kernel)(*arguments)
    given = [_made(value, lambda host: cupy_backend.array(host, host.dtype.name)) for value in arguments]
    found = getattr(cupy_backend.kernels, kernel)(*given)
    for one, other in zip(*(each if isinstance(each, tuple) else (each,) for each in (found, expected)), strict=True):
        if other is None:
            assert one is None
        else:
            np.testing.assert_allclose(cupy_backend.read(one), other, rtol=1e-9, atol=1e-11, strict=True)
    return expected


_NOT_OF_HALVES = ("grid_sample", "ctc_loss", "sparse_along", "topk", "kthvalue", "sort_values")
HALVES = [call for call in CALLS if not call.startswith(_NOT_OF_HALVES) and not call.endswith("integers")]
"""The calls of kernels that take numbers of 16 bits; of the others core converts them."""

_STATISTICS = {
    "layer_norm_backward": (2, 3), "layer_norm_weight": (2, 3), "channel_scale": (1, 2, 3), "channel_sums": (2,),
    "channel_slope": (2, 3, 4, 5), "attention_backward": (4,), "cross_entropy_backward": (1,),
}  # fmt: skip
"""The arguments of float32 beside those of 16 bits."""

_WIDE = {
    "layer_norm": (1, 2),
    "layer_norm_weight": (0,),
    "channel_moments": (0, 1),
    "channel_sums": (0, 1),
    "attention": (1,),
    "cross_entropy": (0, 1, 2),
}
"""The results of float32."""

_DIGITS = {"float16": 2.0**-10, "bfloat16": 2.0**-7}


_ROUNDED_BETWEEN = ("attention", "attention_backward")
"""The kernels that multiply what they have rounded, as PyTorch's do."""


def _exact(host: Any, kind: str) -> Any:
    """The numbers of a dtype in float64; indices as they are."""
    return host if kind == "int64" else host.astype(kind).astype("float64")


def compare_halves(cupy_backend: Any, kernel: str, arguments: tuple[Any, ...], dtype: str) -> Any:
    """Whether a kernel gives of 16 bits what NumPy's gives of the same numbers in float64, rounded once; NumPy's results."""
    kinds = ["float32" if place in _STATISTICS.get(kernel, ()) else dtype for place in range(len(arguments))]
    kinds = [
        "int64" if isinstance(value, np.ndarray) and value.dtype == "int64" else kind
        for value, kind in zip(arguments, kinds, strict=True)
    ]
    pairs = list(zip(arguments, kinds, strict=True))
    exact = [_made(value, lambda host, kind=kind: _exact(host, kind)) for value, kind in pairs]
    expected = getattr(find_place("cpu").kernels, kernel)(*exact)
    found = getattr(cupy_backend.kernels, kernel)(
        *[_made(value, lambda host, kind=kind: cupy_backend.array(host, kind)) for value, kind in pairs]
    )
    results = [each if isinstance(each, tuple) else (each,) for each in (found, expected)]
    for place, (one, other) in enumerate(zip(*results, strict=True)):
        wide = place in _WIDE.get(kernel, ())
        assert one.dtype.name == ("float32" if wide else dtype)
        rtol = 1e-4 if wide else _DIGITS[dtype]
        scale = np.abs(other[np.isfinite(other)]).max(initial=1.0)
        slack = rtol * scale / (2 if kernel in _ROUNDED_BETWEEN else 8)
        np.testing.assert_allclose(cupy_backend.read(one).astype("float64"), other, rtol, slack)
    return expected
