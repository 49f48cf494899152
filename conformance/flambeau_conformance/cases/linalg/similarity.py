"""How near the vectors of two tensors are to each other, pair by pair."""

from __future__ import annotations

from typing import Any

from ...declare import Error, Sample, op
from ...inputs import In


def _function(t: Any, name: str) -> Any:
    return getattr(t.nn.functional, name)


for _name in ("cosine_similarity", "pairwise_distance"):
    _options = {"dim": 0, "eps": 0.1} if _name == "cosine_similarity" else {"p": 3, "eps": 0.1, "keepdim": True}
    op(_name, tolerance="reduction", method=False, errors=[
        Error("not-a-tensor", lambda t, name=_name: getattr(t, name)("no tensor", t.zeros(2)), (TypeError, AttributeError)),
        Error("shapes", lambda t, name=_name: getattr(t, name)(t.zeros(2, 3), t.zeros(2, 4)), (RuntimeError,), "must match the size"),
    ] + ([
        Error("dim", lambda t: t.cosine_similarity(t.zeros(3), t.zeros(3)), (IndexError,), "Dimension out of range"),
        Error("integers", lambda t: t.cosine_similarity(t.zeros(2, 3, dtype=t.int64), t.zeros(2, 3, dtype=t.int64)), (RuntimeError,), "expected common dtype to be floating point"),
        Error("eps", lambda t: t.cosine_similarity(t.zeros(2, 3), t.zeros(2, 3), eps=-1), (RuntimeError,), "eps must be non-negative"),
    ] if _name == "cosine_similarity" else []), samples=[
        Sample("default", lambda t, x, y, name=_name: getattr(t, name)(x, y), (In((3, 4)), In((3, 4)))),
        Sample("functional", lambda t, x, y, name=_name: _function(t, name)(x, y), (In((2, 3, 2)), In((3, 2)))),
        Sample("options", lambda t, x, y, name=_name, options=_options: getattr(t, name)(x, y, **options), (In((3, 4)), In((3, 4)))),
    ])  # fmt: skip
