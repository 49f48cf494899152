"""Powers."""

import operator

from ...declare import FLOATS, INTEGERS, NUMBERS, Error, Sample, op
from ...inputs import In

_SHAPES = Error(
    "shapes", lambda t: t.pow(t.zeros(2), t.zeros(3)), (RuntimeError,),
    r"The size of tensor a \(2\) must match the size of tensor b \(3\) at non-singleton dimension 0",
)  # fmt: skip

op(
    "pow", elementwise=2, names=("input", "exponent"), dtypes=FLOATS + INTEGERS, domain="positive",
    tolerance="transcendental", reference=operator.pow,
    samples=[
        Sample("int", lambda t, x: t.pow(x, 3), (In((2, 3), "positive"),)),
        Sample("float", lambda t, x: t.pow(x, 1.5), (In((2, 3), "positive"),)),
        Sample("operator", lambda t, x: x**2, (In((2, 3), "positive"),)),
        Sample("reflected", lambda t, x: 2**x, (In((2, 3), "positive"),)),
        Sample("negative", lambda t, x: x ** t.tensor([-1, -2, 3], dtype=x.dtype), (In((4, 3)),), dtypes=("int64", "int8")),
    ],
    errors=[_SHAPES, Error("negative", lambda t: t.tensor([2]) ** -1, (RuntimeError,), "negative integer powers")],
)  # fmt: skip
op("square", elementwise=1, dtypes=NUMBERS, reference=lambda x: x * x, samples=[
    Sample("bool", lambda t, x: t.square(x), (In(),), dtypes=("bool",)),
])  # fmt: skip
op("float_power", dtypes=(*FLOATS, "int64", "bool"), tolerance="transcendental", samples=[
    Sample("tensors", lambda t, x, y: t.float_power(x, y), (In((2, 3), "positive"), In((3,))), also=("float64",)),
    Sample("number", lambda t, x: x.float_power(-2), (In((2, 3), "positive"),), also=("float64",)),
    Sample("reflected", lambda t, x: t.float_power(2, x), (In(),), also=("float64",)),
], errors=[
    Error("out", lambda t: t.float_power(t.ones(1), 2, out=t.ones(1)), (RuntimeError,), "requires dtype Double"),
    Error("inplace", lambda t: t.ones(1).float_power_(2), (RuntimeError,), "requires dtype Double"),
])  # fmt: skip
