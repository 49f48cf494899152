"""Comparing results in tests: what is close, and what the error says of what is not."""

from __future__ import annotations

from typing import Any

from ...programs import programs


def _said(t: Any, actual: Any, expected: Any, **options: Any) -> list[str]:
    """The lines of the error, or nothing."""
    try:
        t.testing.assert_close(actual, expected, **options)
    except (AssertionError, TypeError, ValueError) as error:
        return [line.replace("flambeau", "torch") for line in str(error).splitlines() if line]
    return []


def _vectors(t: Any) -> tuple[Any, Any]:
    return t.tensor([1.0, 2.0, 4.0]), t.tensor([1.0, 2.5, 4.0])


_APART = ["Tensor-likes are not close!", "Mismatched elements: 1 / 3 (33.3%)", "Greatest absolute difference: 0.5 at index (1,) (up to 1e-05 allowed)", "Greatest relative difference: 0.20000000298023224 at index (1,) (up to 1.3e-06 allowed)"]  # fmt: skip

programs("assert_close", {
    "apart": (lambda t: _said(t, *_vectors(t)), _APART),
    "tolerances": (lambda t: [_said(t, *_vectors(t), rtol=0.0, atol=0.5), _said(t, *_vectors(t), rtol=0.1, atol=0.0)[2:3], _said(t, *_vectors(t), rtol=0.2, atol=0.0)], [[], ["Greatest absolute difference: 0.5 at index (1,) (up to 0.0 allowed)"], []]),
    "nan": (lambda t: [_said(t, t.tensor([float("nan")]), t.tensor([float("nan")]), equal_nan=each)[:1] for each in (True, False)], [[], ["Tensor-likes are not close!"]]),
    "attributes": (lambda t: [_said(t, t.ones(2, 3).t(), t.ones(3, 2), check_stride=True), _said(t, t.ones(2), t.ones(3)), _said(t, t.ones(2), t.ones(2, dtype=t.int64)), _said(t, t.ones(2), t.ones(2, dtype=t.int64), check_dtype=False), _said(t, t.ones(2).to_sparse(), t.ones(2), check_layout=False), _said(t, t.ones(2), t.ones(2), check_device=False)], [["The values for attribute 'stride()' do not match: (1, 3) != (2, 1)."], ["The values for attribute 'shape' do not match: torch.Size([2]) != torch.Size([3])."], ["The values for attribute 'dtype' do not match: torch.float32 != torch.int64."], [], [], []]),
    "places": (lambda t: _said(t, {"a": [1, t.zeros(2)]}, {"a": [1, t.ones(2)]})[-1:], ["The failure occurred for item ['a'][1]"]),
    "structures": (lambda t: [_said(t, [1], [1, 2]), _said(t, {"a": 1}, {"b": 1}), _said(t, None, 1), _said(t, True, False), _said(t, 1, 2)], [["The length of the sequences mismatch: 1 != 2"], ["The keys of the mappings do not match:", "Missing keys in the actual mapping: ['b']", "Additional keys in the actual mapping: ['a']"], ["None mismatch: None is not 1"], ["Booleans mismatch: True is not False"], ["Scalars are not equal!", "Expected 2 but got 1.", "Absolute difference: 1", "Relative difference: 0.5"]]),
    "classes": (lambda t: [_said(t, t.nn.Parameter(t.ones(1)), t.ones(1)), len(_said(t, t.nn.Parameter(t.ones(1)), t.ones(1), allow_subclasses=False))], [[], 1]),
    "messages": (lambda t: [_said(t, 1, 2, msg="boo"), _said(t, 1, 2, msg=lambda said: said.splitlines()[0] + " Oh")], [["boo"], ["Scalars are not equal! Oh"]]),
}, dtypes=("float32", "int64", "bool"))  # fmt: skip
