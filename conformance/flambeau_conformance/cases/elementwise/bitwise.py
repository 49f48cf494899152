"""Logic and bits."""

from ...declare import ALL, INTEGERS, Error, op

_INTEGERS_AND_BOOL = (*INTEGERS, "bool")

op("logical_not", elementwise=1, dtypes=ALL, tolerance="exact", differentiable=False)
for _name in ("logical_and", "logical_or", "logical_xor"):
    op(_name, elementwise=2, dtypes=ALL, tolerance="exact", differentiable=False)


def _floats(name: str) -> Error:
    return Error(
        "floats", lambda t: getattr(t, name)(*[t.tensor([1.0])] * (1 if name == "bitwise_not" else 2)),
        (RuntimeError, NotImplementedError),
    )  # fmt: skip


op(
    "bitwise_not", elementwise=1, dtypes=_INTEGERS_AND_BOOL, tolerance="exact", differentiable=False,
    errors=[_floats("bitwise_not")],
)  # fmt: skip
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    op(
        _name, elementwise=2, dtypes=_INTEGERS_AND_BOOL, tolerance="exact", differentiable=False,
        errors=[_floats(_name)],
    )  # fmt: skip
for _name in ("bitwise_left_shift", "bitwise_right_shift"):
    op(_name, elementwise=2, dtypes=INTEGERS, domain="positive", tolerance="exact", differentiable=False)
