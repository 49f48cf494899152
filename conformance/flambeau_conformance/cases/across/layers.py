"""What dropout leaves out and how it scales the rest, and what parameters start as."""

from typing import Any

from ...programs import programs
from ...subject import CPU_STREAM


def _trained(t: Any, layer: Any, size: int = 20000) -> Any:
    """The values that dropout gives of ones, roughly how many are zeros, and what it gives when it is not in training."""
    result = layer(t.ones(size))
    zeros = (result == 0).sum().item() / size
    return sorted(set(result.tolist())), round(zeros, 1), layer.eval()(t.ones(3)), layer.train()(t.ones(3)).shape


programs("dropout", {
    "half": (lambda t: _trained(t, t.nn.Dropout()), [[0.0, 2.0], 0.5, [1.0, 1.0, 1.0], [3]]),
    "fifth": (lambda t: _trained(t, t.nn.Dropout(0.2)), [[0.0, 1.25], 0.2, [1.0, 1.0, 1.0], [3]]),
    "most": (lambda t: _trained(t, t.nn.Dropout(0.8)), [[0.0, 5.0], 0.8, [1.0, 1.0, 1.0], [3]]),
    "none": (lambda t: _trained(t, t.nn.Dropout(0.0)), [[1.0], 0.0, [1.0, 1.0, 1.0], [3]]),
    "all": (lambda t: _trained(t, t.nn.Dropout(1.0)), [[0.0], 1.0, [1.0, 1.0, 1.0], [3]]),
    "functional": (lambda t: (t.nn.functional.dropout(t.ones(3), 0.5, training=False), t.nn.functional.dropout(t.ones(3), 1.0)), [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]),
    "gradient-is-mask": (lambda t: (lambda x: (lambda y: (y.sum().backward(), bool((x.grad == y).all())))(t.nn.functional.dropout(x, 0.25)))(
        t.ones(1000, requires_grad=True)), [None, True]),
    "in-place": (lambda t: (lambda x: (lambda y: (y is x or bool((x == y).all()), bool((x == 1).all())))(t.nn.Dropout(0.5, inplace=True)(x)))(t.ones(1000)), [True, False]),
    "not-in-place": (lambda t: (lambda x: (t.nn.Dropout(0.5)(x), bool((x == 1).all()))[1])(t.ones(1000)), True),
    "differs": (lambda t: (lambda layer: bool((layer(t.ones(1000)) == layer(t.ones(1000))).all()))(t.nn.Dropout(0.5)), False),
    "channels": (lambda t: (lambda y: bool((y.amax((2, 3)) == y.amin((2, 3))).all()) and sorted(set(y.flatten().tolist())))(t.nn.Dropout2d(0.5)(t.ones(20, 20, 2, 2))), [0.0, 2.0]),
    "channels-1d": (lambda t: (lambda y: bool((y.amax(2) == y.amin(2)).all()) and sorted(set(y.flatten().tolist())))(t.nn.Dropout1d(0.5)(t.ones(20, 20, 2))), [0.0, 2.0]),
    "channels-3d": (lambda t: (lambda y: bool((y.amax((2, 3, 4)) == y.amin((2, 3, 4))).all()) and sorted(set(y.flatten().tolist())))(
        t.nn.Dropout3d(0.5)(t.ones(20, 20, 1, 2, 2))), [0.0, 2.0]),
    "alpha-values": (lambda t: sorted({round(each, 4) for each in t.nn.AlphaDropout(0.5)(t.ones(1000)).tolist()}), [-0.7792, 1.6656]),
    "alpha-eval": (lambda t: t.nn.AlphaDropout(0.5).eval()(t.ones(3)), [1.0, 1.0, 1.0]),
    "of-infinity": (lambda t: sorted({str(each) for each in t.nn.functional.dropout(t.full((1000,), float("inf")), 0.5).tolist()}), ["inf", "nan"]),
})  # fmt: skip
programs("dropout", {
    "mask-of-seed": (lambda t: (t.manual_seed(3), t.nn.functional.dropout(t.ones(20), 0.3))[1], [1.4285714626312256, 1.4285714626312256, 0.0, 1.4285714626312256, 0.0, 1.4285714626312256, 1.4285714626312256, 1.4285714626312256, 1.4285714626312256, 0.0, 1.4285714626312256, 1.4285714626312256, 1.4285714626312256, 1.4285714626312256, 0.0, 1.4285714626312256, 1.4285714626312256, 1.4285714626312256, 0.0, 1.4285714626312256]),
    "channel-mask-of-seed": (lambda t: (t.manual_seed(3), t.nn.functional.dropout2d(t.ones(2, 5, 1, 2), 0.5)[:, :, 0, 0])[1], [[2.0, 2.0, 0.0, 2.0, 0.0], [0.0, 2.0, 2.0, 2.0, 0.0]]),
}, aspect="seeded", extensions=(CPU_STREAM,))  # fmt: skip
programs("init", {
    "linear": (lambda t: (t.manual_seed(1), (lambda layer: (layer.weight, layer.bias))(t.nn.Linear(3, 2)))[1], [[[0.2974873483181, -0.2548298239707947, -0.11192598193883896], [0.2709902822971344, -0.5435388088226318, 0.3462469279766083]], [-0.11877556145191193, 0.2937234044075012]]),
    "embedding": (lambda t: (t.manual_seed(1), t.nn.Embedding(2, 2, padding_idx=1).weight)[1], [[0.6613521575927734, 0.266924113035202], [0.0, 0.0]]),
    "xavier_uniform_": (lambda t: (t.manual_seed(1), t.nn.init.xavier_uniform_(t.empty(2, 3)))[1], [[0.5644425749778748, -0.48350563645362854, -0.21236462891101837], [0.5141679048538208, -1.03129243850708, 0.6569573879241943]]),
    "xavier_normal_": (lambda t: (t.manual_seed(1), t.nn.init.xavier_normal_(t.empty(2, 3), gain=2.0))[1], [[0.8365516662597656, 0.33763524889945984, 0.0780162438750267], [0.7859111428260803, -0.5716208815574646, -0.21013997495174408]]),
    "kaiming_uniform_": (lambda t: (t.manual_seed(1), t.nn.init.kaiming_uniform_(t.empty(2, 3), a=1.0, mode="fan_out"))[1], [[0.6310659646987915, -0.5405757427215576, -0.2374308705329895], [0.574857234954834, -1.1530200242996216, 0.7345006465911865]]),
    "kaiming_normal_": (lambda t: (t.manual_seed(1), t.nn.init.kaiming_normal_(t.empty(2, 3), nonlinearity="relu"))[1], [[0.5399917960166931, 0.21794261038303375, 0.050359271466732025], [0.5073034763336182, -0.36897966265678406, -0.13564476370811462]]),
    "uniform_": (lambda t: (t.manual_seed(1), t.nn.init.uniform_(t.empty(3), -2.0, 2.0))[1], [1.0305263996124268, -0.8827564716339111, -0.3877229690551758]),
    "normal_": (lambda t: (t.manual_seed(1), t.nn.init.normal_(t.empty(3), 5.0, 0.5))[1], [5.330676078796387, 5.133461952209473, 5.030838489532471]),
    "trunc_normal_": (lambda t: (t.manual_seed(1), t.nn.init.trunc_normal_(t.empty(5), 0.0, 1.0, -0.5, 0.5))[1], [-0.16613022983074188, 0.266924113035202, 0.06167725846171379, 0.4107416570186615, -0.4519059658050537]),
}, aspect="seeded", extensions=(CPU_STREAM,))  # fmt: skip
programs("init", {
    "constant_": (lambda t: t.nn.init.constant_(t.empty(2), 0.3), [0.30000001192092896, 0.30000001192092896]),
    "ones_": (lambda t: t.nn.init.ones_(t.empty(2)), [1.0, 1.0]),
    "zeros_": (lambda t: t.nn.init.zeros_(t.ones(2)), [0.0, 0.0]),
    "eye_": (lambda t: t.nn.init.eye_(t.empty(2, 3)), [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "dirac_": (lambda t: t.nn.init.dirac_(t.empty(2, 2, 3)), [[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]),
    "gains": (lambda t: [t.nn.init.calculate_gain(name) for name in ("linear", "tanh", "relu", "selu", "sigmoid")] + [t.nn.init.calculate_gain("leaky_relu", 0.2)], [1, 1.6666666666666667, 1.4142135623730951, 0.75, 1, 1.3867504905630728]),
    "keeps-requires-grad": (lambda t: (lambda p: (t.nn.init.ones_(p) is p, p.requires_grad, p.is_leaf))(t.nn.Parameter(t.zeros(2))), [True, True, True]),
})  # fmt: skip
