"""Every op that has a derivative, at special points: its values and first and second gradients are as good as PyTorch's.

The calls are made from the rows of the ops, so that a new op is checked without being named here. ``SPECIAL_POINTS=all``
in the environment checks all dtypes of every function instead of two that change from function to function.
"""

from __future__ import annotations

import math
import os
import zlib
from types import ModuleType

import pytest

import flambeau
from special_points import DTYPES, calls_of, differences, functions, names, points_of

DIFFERENT: dict[str, str] = {
    **dict.fromkeys(["nanmean"], "of nothing but nan the gradient is 0, not nan"),
    **dict.fromkeys(
        ["prod", "cumprod"], "no product of others is found by dividing an infinite, lost or nan one by the element"
    ),
    **dict.fromkeys(
        ["pow", "float_power"], "0 ** 0 is 1 also of complex numbers, and what a power of 0 hides stays hidden for nan"
    ),
    **dict.fromkeys(
        ["special.i1", "special.i1e"], "the derivative at nan is nan, where PyTorch takes nan for a tiny number"
    ),
    **dict.fromkeys(
        ["tanh", "reciprocal", "addcdiv", "sigmoid", "special.expit"],
        "PyTorch's processor rounds a product and a sum, or a complex quotient, in another order",
    ),
    **dict.fromkeys(["acosh"], "PyTorch's derivative leaves the branch where the imaginary part is -0.0"),
    **dict.fromkeys(
        ["atan2", "hypot", "sinc"],
        "quotients of the smallest numbers, where PyTorch's product with the gradient is rounded or overflows in between",
    ),
    **dict.fromkeys(["addmm"], "a product that leaves the range is infinite before an infinite number is added to it"),
    **dict.fromkeys(["vdot"], "which of two complex infinities of one sum is nan depends on the order of its terms"),
    **dict.fromkeys(["linalg.cond"], "a singular value of 0 is 0 in one build of LAPACK and rounded in another"),
    **dict.fromkeys(
        ["special.erfcx", "special.log_ndtr", "special.ndtr"],
        "far out, values come from series that lose nothing, where PyTorch's are rounded or nan",
    ),
    **dict.fromkeys(["logit"], "a zero with a minus sign is the same place as 0"),
    **dict.fromkeys(
        ["logaddexp", "logaddexp2"], "equal operands give exact values, and complex infinities parts of their own"
    ),
    **dict.fromkeys(["frexp"], "the exponent is applied without its power of 2, which overflows"),
    **dict.fromkeys(["ldexp"], "the product is rounded once, where PyTorch rounds the power first"),
    **dict.fromkeys(
        ["lgamma", "digamma", "polygamma", "mvlgamma", "special.gammaln", "special.psi", "special.multigammaln"],
        "PyTorch's trigamma function is a short series with finite poles; of the smallest numbers, ours leaves the range",
    ),
    **dict.fromkeys(
        ["logcumsumexp"], "for nan, gradients of 0 stay 0; complex numbers at the edge of the range are nan"
    ),
    **dict.fromkeys(["nanmedian", "mode"], "which of several nan is chosen is not specified"),
    **dict.fromkeys(
        ["nn.functional.hardtanh", "nn.functional.relu6", "nn.functional.softshrink", "hardshrink"],
        "at nan, PyTorch's gradient is 0 or 1 depending on the length of the tensor",
    ),
    **dict.fromkeys(
        ["var", "var_mean", "std_mean"], "at the edge of the range, one algorithm has infinity where another has nan"
    ),
    **dict.fromkeys(["nn.functional.gelu"], "the gradient at infinity is its limit, 1 or 0"),
    **dict.fromkeys(
        ["nn.functional.scaled_dot_product_attention"], "scores that are all -inf have no shares, where PyTorch takes 0"
    ),
}
"""Functions that differ from PyTorch somewhere, and why."""

