"""How many threads compute: what is asked for is told back, and changes no result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...programs import programs, refusals


def _with_threads(t: Any, threads: int, call: Callable[[], Any]) -> Any:
    before = t.get_num_threads()
    t.set_num_threads(threads)
    try:
        return call()
    finally:
        t.set_num_threads(before)


def _results(t: Any) -> list[bool]:
    x = t.arange(60_000.0).reshape(200, 300) / 30_000
    one, two = (_with_threads(t, threads, lambda: t.lgamma(x + 0.5)) for threads in (1, 2))
    return [t.allclose(one, two, rtol=1e-6, atol=1e-6), bool((two[:, 1:] - two[:, :-1])[:50].le(0).all())]


def _given(name: str, value: Any) -> Callable[[Any], Any]:
    """A program that sets a number, or what a function makes of the module."""
    return lambda t: getattr(t, name)(value(t) if callable(value) else value)


programs("threads", {
    "told-back": (lambda t: [_with_threads(t, threads, t.get_num_threads) in (1, threads) for threads in (1, 2, 3)], [True] * 3),
    "several": (lambda t: _with_threads(t, 1, t.get_num_threads), 1),
    "interop": (lambda t: t.get_num_interop_threads() >= 1, True),
    "results": (_results, [True, True]),
})  # fmt: skip

for _name in ("set_num_threads", "set_num_interop_threads"):
    refusals(_name, {
        "none": (_given(_name, 0), RuntimeError, f"{_name} expects a positive integer"),
        "negative": (_given(_name, -1), RuntimeError, f"{_name} expects a positive integer"),
        "float": (_given(_name, 2.0), RuntimeError, f"{_name} expects an int, but got float"),
        "bool": (_given(_name, True), RuntimeError, f"{_name} expects an int, but got bool"),
        "tensor": (_given(_name, lambda t: t.tensor(2)), RuntimeError, f"{_name} expects an int, but got Tensor"),
        "wide": (_given(_name, 1 << 31), ValueError, "Overflow when unpacking long"),
        "very-wide": (_given(_name, 1 << 63), ValueError, "Overflow when unpacking long long"),
    })  # fmt: skip
