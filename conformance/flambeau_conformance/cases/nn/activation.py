"""Activation functions."""

from ...declare import FLOATS, INTEGERS, Error, Sample, op
from ...inputs import In

op("relu", elementwise=1, dtypes=FLOATS + INTEGERS, tolerance="exact", out=False, domain="nonzero", anchors=("relu",), samples=[
    Sample("functional", lambda t, x: t.nn.functional.relu(x), (In((2, 3), "nonzero"),)),
    Sample("module", lambda t, x: t.nn.ReLU()(x), (In((2, 3), "nonzero"),)),
])  # fmt: skip
for _name in ("softmax", "log_softmax"):
    op(_name, tolerance="reduction", method=False, samples=[
        Sample("last", lambda t, x, name=_name: getattr(t, name)(x, -1), (In((2, 3)),)),
        Sample("first", lambda t, x, name=_name: getattr(x, name)(0), (In((2, 3)),)),
        Sample("large", lambda t, x, name=_name: getattr(t, name)(x * 500, 1), (In((2, 3)),), gradient=False),
        Sample("special", lambda t, x, name=_name: getattr(t, name)(x, 1), (In((4, 3), "special"),), gradient=False),
        Sample("dtype", lambda t, x, name=_name: getattr(t, name)(x, 1, dtype=t.float64), (In((2, 3)),), dtypes=("int64", "float32")),
        Sample("zero-dim", lambda t, x, name=_name: getattr(t, name)(x, 0), (In(()),)),
    ], errors=[
        Error("dim", lambda t, name=_name: getattr(t, name)(t.zeros(2), 1), (IndexError,), "Dimension out of range"),
        Error("integers", lambda t, name=_name: getattr(t, name)(t.tensor([1]), 0), (NotImplementedError, RuntimeError), "not implemented for 'Long'"),
    ])  # fmt: skip