UNREACHED = frozenset(
    [
        "_attention",
        "_avg_pool2d_backward",
        "_avg_pool3d_backward",
        "_col2im",
        "_collect",
        "_convolution_input",
        "_convolution_weight",
        "_cross_entropy_2d",
        "_cross_entropy_backward",
        "_ctc_loss_backward",
        "_grid_sample_2d",
        "_grid_sample_3d",
        "_linear_alone",
        "_smoothed_cross_entropy",
        "_fixed_norm",
        "_gru_layer",
        "_huber",
        "_im2col",
        "_lstm_layer",
        "_multi_margin",
        "_multilabel_margin",
        "_resample",
        "_rnn_layer",
        "_smooth_l1",
        "_soft_margin",
        "_spread",
        "_take_places",
        "_dirichlet_grad",
        "_dirichlet_of",
        "_div_rounded",
        "_gamma_of",
        "_standard_gamma_grad",
        "copy",
        "_to_copy",
        "_round_decimals",
        "_relu_backward",
        "_bent",
        "_nll_loss2d",
        "_padded_from_itself",
        "_pinned_copy",
        "_softmax_backward",
        "_log_softmax_backward",
        "_slice",
        "_pad_zeros",
        "_real_angle",
        "_complex_abs",
        "_complex_sgn",
        "_complex_log1p",
        "_max_all",
        "_min_all",
        "_max_dim",
        "_min_dim",
        "_index",
        "_index_add_zeros",
        "_unique_all",
        "_unique_dim",
        "_normal_hazard",
        "_euclidean",
        "_memory_cloned",
        "random",
        "_bernoulli_of",
        "_poisson_of",
        "_normal_of",
        "_box_counts",
        "_median_all",
        "_nanmedian_all",
        "_median_dim",
        "_nanmedian_dim",
        "_native_dropout",
        "_compressed_product",
        "linalg_norm",
        "_repeat_each",
        "_combine",
        "_masked_scale",
        "_strided_memory",
        "uniform",
    ]
)
"""Rows that no public function has the name of: parts of public functions, which call them, and methods."""

NO_GENERIC_CALL = frozenset(
    [
        "adaptive_avg_pool1d",
        "adaptive_max_pool1d",
        "affine_grid_generator",
        "avg_pool1d",
        "batch_norm",
        "channel_shuffle",
        "convolution",
        "grid_sampler",
        "grid_sampler_2d",
        "grid_sampler_3d",
        "group_norm",
        "layer_norm",
        "max_pool1d",
        "max_pool1d_with_indices",
        "max_pool2d",
        "max_pool3d",
        "nn.functional.adaptive_avg_pool2d",
        "nn.functional.adaptive_avg_pool3d",
        "nn.functional.adaptive_max_pool1d_with_indices",
        "nn.functional.adaptive_max_pool2d",
        "nn.functional.adaptive_max_pool2d_with_indices",
        "nn.functional.adaptive_max_pool3d",
        "nn.functional.adaptive_max_pool3d_with_indices",
        "nn.functional.affine_grid",
        "nn.functional.avg_pool2d",
        "nn.functional.avg_pool3d",
        "ctc_loss",
        "nn.functional.fold",
        "nn.functional.fractional_max_pool2d",
        "nn.functional.fractional_max_pool2d_with_indices",
        "nn.functional.fractional_max_pool3d",
        "nn.functional.fractional_max_pool3d_with_indices",
        "nn.functional.gaussian_nll_loss",
        "nn.functional.local_response_norm",
        "nn.functional.lp_pool1d",
        "nn.functional.lp_pool2d",
        "nn.functional.lp_pool3d",
        "nn.functional.max_pool2d_with_indices",
        "nn.functional.max_pool3d_with_indices",
        "nn.functional.max_unpool1d",
        "nn.functional.max_unpool2d",
        "nn.functional.max_unpool3d",
        "nn.functional.multi_head_attention_forward",
        "nn.functional.unfold",
        "pixel_shuffle",
        "pixel_unshuffle",
        "Tensor.view",
        "reshape",
        "permute",
        "transpose",
        "movedim",
        "Tensor.expand",
        "broadcast_to",
        "sum_to_size",
        "select",
        "narrow",
        "narrow_copy",
        "select_scatter",
        "split",
        "split_with_sizes",
        "unsafe_split",
        "chunk",
        "unsafe_split_with_sizes",
        "unsafe_chunk",
        "tensor_split",
        "hsplit",
        "vsplit",
        "dsplit",
        "flip",
        "roll",
        "topk",
        "kthvalue",
        "isin",
        "histogramdd",
        "constant_pad_nd",
        "Tensor.repeat",
        "tile",
        "scatter_reduce",
        "index_reduce",
        "as_strided",
        "as_strided_scatter",
        "normal",
        "log_normal",
        "exponential",
        "cauchy",
        "geometric",
        "nn.functional.pad",
    ]
)
"""Functions whose signatures do not say what arguments fit one another: shapes, positions, indices, classes."""

