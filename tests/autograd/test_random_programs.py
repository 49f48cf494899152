"""Drawn programs on both libraries: operations, views, writes, islands without recording, hooks; all values, gradients of
first and second order and errors are compared."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

# A step is an expression of two earlier variables, x and y; of the library, M; and of a small number, k.
OPERATIONS = """
x.sin()
x.tanh() * 2
x * x
x.exp().clamp(max=3)
x.abs()
M.relu(x)
x.sigmoid()
x + y
x * y
x - 0.5 * y
x / (y * y + 1)
M.maximum(x, y)
M.where(x > y, x, y * 2)
x.sum(0)
x.mean(-1, keepdim=True)
x.cumsum(0)
x.cumprod(-1)
x.max(0).values
x.std(0)
x.softmax(-1)
x.t() @ x
M.cat([x, y])
M.stack([x, y])
x.clone()
x.detach()
x.flip(0)
x.roll(1, 0)
x.sort(-1).values
x[M.tensor([0, 0, -1])]
x[x > 0]
x.index_select(0, M.tensor([1, 0]))
x.gather(0, M.zeros(x.shape, dtype=M.int64))
x.masked_fill(x > 0.5, 2.0)
x.repeat(2, 1)
x.tril()
M.nn.functional.pad(x, (1, 0))
x.scatter_add(0, M.zeros(x.shape, dtype=M.int64), x)
x.prod()
""".strip().splitlines()

VIEWS = """
x.t()
x[0]
x[-1:]
x[..., 1:]
x[None]
x[::2]
x.view(-1)
x.reshape(-1, 1) if x.is_contiguous() else x
x.unsqueeze(k % 2)
x.squeeze(0)
x.transpose(0, -1)
x.permute(tuple(range(x.dim()))[::-1])
x.chunk(2)[k % 2]
x.split(1)[0]
x.unbind(0)[k % 2]
x.expand(2, *x.shape)
x.expand_as(y)
x.narrow(0, 0, 1)
x.select(-1, 0)
x.diagonal()
x.flatten()
x.movedim(0, -1)
x.view_as(x)
x.as_strided((2,), (1,))
x.detach()[0]
""".strip().splitlines()

WRITES = """
x.add_(y)
x.mul_(y)
x.sin_()
x.mul_(2)
x.zero_()
x.fill_(0.5)
x.copy_(y)
x.clamp_(-1, 1)
x.sigmoid_()
x.relu_()
x.exp_().clamp_(max=3)
x.pow_(2)
x.masked_fill_(x > 0, 0.25)
x.index_add_(0, M.tensor([0]), y[:1])
x.index_fill_(0, M.tensor([0]), 1.5)
x.scatter_(0, M.zeros(x.shape, dtype=M.int64), 0.5)
x.cumsum_(0)
x.tril_()
x.addcmul_(x, y)
x.lerp_(y, 0.3)
x.__setitem__(0, y[0])
x.__setitem__(0, 0.5)
x.__setitem__((..., 0), y[..., 0])
x.__setitem__(slice(None), y)
x.__setitem__(x > 0, 0.75)
x.__setitem__(M.tensor([0, -1]), y[:2])
x.__setitem__((slice(None), M.tensor([0])), 0.1)
x._is_view() or x.register_hook(lambda grad: grad * 2) and None
x.retain_grad()
""".strip().splitlines()

_STEPS = st.tuples(
    st.one_of(st.sampled_from(OPERATIONS), st.sampled_from(VIEWS), st.sampled_from(WRITES)),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 3),
    st.sampled_from([False, False, False, True]),
)


_ENDS = (
    "single memory location",  # which the libraries notice in different cases
    "its base or another view of its base has been modified",  # PyTorch when it is used, flambeau in the backward pass
    "INTERNAL ASSERT",
)


class Program:
    """What one library makes of a program."""

    def __init__(self, module: Any, steps: Any) -> None:
        self.module = module
        self.trace: list[Any] = []
        self.gradients: list[Any] = []
        start = [[0.5, -1.0, 1.5], [2.0, 0.25, -0.75]]
        leaf = module.tensor(start, dtype=module.float64, requires_grad=True)
        row = module.tensor([0.75, -0.5, 1.25], dtype=module.float64, requires_grad=True)
        plain = module.tensor([[1.0, 2.0, -0.5], [0.1, -0.2, 0.3]], dtype=module.float64)
        self.variables = [leaf, row, plain, leaf * 1.5]
        self.leaves = [leaf, row]
        with warnings.catch_warnings(action="ignore"):
            for step in steps:
                if not self._step(*step):
                    return
            self._differentiate()

    def _step(self, expression: str, first: int, second: int, k: int, unrecorded: bool) -> bool:
        """Run a step; whether the program goes on, which it does not where memory overlaps."""
        # The last variables are the likeliest, so that programs are deep.
        x, y = (self.variables[-1 - number % len(self.variables)] for number in (first, second))
        try:
            # A view made without recording claims in PyTorch to require a gradient; here it does not.
            island = unrecorded and expression not in VIEWS
            with self.module.no_grad() if island else nullcontext():
                result = eval(expression, {"M": self.module, "x": x, "y": y, "k": k})
        except Exception as error:
            if any(text in str(error) for text in _ENDS):
                return False
            self.trace.append(_class_of(error))
            result = None
        if isinstance(result, self.module.Tensor) and result is not x and result.is_floating_point():
            self.variables.append(result)
        self.trace.append([_seen(variable) for variable in self.variables[-6:]])
        return True

    def _differentiate(self) -> None:
        try:
            outputs = [variable for variable in self.variables if variable.requires_grad]
            loss = sum((variable.sin() * 0.5).sum() for variable in outputs[-4:])
            first = self.module.autograd.grad(loss, self.leaves, create_graph=True, allow_unused=True)
            self.gradients.append([None if grad is None else grad.tolist() for grad in first])
            squares = [(grad * grad).sum() for grad in first if grad is not None and grad.requires_grad]
            second: Any = (None, None)
            if squares:
                second = self.module.autograd.grad(sum(squares), self.leaves, allow_unused=True, retain_graph=True)
            self.gradients.append([None if grad is None else grad.tolist() for grad in second])
            for variable in outputs:
                variable.grad = None
            loss.backward()
            self.gradients.append([variable.grad is not None and variable.grad.tolist() for variable in self.variables])
        except Exception as error:
            self.gradients.append(_class_of(error))


def _class_of(error: Exception) -> str:
    return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")


def _seen(variable: Any) -> Any:
    values = variable.detach().tolist()
    try:
        stale = variable.grad_fn is NotImplemented
    except RuntimeError:  # a write to the base has cut off its history
        stale = True
    return values if stale else (variable.requires_grad, variable.is_leaf, variable._version, values)


def _equal(found: Any, expected: Any) -> bool:
    if isinstance(found, tuple) != isinstance(expected, tuple):  # only one of them knows that the history is cut off
        return _equal(*[seen[-1] if isinstance(seen, tuple) else seen for seen in (found, expected)])
    if found is None or expected is None:  # one of them has a gradient of zeros
        return not any(map(_numbers, (found, expected)))
    if isinstance(found, (list, tuple)) and isinstance(expected, (list, tuple)):
        return len(found) == len(expected) and all(map(_equal, found, expected))
    if isinstance(found, float) and isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-7, abs=1e-9, nan_ok=True)
    return bool(found == expected)


def _numbers(gradient: Any) -> bool:
    """Whether a gradient has an element that is not zero."""
    return any(map(_numbers, gradient)) if isinstance(gradient, list) else bool(gradient)


@settings(
    derandomize=True,
    max_examples=400,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(_STEPS, min_size=1, max_size=8))
def test_programs(steps: Any) -> None:
    found, expected = Program(flambeau, steps), Program(torch, steps)
    length = min(len(found.trace), len(expected.trace))
    assert _equal(found.trace[:length], expected.trace[:length])
    for one, other in zip(found.gradients, expected.gradients, strict=False):
        # An in-place operation leaves what it saves of its result alone here, where PyTorch sees it changed by the next.
        if other == "RuntimeError" and one != other:
            return
        assert _equal(one, other)
