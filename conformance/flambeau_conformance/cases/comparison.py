"""Comparisons."""

import operator

from ..declare import ALL, FLOATS, Error, Sample, op
from ..inputs import In

for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    op(
        _name, elementwise=2, dtypes=ALL, tolerance="exact", differentiable=False, inplace=False,
        reference=getattr(operator, _name),
        samples=[
            Sample("number", lambda t, x, name=_name: getattr(t, name)(x, 1), (In(),)),
            Sample("operator", lambda t, x, y, name=_name: getattr(x, f"__{name}__")(y), (In(), In((3,)))),
        ],
        errors=[
            Error("shapes", lambda t, name=_name: getattr(t, name)(t.zeros(2), t.zeros(3)), (RuntimeError,), "must match"),
        ],
    )  # fmt: skip
for _name in ("isnan", "isinf", "isfinite"):
    op(_name, elementwise=1, dtypes=ALL, tolerance="exact", differentiable=False, inplace=False, out=False)
op("broadcast_shapes", samples=[
    Sample("two", lambda t: t.zeros(t.broadcast_shapes((2, 1), (3,))), (), dtypes=("float32",)),
], dtypes=FLOATS, differentiable=False, method=False, errors=[
    Error("mismatch", lambda t: t.broadcast_shapes((2,), (3,)), (RuntimeError,)),
])  # fmt: skip