RANDOM = (
    "nn.functional.dropout",
    "nn.functional.gumbel_softmax",
    "nn.functional.alpha_dropout",
    "nn.functional.feature_alpha_dropout",
    "rrelu",
    "bernoulli",
    "normal",
)
"""Functions whose results are drawn."""


pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's, of dtypes that are new to it


def _dtypes(path: str) -> tuple[str, ...]:
    if os.environ.get("SPECIAL_POINTS") == "all":
        return DTYPES
    number = zlib.crc32(path.encode())
    return "float64", DTYPES[1:][number % 4]


def _found(torch: ModuleType, path: str, dtypes: tuple[str, ...]) -> list[str]:
    return [
        f"{call} {dtype} {text}"
        for call in calls_of(path)
        for dtype in dtypes
        for points in points_of(torch, call, dtype)
        for text in differences(torch, call, points, dtype)
    ]


def _checked() -> list[str]:
    left_out = {*NO_GENERIC_CALL, *DIFFERENT}
    return [path for path in functions() if path not in left_out and not path.startswith(RANDOM)]


@pytest.mark.parametrize("path", _checked())
def test_values_and_gradients_at_special_points(torch: ModuleType, path: str) -> None:
    assert _found(torch, path, _dtypes(path)) == []


@pytest.mark.parametrize("path", DIFFERENT)
def test_what_differs_still_does(torch: ModuleType, path: str) -> None:
    assert _found(torch, path, DTYPES), f"{path} agrees with PyTorch: take it off the list"


def test_the_lists_name_what_there_is() -> None:
    assert {name for name, path in names().items() if not path} == UNREACHED
    assert set(functions()) >= NO_GENERIC_CALL | set(DIFFERENT)
    for path in NO_GENERIC_CALL:
        assert not _callable(path), f"{path} can be checked: take it off the list"


def _callable(path: str) -> bool:
    try:
        calls = list(calls_of(path))
    except (LookupError, ValueError, TypeError):
        return False
    return bool(calls) and calls[0].tensors > 0


def test_nothing_flows_back_to_what_was_overwritten() -> None:
    for write in (
        lambda x: x.fill_(2.0), lambda x: x.zero_(), lambda x: x.copy_(flambeau.ones(2)), lambda x: x.uniform_(),
        lambda x: x.normal_(), lambda x: x.masked_fill_(flambeau.tensor([True, True]), 1.0), lambda x: x**0,
        lambda x: x ** flambeau.zeros(2), lambda x: flambeau.slice_scatter(x, flambeau.ones(2)),
    ):  # fmt: skip
        x = flambeau.tensor([0.0, 3.0], requires_grad=True)
        (found,) = flambeau.autograd.grad(write(x * 1), x, flambeau.tensor([math.inf, math.nan]))
        assert found.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", [flambeau.float16, flambeau.bfloat16])
def test_counts_that_16_bits_do_not_hold(dtype: flambeau.dtype) -> None:
    x = flambeau.ones(100_000, dtype=dtype, requires_grad=True)
    for extreme in (flambeau.amax, flambeau.min, lambda t: flambeau.aminmax(t).max):
        (found,) = flambeau.autograd.grad(extreme(x), x)
        assert found[0].item() == flambeau.tensor(1e-5, dtype=dtype).item()


def test_products_of_others_where_the_product_leaves_the_range() -> None:
    x = flambeau.tensor([1e200, 1e200, 1e-100], dtype=flambeau.float64, requires_grad=True)
    (found,) = flambeau.autograd.grad(x.prod(), x)
    assert found.tolist() == pytest.approx([1e100, 1e100, math.inf])


def test_second_derivative_of_the_normal_distribution_far_out() -> None:
    x = flambeau.tensor([-1e8, -1000.0, 40.0], dtype=flambeau.float64, requires_grad=True)
    (first,) = flambeau.autograd.grad(flambeau.special.log_ndtr(x).sum(), x, create_graph=True)
    (second,) = flambeau.autograd.grad(first.sum(), x)
    assert second.tolist() == pytest.approx([-1.0, -1 + 1e-6, 0.0], rel=1e-10, abs=1e-300)
