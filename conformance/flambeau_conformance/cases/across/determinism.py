"""Whether results have to be the same each time: what is switched, and that sums at repeated indices stay what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...programs import programs


def _state(t: Any) -> list[Any]:
    return [
        t.are_deterministic_algorithms_enabled(),
        t.is_deterministic_algorithms_warn_only_enabled(),
        t.get_deterministic_debug_mode(),
    ]


def _restored(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def run(t: Any) -> Any:
        try:
            return program(t)
        finally:
            t.use_deterministic_algorithms(False)

    return run


@_restored
def _switched(t: Any) -> list[Any]:
    seen = [_state(t)]
    for mode, warn_only in ((True, False), (True, True), (False, True), (False, False)):
        t.use_deterministic_algorithms(mode, warn_only=warn_only)
        seen.append(_state(t))
    return seen


@_restored
def _by_mode(t: Any) -> list[Any]:
    seen = []
    for mode in ("error", "warn", "default", 1, 2, 0, True):
        t.set_deterministic_debug_mode(mode)
        seen.append(_state(t)[::2])
    return seen


@_restored
def _refused(t: Any) -> list[str]:
    messages = []
    calls: tuple[Callable[[], Any], ...] = (
        lambda: t.use_deterministic_algorithms(1),
        lambda: t.use_deterministic_algorithms(True, warn_only="yes"),
        lambda: t.set_deterministic_debug_mode("always"),
        lambda: t.set_deterministic_debug_mode(3),
        lambda: t.set_deterministic_debug_mode(1.5),
    )
    for call in calls:
        try:
            call()
        except (TypeError, RuntimeError) as error:
            messages.append(f"{type(error).__name__}: {error}")
    return messages


@_restored
def _sums(t: Any) -> list[Any]:
    t.use_deterministic_algorithms(True)
    index = t.tensor([2, 0, 2, 2, 1, 0])
    parts = t.arange(6.0)
    weight = t.zeros(3, 2, requires_grad=True)
    t.nn.functional.embedding(index, weight).sum().backward()
    return [
        t.zeros(3).index_add(0, index, parts),
        t.zeros(3, 3).index_add(1, index, parts.expand(3, 6)),
        t.zeros(3).scatter_add(0, index, parts),
        t.zeros(3).index_put((index,), parts, accumulate=True),
        t.zeros(3, dtype=t.float64).index_put((index,), parts.double(), accumulate=True),
        weight.grad,
    ]


_ROW = [6.0, 4.0, 5.0]

programs("determinism", {
    "switched": (_switched, [[False, False, 0], [True, False, 2], [True, True, 1], [False, True, 0], [False, False, 0]]),
    "by mode": (_by_mode, [[True, 2], [True, 1], [False, 0], [True, 1], [True, 2], [False, 0], [True, 1]]),
    "refused": (_refused, [
        "TypeError: _set_deterministic_algorithms(): argument 'mode' (position 1) must be bool, not int",
        "TypeError: _set_deterministic_algorithms(): argument 'warn_only' must be bool, not str",
        "RuntimeError: invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got always",
        "RuntimeError: invalid value of debug_mode, expected 0, 1, or 2, but got 3",
        "TypeError: debug_mode must be str or int, but got <class 'float'>",
    ]),
    "sums": (_sums, [_ROW, [_ROW] * 3, _ROW, _ROW, _ROW, [[2.0, 2.0], [1.0, 1.0], [3.0, 3.0]]]),
})  # fmt: skip
