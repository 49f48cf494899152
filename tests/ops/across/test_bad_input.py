"""Wrong calls: PyTorch's class of exception, and the target of an in-place or out= operation is as it was before."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau

_NAMES = """
x = M.arange(6.0).reshape(2, 3); i = M.arange(6).reshape(2, 3); b = i > 2; wide = M.arange(3.0).expand(2, 3); v = M.ones(4)
leaf = M.ones(2, 3, requires_grad=True); o = M.full((2, 3), 7.0); oi = M.full((2, 3), 7); ob = o > 0
"""

INPLACE = """
x.add_(v)
x.add_(M.ones(2, 2, 3))
x.mul_("2")
x.sub_(b)
i.add_(1.5)
i.mul_(x)
i.div_(2)
i.sqrt_()
b.add_(i)
b.neg_()
i.sigmoid_()
x.bitwise_and_(1)
x.logical_and_(v)
x.clamp_()
x.clamp_(min=M.ones(7))
x.pow_(v)
i.pow_(-1)
x.lerp_(x.double(), 0.5)
x.addcmul_(v, v)
x.copy_(v)
x.copy_("no")
x.fill_(v)
x.fill_("no")
x.fill_()
x.zero_(1)
x.cumsum_(3)
x.cumsum_(1.5)
x.tril_("a")
M.ones(3).tril_()
x.transpose_(0, 5)
x.unsqueeze_(9)
M.ones(2, 2, 2).t_()
x.squeeze_(4)
x.fill_diagonal_("no")
M.ones(2).fill_diagonal_(1)
x.as_strided_((9, 9), (9, 9))
x.masked_fill_(M.ones(5) > 0, 1)
x.masked_fill_(i, 1)
x.masked_fill_(b, v)
x.scatter_(0, M.tensor([[5]]), 1.0)
x.scatter_(0, M.tensor([[0.5]]), 1.0)
x.scatter_add_(1, M.tensor([[-1]]), x)
x.scatter_add_(1, M.tensor([[0, 1]]), M.ones(1, 1))
x.scatter_(0, M.tensor([[0]]), i)
x.__setitem__(5, 1.0)
x.__setitem__((0, 0, 0), 1.0)
x.__setitem__(slice(None), v)
x.__setitem__(b[:1], 1.0)
x.__setitem__(M.tensor([0, 7]), 1.0)
x.__setitem__("a", 1.0)
x.__setitem__(0.5, 1.0)
x.__setitem__(0, "no")
wide.add_(1)
wide.mul_(2)
wide.copy_(x)
wide.exp_()
wide.__setitem__(0, 5.0)
wide[:, 1].add_(1)
leaf.add_(1)
leaf.mul_(2)
leaf.zero_()
leaf.fill_(3)
leaf.copy_(x)
leaf.t_()
leaf.unsqueeze_(0)
leaf[0].add_(1)
leaf.__setitem__(0, 1.0)
leaf.view(-1).mul_(2)
x.uniform_(2, 1)
x.normal_(0, -1)
i.normal_()
x.random_(5, 2)
x.bernoulli_(2.0)
x.exponential_(-1)
x.roll(1, 7)
x.set_(5)
x.requires_grad_(1, 2)
i.requires_grad_()
x.erfinv_(3)
x.gcd_(1)
x.ldexp_("a")
x.floor_divide_("a")
x.remainder_(M.ones(5))
x.nan_to_num_("a")
x.__iadd__(v)
x.__imul__("a")
i.__itruediv__(2)
x.__iand__(1)
""".strip().splitlines()

OUT = """
M.add(x, 1, out=oi)
M.add(x, v, out=o)
M.add(x, x, out="no")
M.add(leaf, 1, out=o)
M.add(x, 1, out=leaf)
M.sub(b, b, out=ob)
M.mul(x, i, out=oi)
M.div(i, 2, out=oi)
M.exp(x, out=oi)
M.eq(x, v, out=ob)
M.isposinf(x, out=o)
M.sum(x, 7, out=o)
M.cumsum(x, 7, out=o)
M.amax(x, 7, out=o)
M.amax(x, 0, out=oi)
M.max(x, 0, out=(o, o))
M.cat((x, v), out=o)
M.cat((), out=o)
M.stack((x, v), out=o)
M.matmul(x, x, out=o)
M.mm(x, x.t(), out=oi)
M.tril(x, out=oi)
M.diag(M.ones(2, 2, 2), out=o)
M.gather(x, 0, M.tensor([[9]]), out=o)
M.index_select(x, 0, M.tensor([9]), out=o)
M.arange(3, out=M.zeros(3).requires_grad_())
M.linspace(0, 1, -1, out=o)
M.zeros(2, 3, out=oi, dtype=M.float32)
M.eye(-1, out=o)
M.full((2, 3), 1.5, out=oi)
M.where(b, x, i, out=oi)
M.sort(x, 5, out=(o, oi))
M.topk(x, 9, out=(o, oi))
M.bitwise_and(x, x, out=o)
M.pow(i, -1, out=oi)
M.softmax(x, 4, out=o)
M.norm(x, dim=4, out=o)
M.logsumexp(x, 4, out=o)
M.clamp(x, out=o)
M.lerp(x, x.double(), 0.5, out=o)
M.quantile(x, 2.0, out=o)
""".strip().splitlines()


def _state(names: dict[str, Any]) -> list[Any]:
    return [names[name].tolist() for name in ("x", "i", "b", "wide", "v", "leaf", "o", "oi", "ob")] + [
        list(names[name].shape) for name in ("x", "i", "b", "o", "oi", "leaf")
    ]


def _class(module: Any, expression: str) -> tuple[str, bool]:
    names: dict[str, Any] = {"M": module}
    exec(_NAMES, names)
    before = _state(names)
    with warnings.catch_warnings(action="ignore"):
        try:
            eval(expression, names)
        except Exception as error:
            builtin = next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
            return builtin, _state(names) == before
    return "nothing", True


@pytest.mark.oracle
@pytest.mark.parametrize("expression", [*INPLACE, *OUT])
def test_refused_as_by_pytorch_and_nothing_written(expression: str) -> None:
    torch = pytest.importorskip("torch")
    expected, _ = _class(torch, expression)
    found, unchanged = _class(flambeau, expression)
    assert unchanged, "the target was written to"
    assert found == expected


def test_a_negative_step_gives_a_copy() -> None:
    x = flambeau.arange(4.0)
    backwards = x[::-1]
    backwards[0] = 9.0
    assert backwards.tolist() == [9, 2, 1, 0]
    assert x.tolist() == [0, 1, 2, 3]


def test_writes_to_overlapping_memory_are_refused_in_pytorchs_words() -> None:
    with pytest.raises(
        RuntimeError, match="more than one element of the written-to tensor refers to a single memory location"
    ):
        flambeau.ones(1).expand(3).add_(1)


def test_one_value_may_be_written_to_overlapping_memory() -> None:
    x = flambeau.ones(2, 1)
    x.expand(2, 3).fill_(5)
    x[:1].expand(1, 3).zero_()
    assert x.tolist() == [[0], [5]]


@pytest.mark.parametrize(
    "expression",
    [
        "x.sort({})", "x.cumsum({})", "x.squeeze({})", "x.unsqueeze({})", "x.argmax({})",
        "x.softmax({})", "x.unbind({})", "x.argsort({})", "x.sum({})", "x.transpose({}, 0)", "x.median({})", "x.cummax({})",
        "x.logcumsumexp({})", "M.stack([x], {})", "M.cat([x], {})", "x.mode({})", "x.prod({})", "x.diff(1, {})",
        "M.nn.functional.glu(x, {})", "x.narrow({}, 0, 1)", "x.index_select({}, M.tensor([0]))", "x.unfold({}, 1, 1)",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "number",
    [
        "N.int64(1)",
        "N.uint8(1)",
        "M.tensor(1)",
        "M.tensor(1, dtype=M.uint8)",
        "M.tensor([1])",
        "M.tensor(True)",
        "True",
    ],
)
@pytest.mark.oracle
def test_what_is_taken_for_an_int(torch: ModuleType, expression: str, number: str) -> None:
    def outcome(module: Any) -> str:
        names = {"M": module, "N": np, "x": module.tensor([[3.0, 1.0], [2.0, 0.5]])}
        try:
            return (
                repr(eval(expression.format(number), names))
                .replace("torch.return_types.", "")
                .replace("\n", "")
                .replace(" ", "")
            )
        except TypeError:
            return "TypeError"
        except RuntimeError as error:
            return str(error)

    assert outcome(flambeau) == outcome(torch)
