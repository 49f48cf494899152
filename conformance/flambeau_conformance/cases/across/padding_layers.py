"""Layers that add elements at the ends of dimensions."""

from ...checks import expect, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

for _kind, _words in (
    ("Zero", "two times the input dimension"),
    ("Constant", "two times the input dimension"),
    ("Circular", "input .got"),
    ("Reflection", "is not supported for 1D|two times"),
    ("Replication", "is not supported for 1D|two times"),
):
    for _dims in (1, 2, 3):
        _name, _rest = f"{_kind}Pad{_dims}d", (-1.5,) if _kind == "Constant" else ()
        _few = () if _dims == 1 and _kind in ("Zero", "Constant") else (3,)
        op(f"nn.{_name}", method=False, tolerance="arithmetic", refuses=False, samples=[
            Sample("one", lambda t, x, name=_name, rest=_rest: getattr(t.nn, name)(1, *rest)(x), (In((1, 1, *[3] * _dims)),)),
            Sample("each", lambda t, x, name=_name, rest=_rest, d=_dims: getattr(t.nn, name)((1, 2, 0, -1, 2, 1)[:2 * d], *rest)(x), (In((2, *[3] * _dims)),)),
        ], errors=[
            Error("dims", lambda t, name=_name, rest=_rest, few=_few: getattr(t.nn, name)(1, *rest)(t.ones(few)), (RuntimeError, ValueError, NotImplementedError), _words),
        ])  # fmt: skip


@case("pad/layers/-/-", dtypes=("float32",))
def _layers(subject: Subject) -> None:
    t = subject.torch
    x = t.arange(3.0).reshape(1, 1, 3)
    expected = {
        "ZeroPad1d": [0, 0, 1, 2, 0], "ReflectionPad1d": [1, 0, 1, 2, 1], "ReplicationPad1d": [0, 0, 1, 2, 2],
        "CircularPad1d": [2, 0, 1, 2, 0],
    }  # fmt: skip
    for name, values in expected.items():
        layer = getattr(t.nn, name)(1)
        expect(layer(x).tolist() == [[values]], f"{name}: {layer(x)}")
        expect(repr(layer) == f"{name}((1, 1))", repr(layer))
        for dims in (2, 3):
            wide = getattr(t.nn, f"{name[:-2]}{dims}d")(1)
            expect(wide(t.ones(1, *[3] * dims)).shape == (1, *[5] * dims), f"{wide}")
    for dims in (1, 2, 3):
        layer = getattr(t.nn, f"ConstantPad{dims}d")(1, 3.5)
        result = layer(t.zeros(1, *[1] * dims))
        expect(float(result.sum()) == 3.5 * (3**dims - 1), f"{result}")
    expect(repr(t.nn.ConstantPad1d((1, 2), 7)) == "ConstantPad1d(padding=(1, 2), value=7)", "the text of ConstantPad1d")
    expect_raises(lambda: t.nn.CircularPad1d(1)(t.ones(3)), ValueError, r"expected 2D or 3D input \(got 1D input\)")
    expect_raises(
        lambda: t.nn.ReflectionPad1d(1)(t.ones(3)), NotImplementedError, "is not supported for 1D input tensor"
    )
