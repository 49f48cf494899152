"""Programs of views and writes, drawn at random, run step by step on several backends at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from math import prod
from random import Random
from typing import Any

import flambeau

__all__ = ["differences"]

Step = tuple[str, Callable[[list[Any]], Any]]


def differences(seed: int, backends: Sequence[str], *, dtype: str = "float64", steps: int = 9) -> list[str]:
    """What differs between the backends in the program number ``seed``; its text is the first line."""
    draw = Random(seed)
    pools = [_start(name, dtype, draw_of=Random(seed)) for name in backends]
    text: list[str] = []
    for _ in range(steps):
        name, step = _step(draw, pools[0])
        text.append(name)
        with warnings.catch_warnings(action="ignore"):
            outcomes = [_outcome(step, pool, backend) for pool, backend in zip(pools, backends, strict=True)]
        for backend, outcome in zip(backends[1:], outcomes[1:], strict=True):
            if outcome != outcomes[0]:
                pairs = [(a, b) for a, b in zip(outcomes[0], outcome, strict=False) if a != b]
                return ["; ".join(text), f"{backends[0]} and {backend}:", *[f"{a}\n   {b}" for a, b in pairs[:2]]]
    return []


def _start(backend: str, dtype: str, draw_of: Random) -> list[Any]:
    shape = draw_of.choice([(6,), (2, 3), (3, 2), (2, 3, 2), (4, 3), (1, 4), (2, 2, 3), (2, 1, 3)])
    kind = draw_of.choice(["plain", "leaf", "history", "history"])
    with flambeau.use_backend(backend):
        total = flambeau.zeros(shape).numel()
        x = flambeau.arange(total, dtype=flambeau.float64).add(1).div(8).reshape(shape).clone()
        x = x.to(getattr(flambeau, dtype))
    if kind == "plain" or (not x.is_floating_point() and not x.is_complex()):
        return [x, x]
    x.requires_grad_()
    return [x, x] if kind == "leaf" else [x, x * 1]


def _outcome(step: Callable[[list[Any]], Any], pool: list[Any], backend: str) -> list[Any]:
    error = ""
    with flambeau.use_backend(backend):
        try:
            made = step(pool)
        except Exception as raised:
            error, made = (
                f"{type(raised).__name__}: {raised}".replace(f"{backend}:0", "cpu").replace(
                    f"torch.{backend}.", "torch."
                ),
                None,
            )
    if isinstance(made, (tuple, list)):
        pool.extend(made[:3])
    elif isinstance(made, flambeau.Tensor) and not any(made is known for known in pool):
        pool.append(made)
    return [error, *[_seen(tensor) for tensor in pool], _address_pattern(pool)]


def _seen(x: Any) -> tuple[Any, ...]:
    return (
        str(x.tolist()), _strides(x), x.storage_offset() if x.numel() else 0, x.is_contiguous(), x._version,
        x.requires_grad, x._is_view(), *_history(x),
    )  # fmt: skip


def _history(x: Any) -> tuple[str, str]:
    """The operation that made it, and the gradient of a leaf."""
    try:
        name = "" if x.grad_fn is None else x.grad_fn.name()
    except RuntimeError as cut_off:  # by a write to its base; to ask is an error
        return str(cut_off), ""
    return name, str(x.grad.tolist()) if x.is_leaf and x.grad is not None else ""


def _strides(x: Any) -> tuple[int, ...]:
    """Those that matter: of dimensions of more than one element."""
    return tuple([stride for size, stride in zip(x.shape, x.stride(), strict=True) if size > 1]) if x.numel() else ()


def _address_pattern(pool: list[Any]) -> list[int]:
    """Which tensors share memory, as the number of the first that does."""
    found = [x.untyped_storage() for x in pool]
    return [next(i for i, other in enumerate(found) if other == one) for one in found]


# -- steps ---------------------------------------------------------------


def _step(draw: Random, pool: list[Any]) -> Step:
    return draw.choice([_view, _view, _view, _write, _write, _write, _write_with, _compute, _become, _drop])(draw, pool)


def _pick(draw: Random, pool: list[Any]) -> int:
    return draw.randrange(1, len(pool)) if draw.random() < 0.9 else 0


def _view(draw: Random, pool: list[Any]) -> Step:
    which = _pick(draw, pool)
    x = pool[which]
    name, arguments = draw.choice([how for how in _ways(draw, x) if how is not None])
    quiet = draw.random() < 0.1

    def step(pool: list[Any]) -> Any:
        target = pool[which]
        with flambeau.set_grad_enabled(not quiet):
            if name == "data":
                return target.data
            if name == "same":
                return flambeau.view_as_real(target) if target.is_complex() else target.view(target.dtype)
            found = getattr(flambeau if name.startswith("unsafe") else target, name)
            return found(target, *arguments) if name.startswith("unsafe") else found(*arguments)

    return f"{'no_grad ' if quiet else ''}t{which}.{name}{arguments}", step


def _ways(draw: Random, x: Any) -> list[Any]:
    dim = draw.randrange(x.dim()) if x.dim() else 0
    size = x.shape[dim] if x.dim() else 1
    flat = x.numel()
    start = draw.randrange(max(size, 1))
    ways: list[Any] = [
        ("detach", ()), ("data", ()), ("reshape", (-1,)), ("view", (-1,)), ("flatten", ()), ("squeeze", ()),
        ("contiguous", ()), ("unsqueeze", (draw.randint(0, x.dim()),)), ("same", ()), ("clone", ()), ("expand", ((2, *x.shape),)),
    ]  # fmt: skip
    if x.dim():
        ways += [
            ("__getitem__", (slice(start, None, draw.randint(1, 2)),)),
            ("__getitem__", (..., start)) if x.shape[-1] > start else None,
            ("narrow", (dim, start, size - start)), ("split", (max(size // 2, 1), dim)), ("chunk", (2, dim)), ("unbind", (dim,)),
            ("select", (dim, start)) if size else None, ("unfold", (dim, min(size, 2), 1)), ("tensor_split", (2, dim)),
            ("unsafe_split", (max(size // 2, 1), dim)), ("unsafe_chunk", (2, dim)),
        ]  # fmt: skip
    if x.dim() > 1:
        other = (dim + 1) % x.dim()
        ways += [
            ("transpose", (dim, other)), ("transpose", (0, -1)), ("diagonal", (draw.randint(-1, 1), dim, other)),
            ("movedim", (0, -1)), ("permute", (*range(1, x.dim()), 0)), ("flatten", (0, 1)),
        ]  # fmt: skip
    if flat > 3:
        ways += [("as_strided", ((2, 2), (draw.randint(0, 2), 1), draw.choice([None, 0, 1])))]
    if flat and flat % 2 == 0:
        ways += [
            ("view", (2, -1)),
            ("reshape", (-1, 2)),
            ("unflatten", (dim, (-1, 2))) if size % 2 == 0 and x.dim() else None,
        ]
    return ways


_NUMBER = (("add_", 1), ("mul_", 2), ("fill_", 3), ("sub_", 0.5), ("div_", 2), ("clamp_", 0.5), ("remainder_", 2))
_BARE = ("zero_", "exp_", "neg_", "sqrt_", "sigmoid_", "relu_", "square_", "abs_", "cos_")


def _write(draw: Random, pool: list[Any]) -> Step:
    which = _pick(draw, pool)
    quiet = draw.random() < 0.35
    name, arguments = draw.choice([(name, (number,)) for name, number in _NUMBER] + [(name, ()) for name in _BARE])

    def step(pool: list[Any]) -> Any:
        with flambeau.set_grad_enabled(not quiet):
            getattr(pool[which], name)(*arguments)

    return f"{'no_grad ' if quiet else ''}t{which}.{name}{arguments}", step


_WITH = (
    "copy_", "add_", "mul_", "__setitem__", "masked_fill_", "index_fill_", "scatter_", "index_add_", "lerp_", "out", "put_",
    "cumsum_",
)  # fmt: skip


def _write_with(draw: Random, pool: list[Any]) -> Step:
    which, other = _pick(draw, pool), _pick(draw, pool)
    quiet = draw.random() < 0.5
    name = draw.choice(_WITH)

    def step(pool: list[Any]) -> Any:
        x, y = pool[which], pool[other]
        with flambeau.set_grad_enabled(not quiet):
            if name == "__setitem__":
                x[0] = y[0] if y.dim() and y.shape[0] else 1.0
            elif name == "masked_fill_":
                x.masked_fill_(x.detach().real > 1, 0)
            elif name == "index_fill_":
                x.index_fill_(0, flambeau.tensor([0]), 7)
            elif name == "scatter_":
                x.scatter_(0, flambeau.zeros(x.shape, dtype=flambeau.int64)[:1], x.detach().clone() * 2)
            elif name == "index_add_":
                x.index_add_(0, flambeau.tensor([0, 0]), flambeau.ones(2, *x.shape[1:], dtype=x.dtype))
            elif name == "put_":
                x.put_(flambeau.tensor([0, -1]), flambeau.tensor([5, 6]).to(x.dtype))
            elif name == "cumsum_":
                x.cumsum_(0)
            elif name == "lerp_":
                x.lerp_(y, 0.5)
            elif name == "out":
                flambeau.mul(y.detach(), 3, out=x.detach())
            else:
                getattr(x, name)(y)

    return f"{'no_grad ' if quiet else ''}t{which}.{name}(t{other})", step


def _compute(draw: Random, pool: list[Any]) -> Step:
    which, other = _pick(draw, pool), _pick(draw, pool)
    name = draw.choice(
        ["mul2", "exp", "plus", "sum", "backward", "backward", "turned", "cast", "matmul", "like", "stack"]
    )

    def step(pool: list[Any]) -> Any:
        # In which order NumPy lays out results of operands that are not dense, or in different orders, is its own affair.
        x, y = pool[which] if _dense(pool[which]) else pool[which].contiguous(), pool[other].contiguous()
        if name == "mul2":
            return x * 2
        if name == "exp":
            return x.sigmoid()
        if name == "plus":
            return x.contiguous() + y
        if name == "sum":
            return x.sum(0)
        if name == "turned":
            return x.T + x.T[:1]
        if name == "cast":
            return x.to(flambeau.float32).to(x.dtype) if not x.is_complex() else x.conj()
        if name == "matmul":
            return x @ x.mT
        if name == "like":
            return flambeau.zeros_like(x)
        if name == "stack":
            return flambeau.stack([x, x])
        (x * x).sum().abs().backward()
        return None

    return f"{name}(t{which}, t{other})", step


def _dense(x: Any) -> bool:
    pairs = sorted((stride, size) for size, stride in zip(x.shape, x.stride(), strict=True) if size > 1)
    return all(stride == prod(size for _, size in pairs[:d]) for d, (stride, _) in enumerate(pairs))


def _become(draw: Random, pool: list[Any]) -> Step:
    which = _pick(draw, pool)
    name, arguments = draw.choice([
        ("t_", ()), ("transpose_", (0, -1)), ("squeeze_", ()), ("unsqueeze_", (0,)), ("resize_", (2, 2)), ("resize_", (3, 4)),
        ("as_strided_", ((2, 2), (1, 1))), ("detach_", ()), ("requires_grad_", ()), ("set_", ()), ("data=", ()),
        ("resize_", (2,)),
    ])  # fmt: skip
    other = _pick(draw, pool)

    def step(pool: list[Any]) -> Any:
        x = pool[which]
        if name == "data=":
            x.data = pool[other].detach().reshape(-1)[: x.numel()].reshape(x.shape)
        elif name == "set_":
            x.set_(pool[other].detach())
        elif name == "resize_":
            grown = max(arguments[0] * (arguments + (1,))[1] - x.numel(), 0)
            x.resize_(*arguments)
            if grown:
                x.detach().fill_(4)
        else:
            getattr(x, name)(*arguments)

    return f"t{which}.{name}{arguments}", step


def _drop(draw: Random, pool: list[Any]) -> Step:
    """Let a tensor die, and make many short-lived views, so that the list of views has dead ones."""
    which = draw.randrange(2, len(pool)) if len(pool) > 3 else 0

    def step(pool: list[Any]) -> None:
        for _ in range(20):
            pool[1].detach()
        if which:
            del pool[which]

    return f"drop t{which}", step
