"""Every family of ops, values and first and second gradients, against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from two_orders import check_values_and_gradients

Case = tuple[str, Callable[[Any, Any], Any], list[tuple[int, ...]]]


def _positive(t: ModuleType, x: Any) -> Any:
    return x * x + 0.5


CASES: list[Case] = [
    ("add", lambda t, x, y: x + y, [(2, 3), (3,)]),
    ("add_alpha", lambda t, x, y: t.add(x, y, alpha=3), [(2, 3), (2, 1)]),
    ("sub_number", lambda t, x: 2 - x - 1.5, [(2, 3)]),
    ("mul", lambda t, x, y: x * y * 2, [(2, 3), (2, 3)]),
    ("div", lambda t, x, y: x / _positive(t, y), [(2, 3), (1, 3)]),
    ("rdiv", lambda t, x: 1 / _positive(t, x), [(2, 3)]),
    ("remainder", lambda t, x, y: x % _positive(t, y), [(2, 3), (3,)]),
    ("fmod", lambda t, x, y: t.fmod(x, _positive(t, y)), [(2, 3), (3,)]),
    ("pow_number", lambda t, x: x**3 + _positive(t, x) ** -0.5, [(2, 3)]),
    ("pow_tensor", lambda t, x, y: _positive(t, x) ** y, [(2, 3), (3,)]),
    ("rpow", lambda t, x: 2.0**x, [(2, 3)]),
    ("square", lambda t, x: t.square(x), [(4,)]),
    ("maximum", lambda t, x, y: t.maximum(x, y) + t.minimum(x, 2 * y), [(2, 3), (3,)]),
    ("neg_abs", lambda t, x: -x.abs() + x.sign(), [(4,)]),
    ("rounding", lambda t, x: x.floor() + x.ceil() * x + x.trunc() + x.round(), [(5,)]),
    ("exp_log", lambda t, x: t.log(_positive(t, x)) + t.exp(x) + t.expm1(x) + t.log1p(_positive(t, x)), [(5,)]),
    ("log2_log10", lambda t, x: t.log2(_positive(t, x)) * t.log10(_positive(t, x)), [(5,)]),
    ("roots", lambda t, x: _positive(t, x).sqrt() + _positive(t, x).rsqrt() + _positive(t, x).reciprocal(), [(5,)]),
    ("sigmoid_tanh", lambda t, x: t.sigmoid(x * 3) * t.tanh(x), [(5,)]),
    ("trigonometric", lambda t, x: x.sin() * x.cos() + t.tan(x / 4) + t.atan(x) + t.asin(x / 9) + t.acos(x / 9), [(5,)]),
    ("hyperbolic", lambda t, x: x.sinh() * x.cosh(), [(5,)]),
    ("erf", lambda t, x: t.erf(x), [(5,)]),
    ("atan2", lambda t, x, y: t.atan2(x, y), [(5,), (5,)]),
    ("where", lambda t, x, y: t.where(x > y, x * 2, y * y), [(2, 3), (3,)]),
    ("clamp", lambda t, x: x.clamp(-0.5, 0.7) * x, [(9,)]),
    ("clamp_tensor", lambda t, x, y: t.clamp(x, min=y), [(9,), (9,)]),
    ("relu", lambda t, x: t.relu(x) * x, [(9,)]),
    ("softmax", lambda t, x: t.softmax(x, 1) * x, [(3, 4)]),
    ("log_softmax", lambda t, x: t.log_softmax(x, 0) * x, [(3, 4)]),
    ("sum", lambda t, x: x.sum(0) * x.sum() + x.sum((0, 1), keepdim=True).squeeze(), [(3, 4)]),
    ("mean", lambda t, x: x.mean(1, keepdim=True) * x.mean(), [(3, 4)]),
    ("var_std", lambda t, x: x.var(0) + x.std(0, unbiased=False) * x.var(), [(3, 4)]),
    ("prod", lambda t, x: x.prod(1) * x.prod(), [(3, 4)]),
    ("cumsum", lambda t, x: x.cumsum(1) * x, [(3, 4)]),
    ("logsumexp", lambda t, x: t.logsumexp(x, 1) * t.logsumexp(x, (0, 1)), [(3, 4)]),
    ("amax", lambda t, x: x.amax(1) * t.amin(x * x, (0, 1)), [(3, 4)]),
    ("max_dim", lambda t, x: x.max(1)[0] * x.min(1, keepdim=True).values.squeeze(1), [(3, 4)]),
    ("max_all", lambda t, x: x.max() * x.min() * x, [(3, 4)]),
    ("mm", lambda t, x, y: x @ y * 2, [(2, 3), (3, 4)]),
    ("matmul_batch", lambda t, x, y: t.matmul(x, y), [(2, 1, 2, 3), (4, 3, 2)]),
    ("matmul_vectors", lambda t, x, y, z: t.dot(x, y) * (z @ x) + (y @ z.t()), [(3,), (3,), (2, 3)]),
    ("bmm", lambda t, x, y: t.bmm(x, y) * 2, [(2, 2, 3), (2, 3, 1)]),
    ("mv_outer", lambda t, x, y: t.outer(t.mv(x, y), y), [(2, 3), (3,)]),
    ("addmm", lambda t, x, y, z: t.addmm(x, y, z, beta=2, alpha=3) * t.addmm(x, y, z), [(4,), (2, 3), (3, 4)]),
    ("linear", lambda t, x, y, z: t.nn.functional.linear(x, y, z) * 2, [(2, 3), (4, 3), (4,)]),
    ("view", lambda t, x: x.view(3, -1) * x.reshape(6).view(3, 2) ** 2, [(2, 3)]),
    ("transpose", lambda t, x: x.t() @ x + t.transpose(x, 0, 1).mT.T @ x * 2, [(3, 3)]),
    ("permute", lambda t, x: x.permute(2, 0, 1).movedim(0, 2).swapaxes(0, 1) ** 2, [(2, 3, 4)]),
    ("squeeze", lambda t, x: x.unsqueeze(1).squeeze() * x.squeeze(0), [(1, 3)]),
    ("expand", lambda t, x: x.expand(2, -1, 4) ** 2, [(3, 1)]),
    ("flatten", lambda t, x: x.flatten(1).unflatten(1, (4, 3)) ** 2, [(2, 3, 4)]),
    ("slices", lambda t, x: x[1:, ::2] * x[-2:, 1::2] + x[..., 0:2] [1:], [(3, 4)]),
    ("ints", lambda t, x: x[1] * x[:, 0, None][:3].sum() + x[-1, -1], [(3, 4)]),
    ("mask", lambda t, x: x[x > 0].sum() * x, [(3, 4)]),
    ("index", lambda t, x: x[t.tensor([0, 2, 0])] * x[[1, 1, 2]] + x[:, t.tensor([1, 0, 1, 3])], [(3, 4)]),
    ("index_separated", lambda t, x: x[t.tensor([0, 1]), :, t.tensor([1, 3])] ** 2, [(2, 3, 4)]),
    ("index_pair", lambda t, x: x[:, t.tensor([[0], [2]]), t.tensor([1, 3])] ** 2, [(2, 3, 4)]),
    ("gather", lambda t, x: x.gather(1, t.tensor([[0, 0], [3, 1], [2, 2]])) ** 2, [(3, 4)]),
    ("scatter", lambda t, x, y: x.scatter(1, t.tensor([[0, 2], [3, 1], [2, 0]]), y) ** 2, [(3, 4), (3, 2)]),
    ("scatter_add", lambda t, x, y: x.scatter_add(1, t.tensor([[0, 0], [3, 1], [2, 2]]), y) ** 2, [(3, 4), (3, 2)]),
    ("index_select", lambda t, x: t.index_select(x, 1, t.tensor([3, 3, 0])) ** 2, [(3, 4)]),
    ("masked_fill", lambda t, x: x.masked_fill(x > 0, 2.0) ** 2, [(3, 4)]),
    ("select_narrow", lambda t, x: x.select(1, -1) * x.narrow(0, 0, 3)[:, 1], [(3, 4)]),
    ("cat_stack", lambda t, x, y: t.cat((x, y), 1)[:, 1:] ** 2 + t.stack((x, y), 1).flatten(1)[:, :3], [(3, 2), (3, 2)]),
    ("hstack_vstack", lambda t, x, y: t.vstack((t.hstack((x, y)), x.expand(4)[None])), [(1,), (3,)]),
    ("split_chunk", lambda t, x: x.split(2, 1)[0] * x.chunk(2, 1)[1] + x.split([3, 1], 1)[1], [(3, 4)]),
    ("unbind_flip", lambda t, x: t.flip(x, (0,)) * x.unbind(1)[0][:, None], [(3, 4)]),
    ("clone_detach", lambda t, x: x.clone() * x.detach(), [(3, 4)]),
    ("to_dtype", lambda t, x: x.to(t.float32).to(t.float64) * x, [(3,)]),
    ("inplace", lambda t, x, y: (x * 1).mul_(y).add_(y, alpha=2).exp_(), [(3,), (3,)]),
    ("inplace_view", lambda t, x, y: _write_views(t, x * 1, y), [(3, 4), (4,)]),
    ("setitem_index", lambda t, x, y: _write_index(t, x * 1, y), [(3, 4), (2,)]),
    ("mse", lambda t, x, y: t.nn.functional.mse_loss(x, y), [(3,), (3,)]),
    ("l1", lambda t, x, y: t.nn.functional.l1_loss(x, y, reduction="sum"), [(3,), (3,)]),
    ("cross_entropy", lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([1, -100, 0])), [(3, 4)]),
    ("cross_entropy_weight", lambda t, x, y: t.nn.functional.cross_entropy(
        x, t.tensor([1, 2, 0]), weight=_positive(t, y).detach(), label_smoothing=0.1), [(3, 4), (4,)]),
    ("cross_entropy_probabilities", lambda t, x, y: t.nn.functional.cross_entropy(
        x, t.softmax(y, 1), label_smoothing=0.2), [(3, 4), (3, 4)]),
]  # fmt: skip


def _write_views(t: ModuleType, x: Any, y: Any) -> Any:
    x[1] = y
    x[:, 0].mul_(3)
    part = x[1:]
    part[0, 1:3] *= part[1, 1:3].clone()
    x.t()[3].zero_()
    return x * x


def _write_index(t: ModuleType, x: Any, y: Any) -> Any:
    x[t.tensor([0, 2]), t.tensor([1, 1])] = y
    x[x > 100] = 0.0
    x[:, t.tensor([3, 0])] = y
    return x * x


@pytest.mark.parametrize(("name", "function", "shapes"), CASES, ids=[case[0] for case in CASES])
def test_values_and_gradients_of_two_orders(
    torch: ModuleType, backend: str, name: str, function: Any, shapes: list[tuple[int, ...]]
) -> None:
    check_values_and_gradients(torch, function, shapes)
