"""Numbers for each dimension, of one number or several; programs that make layers of their own use these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], Any]:
    def parse(x: Any) -> Any:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = parse.__qualname__ = name
    return parse


_single = _ntuple(1, "_single")
_pair = _ntuple(2, "_pair")
_triple = _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: Sequence[int], n: int) -> tuple[int, ...]:
    """The numbers from the last to the first, each ``n`` times: paddings in the order of ``functional.pad``."""
    return tuple(number for number in reversed(t) for _ in range(n))


def _list_with_default(out_size: Sequence[int | None] | int, defaults: Sequence[int]) -> Any:
    """Sizes, with the last defaults in the place of those that are None."""
    if isinstance(out_size, int):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    last = defaults[-len(out_size) :]
    return [default if size is None else size for size, default in zip(out_size, last, strict=True)]


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take a prefix away from the keys of a state, in place, and from those of its metadata.

    A state of a wrapped model, as of ``DistributedDataParallel`` with the prefix ``"module."``, fits the model itself then.
    Source of the semantics: ``torch.nn.modules.utils.consume_prefix_in_state_dict_if_present``.

    Example:
        >>> import flambeau as torch
        >>> state = {"module.weight": 1, "bias": 2}
        >>> torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
        >>> state
        {'bias': 2, 'weight': 1}
    """
    _take_away(state_dict, lambda key: key.startswith(prefix), len(prefix))
    metadata = getattr(state_dict, "_metadata", {})
    _take_away(metadata, lambda key: key and (key == prefix.replace(".", "") or key.startswith(prefix)), len(prefix))


def _take_away(table: dict[str, Any], has_prefix: Callable[[str], Any], length: int) -> None:
    for key in [key for key in table if has_prefix(key)]:
        table[key[length:]] = table.pop(key)
