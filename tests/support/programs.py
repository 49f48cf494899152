"""Short programs run on two libraries: what they give, or which error they raise."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["assert_same", "blocks", "outcome"]


def blocks(text: str) -> list[str]:
    """The programs of a text in which a line of dashes stands between them."""
    return [block.strip("\n") for block in text.strip("\n").split("---\n")]


def outcome(module: Any, program: str, names: dict[str, Any]) -> Any:
    """What the program leaves in ``r``, with tensors as (dtype, shape, elements, requires_grad); or its error."""
    namespace = {"M": module, **names}
    with warnings.catch_warnings(action="ignore"):
        try:
            exec(program, namespace)
        except Exception as error:
            return error
    return _plain(namespace.get("r"), module)


def _plain(value: Any, module: Any) -> Any:
    if isinstance(value, module.Tensor):
        elements = value.detach().flatten().tolist()
        return str(value.dtype), tuple(value.shape), elements, value.requires_grad
    if isinstance(value, dict):
        return {key: _plain(entry, module) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value).__name__, [_plain(entry, module) for entry in value]
    return value


def assert_same(found: Any, expected: Any) -> None:
    """Compare two outcomes: numbers to six digits, errors by their class and their first words."""
    if isinstance(expected, Exception):
        kind = next(base for base in type(expected).__mro__ if base.__module__ == "builtins")
        assert isinstance(found, kind), found
        return
    assert not isinstance(found, Exception), found
    _assert_close(found, expected)


def _assert_close(found: Any, expected: Any) -> None:
    if isinstance(expected, float):
        assert abs(found - expected) <= 1e-6 * max(1.0, abs(expected)) or found == expected or found != found, (
            found,
            expected,
        )
    elif isinstance(expected, (tuple, list)):
        assert type(found) is type(expected), (found, expected)
        assert len(found) == len(expected), (found, expected)
        for one, other in zip(found, expected, strict=True):
            _assert_close(one, other)
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            _assert_close(found[key], expected[key])
    else:
        assert found == expected, (found, expected)
