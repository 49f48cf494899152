"""What every kernel gives back: the promises of the contract, as a table.

The words to it are in :mod:`flambeau.backend.kernels`, :mod:`~flambeau.backend.optional` and
:mod:`~flambeau.backend.extensions`. With ``FLAMBEAU_CHECK_KERNELS=1`` each result is compared with what stands here; see
:mod:`flambeau.backend.checking`.

A dtype is written as the name of the argument that has it (``"a"``), or names it (``"dtype"``); ``"real a"`` and
``"complex a"`` are its real and complex counterparts, ``"single a"`` is float32 where it has floats of 16 bits; any other word
is the dtype itself. An argument that is None has int64. A shape is a function of the arguments by name; None as a size, or as
the shape, says that it depends on the values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

from .extensions import EXTENSIONS
from .kernels import RequiredKernels, Shape
from .optional import OptionalKernels

__all__ = ["PARAMETERS", "PROMISES", "Buffer", "Given", "Number", "Promise", "Writes"]

Arguments: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Arguments], tuple[int | None, ...] | None]


@dataclass(frozen=True)
class Given:
    """A new array of this dtype and shape; or None, if it is ``optional`` and the kernel does not have the dtype."""

    dtype: str
    shape: Rule
    optional: bool = False


@dataclass(frozen=True)
class Writes:
    """None: the kernel writes into the arguments of these names, where they are not None: arrays, or lists of arrays."""

    names: frozenset[str]


@dataclass(frozen=True)
class Number:
    """A Python number."""


@dataclass(frozen=True)
class Buffer:
    """The bytes of the argument ``a``."""


Promise: TypeAlias = tuple[Given, ...] | Writes | Number | Buffer
"""One array, or as many as a tuple has that the kernel gives."""


# -- shapes ------------------------------------------------------------------------------------------------------------


def _like(name: str) -> Rule:
    return lambda given: given[name].shape


def _named(name: str) -> Rule:
    return lambda given: tuple(given[name])


def _broadcast(*names: str) -> Rule:
    return lambda given: _common(*(given[name].shape for name in names))


def _common(*shapes: Shape) -> Shape:
    if shapes.count(shapes[0]) == len(shapes):
        return tuple(shapes[0])
    ndim = max(map(len, shapes))
    aligned = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(next((size for size in sizes if size != 1), 1) for sizes in zip(*aligned, strict=True))


def _reduced(given: Arguments) -> Shape:
    dims = given["dims"] if "dims" in given else (given["dim"],)
    keepdim = given.get("keepdim", False)
    sizes = enumerate(given["a"].shape)
    return tuple(1 if dim in dims else size for dim, size in sizes if keepdim or dim not in dims)


def _with_size(size: Callable[[Arguments, int], int], name: str = "a") -> Rule:
    """The shape of an argument with another size of the dim ``dim``."""

    def rule(given: Arguments) -> Shape:
        shape, dim = given[name].shape, given["dim"]
        return tuple(size(given, old) if place == dim else old for place, old in enumerate(shape))

    return rule


def _padded(given: Arguments) -> Shape:
    return tuple(map(sum, zip(given["before"], given["a"].shape, given["after"], strict=True)))


def _concatenated(given: Arguments) -> Shape:
    shape, dim = list(given["arrays"][0].shape), given["dim"]
    shape[dim] = sum(array.shape[dim] for array in given["arrays"])
    return tuple(shape)


def _indexed(given: Arguments) -> Shape:
    return (*given["indices"][0].shape, *given["a"].shape[len(given["indices"]) :])


def _product(given: Arguments) -> Shape:
    one, two = given["a"].shape, given["b"].shape
    return (*_common(one[:-2], two[:-2]), one[-2], two[-1])


def _matrices(rows: str, columns: str) -> Rule:
    """A batch of matrices, or vectors, whose sizes are those of ``a``: m, n, k the smaller, K, or nothing.

    K is m or n where the argument ``complete`` or ``full`` asks for square factors, otherwise k.
    """

    def rule(given: Arguments) -> Shape:
        *batch, m, n = given["a"].shape
        whole = given.get("complete", False) or given.get("full", False)
        sizes = {"m": m, "n": n, "k": min(m, n), "M": m if whole else min(m, n), "N": n if whole else min(m, n)}
        return (*batch, *(sizes[letter] for letter in (rows, columns) if letter))

    return rule


def _rows(given: Arguments) -> Shape:
    return (given["a"].shape[0],)


def _pooled(sizes: str, name: str = "a") -> Rule:
    def rule(given: Arguments) -> Shape:
        shape, dim, wanted = given[name].shape, given["dim"], tuple(given[sizes])
        return (*shape[:dim], *wanted, *shape[dim + len(wanted) :])

    return rule


def _attended(given: Arguments) -> Shape:
    return (*given["query"].shape[:2], given["value"].shape[2])


def _states(given: Arguments) -> Shape:
    return (given["input"].shape[0], given["w_hh"].shape[1])


def _gates(given: Arguments) -> Shape:
    return (given["input"].shape[0], given["w_hh"].shape[0])


def _grads(*names: str) -> list[Given]:
    return [Given("input", _like(name)) for name in names]


_OF_INPUT = Given("input", _like("input"), optional=True)
_OF_BIAS = Given("input", lambda given: given["w_hh"].shape[:1], optional=True)


# -- the table ---------------------------------------------------------------------------------------------------------

_A = _like("a")
_PAIR = _broadcast("a", "b")


def _each(names: str, *given: Given) -> dict[str, Promise]:
    return dict.fromkeys(names.split(), given)


def _writing(names: str, written: str) -> dict[str, Promise]:
    return dict.fromkeys(names.split(), Writes(frozenset(written.split())))


PROMISES: dict[str, Promise] = {
    # storage
    **_each("empty full from_host", Given("dtype", _named("shape"))),
    **_each("arange", Given("dtype", lambda given: (given["length"],))),
    "to_host": Buffer(),
    "item": Number(),
    **_each("clone", Given("a", _A)),
    **_each("cast", Given("dtype", _A)),
    **_writing("copy_into index_put scatter scatter_add index_add reduce_at", "target"),
    **_writing("unpack", "arrays"),
    **_writing("many_steps", "rows"),
    **_writing("sgd_step", "parameter buffer"),
    **_writing("adam_step", "parameter exp_avg exp_avg_sq max_exp_avg_sq"),
    **_writing("adadelta_step", "parameter square_avg acc_delta"),
    **_writing("adagrad_step", "parameter total"),
    **_writing("adamax_step", "parameter exp_avg exp_inf"),
    **_writing("asgd_step", "parameter average"),
    **_writing("nadam_step", "parameter exp_avg exp_avg_sq"),
    **_writing("rmsprop_step", "parameter square_avg grad_avg momentum_buffer"),
    **_each("bitcast", Given("dtype", lambda _: None)),
    # element-wise
    **_each("neg sign floor ceil trunc round sqrt exp expm1 log log1p sin cos tan asin acos atan sinh cosh tanh", Given("a", _A)),
    **_each("erf lgamma bitwise_not square reciprocal rsqrt sigmoid log2 log10 exp2 asinh acosh atanh conj", Given("a", _A)),
    **_each("erfc erfcx erfinv ndtri log_ndtr digamma i0 i0e i1 i1e relu clamp nan_to_num", Given("a", _A)),
    **_each("abs", Given("real a", _A)),
    **_each("isnan isinf isfinite signbit logical_not", Given("bool", _A)),
    **_each("frexp", Given("a", _A), Given("int32", _A)),
    **_each("add sub mul div floor_divide remainder fmod pow atan2 maximum minimum fmax fmin", Given("a", _PAIR)),
    **_each("bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm", Given("a", _PAIR)),
    **_each("hypot logaddexp logaddexp2 copysign nextafter zeta igamma igammac", Given("a", _PAIR)),
    **_each("eq ne lt le gt ge logical_and logical_or logical_xor", Given("bool", _PAIR)),
    **_each("where", Given("a", _broadcast("condition", "a", "b"))),
    **_each("relu_backward softmax_backward log_softmax_backward", Given("grad", _broadcast("grad", "result"))),
    # reductions and scans
    **_each("sum prod amax amin mean nansum square_sum logsumexp", Given("a", _reduced)),
    **_each("var", Given("real a", _reduced)),
    **_each("argmax argmin count_nonzero", Given("int64", _reduced)),
    **_each("any all", Given("bool", _reduced)),
    **_each("cumsum cumprod cummax cummin logcumsumexp softmax log_softmax", Given("a", _A)),
    # movement
    **_each("reshape expand as_strided", Given("a", _named("shape"))),
    **_each("permute", Given("a", lambda given: tuple(given["a"].shape[dim] for dim in given["dims"]))),
    **_each("slice", Given("a", _named("lengths"))),
    **_each("select", Given("a", _reduced)),
    **_each("flip roll", Given("a", _A)),
    **_each("pad", Given("a", _padded)),
    **_each("concat", Given("arrays", _concatenated)),
    **_each("pack", Given("arrays", lambda given: (sum(prod(array.shape) for array in given["arrays"]),))),
    **_each("repeat_interleave", Given("a", _with_size(lambda given, size: size * int(given["repeats"])))),
    # indexing
    **_each("index", Given("a", _indexed)),
    **_each("gather", Given("a", _like("index"))),
    **_each("index_select", Given("a", _with_size(lambda given, _: int(given["index"].shape[0])))),
    **_each("nonzero", Given("int64", lambda given: (None, len(given["a"].shape)))),
    # order
    **_each("sort", Given("a", _A), Given("int64", _A)),
    **_each("sort_values partition", Given("a", _A)),
    **_each("topk", *(Given(dtype, _with_size(lambda given, _: int(given["k"]))) for dtype in ("a", "int64"))),
    **_each("kthvalue", *(Given(dtype, _with_size(lambda *_: 1)) for dtype in ("a", "int64"))),
    **_each("searchsorted", Given("int64", _like("values"))),
    # products and counts
    **_each("matmul addmm", Given("a", _product)),
    **_each("banded_matmul", Given("a", _with_size(lambda given, _: sum(each.shape[1] for each in given["turned"])))),
    **_each("sparse_along", Given("a", _with_size(lambda given, _: given["pointers"].shape[0] - 1), optional=True)),
    **_each("sparse_matmul", Given("values", lambda given: (given["count"], *given["dense"].shape[1:]), optional=True)),
    **_each("bincount", Given("weights", lambda given: (given["length"],))),
    # convolutions
    "convolution": (Given("a", lambda given: (given["a"].shape[0], given["weight"].shape[0], *given["size"])),),
    "convolution_input": (
        Given("grad", lambda given: (given["grad"].shape[0], given["weight"].shape[1] * given["groups"], *given["size"])),
    ),
    "convolution_weight": (
        Given("a", lambda given: (given["grad"].shape[1], given["a"].shape[1] // given["groups"], *given["size"])),
    ),
    # normalisation: of rows of a matrix, of the second of three dims
    **_each("layer_norm", Given("a", _A), Given("single a", _rows), Given("single a", _rows)),
    **_each("cross_entropy", *(Given("single a", rule) for rule in (_like("target"), _A, lambda given: ()))),
    **_each("cross_entropy_backward", Given("grad", _like("result"))),
    "window_largest": (Given("a", _pooled("sizes")), Given("int64", _pooled("sizes"), optional=True)),
    "window_sums": (Given("a", _pooled("sizes")),),
    "window_backward": (Given("grad", _pooled("lengths", "grad")),),
    "ctc_loss": (
        Given("log_probs", lambda given: given["log_probs"].shape[1:2]),
        Given("log_probs", lambda given: (given["log_probs"].shape[0], *given["states"].shape)),
    ),
    "grid_sample": (Given("input", lambda given: (*given["input"].shape[:2], *given["grid"].shape[1:-1])),),
    "grid_sample_backward": tuple(Given("input", _like(name), optional=True) for name in ("input", "grid")),
    **_each("ctc_loss_backward", Given("log_probs", _like("log_probs"))),
    **_each("attention", Given("query", _attended), Given("single query", lambda given: (*given["query"].shape[:2], 1))),
    **_each("attention_backward", *(Given("query", _like(name)) for name in ("query", "key", "value"))),
    **_each("gelu gelu_backward silu silu_backward", Given("a", _A)),
    **_each("sigmoid_backward tanh_backward", Given("grad", _like("result"))),
    **_each("layer_norm_backward channel_scale channel_slope masked_scale mul_wide div_wide", Given("a", _A)),
    **_each("layer_norm_weight", Given("single a", lambda given: given["a"].shape[1:])),
    **_each("channel_moments channel_sums", *[Given("single a", lambda given: given["a"].shape[1:2])] * 2),
    # recurrent layers
    **_each("lstm_layer", *(Given("input", rule) for rule in (_states, _like("h"), _like("c"), _gates, _states))),
    **_each("lstm_layer_backward", _OF_INPUT, *_grads("h", "c", "w_ih", "w_hh"), _OF_BIAS, _OF_BIAS),
    **_each("gru_layer", *(Given("input", rule) for rule in (_states, _like("h"), _gates, _states))),
    **_each("rnn_layer", Given("input", _states), Given("input", _like("h"))),
    **_each("gru_layer_backward rnn_layer_backward", _OF_INPUT, *_grads("h", "w_ih", "w_hh"), _OF_BIAS, _OF_BIAS),
    # matrices
    **_each("cholesky inv", Given("a", _A)),
    **_each("qr", Given("a", _matrices("m", "M")), Given("a", _matrices("M", "n"))),
    **_each("svd", Given("a", _matrices("m", "M")), Given("real a", _matrices("k", "")), Given("a", _matrices("N", "n"))),
    **_each("eigh", Given("real a", _matrices("n", "")), Given("a", _A)),
    **_each("eig", Given("complex a", _matrices("n", "")), Given("complex a", _A)),
    **_each("lu_factor", Given("a", _A), Given("int64", _matrices("k", ""))),
    **_each("solve solve_triangular", Given("a", _like("b"))),
    **_each("det", Given("a", _matrices("", ""))),
    **_each("slogdet", Given("a", _matrices("", "")), Given("real a", _matrices("", ""))),
    # transforms
    **_each("fft", Given("a", _A)),
    **_each("rfft", Given("complex a", _with_size(lambda _, size: size // 2 + 1))),
    **_each("irfft", Given("real a", _with_size(lambda given, _: int(given["n"])))),
}  # fmt: skip
"""The promise of every kernel."""

PARAMETERS: dict[str, tuple[str, ...]] = {
    name: method.__code__.co_varnames[1 : method.__code__.co_argcount]
    for protocol in (RequiredKernels, OptionalKernels, *EXTENSIONS.values())
    for name, method in vars(protocol).items()
    if name in PROMISES
}
"""The names of the parameters of every kernel, in their order."""
