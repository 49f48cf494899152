"""Normalisation: functions, and what the layers keep from batch to batch."""

from typing import Any

from ...checks import expect, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...programs import programs
from ...subject import Subject

_BATCH = (In((3, 4, 5)), In((4,)), In((4,)))


def _functional(t: Any, name: str) -> Any:
    return getattr(t.nn.functional, name)


def _eval(t: Any, name: str, x: Any, w: Any, b: Any) -> Any:
    mean = t.tensor([0.1, -0.2, 0.3, 0.0], dtype=x.dtype)
    if name == "instance_norm":
        return t.nn.functional.instance_norm(x, mean, mean + 1, w, b, use_input_stats=False)
    return t.nn.functional.batch_norm(x, mean, mean + 1, w, b)


for _name, _training in (("batch_norm", {"training": True}), ("instance_norm", {})):
    op(_name, tolerance="reduction", method=False, refuses=False, samples=[
        Sample("plain", lambda t, x, name=_name, o=_training: _functional(t, name)(x, None, None, **o), (In((3, 4, 5)),)),
        Sample("affine", lambda t, x, w, b, name=_name, o=_training: _functional(t, name)(x, None, None, w, b, **o), _BATCH),
        Sample("images", lambda t, x, w, b, name=_name, o=_training: _functional(t, name)(x, None, None, w, b, **o), (In((2, 4, 5, 6)), In((4,)), In((4,))), gradient=False),
        Sample("eps", lambda t, x, name=_name, o=_training: _functional(t, name)(x, None, None, eps=0.5, **o), (In((3, 4, 5)),)),
        Sample("trained", lambda t, x, mean, var, name=_name: _functional(t, name)(x, mean, var, momentum=0.3, **{"batch_norm": {"training": True}}.get(name, {"use_input_stats": True})), (In((3, 4, 5)), In((4,)), In((4,), "positive")), gradient=False),
        Sample("running", lambda t, x, w, b, name=_name: _eval(t, name, x, w, b), _BATCH),
        Sample("rootlevel", lambda t, x, w, b, name=_name: getattr(t, name)(x, w, b, None, None, True, 0.1, 1e-5, False), _BATCH),
    ], errors=[
        Error("channels", lambda t, name=_name, o=_training: _functional(t, name)(t.zeros(2, 3, 4), t.zeros(2), t.ones(2), **o), (RuntimeError,), "should contain"),
        Error("one-value", lambda t, name=_name, o=_training: _functional(t, name)(t.zeros(1, 3, 1), None, None, **o), (ValueError,), "Expected more than 1"),
        Error("half-of-the-statistics", lambda t, name=_name: _functional(t, name)(t.zeros(2, 3, 4), t.zeros(3), None), (ValueError, RuntimeError), "must (either both be None|be defined in evaluation mode)"),
        Error("integers", lambda t, name=_name, o=_training: _functional(t, name)(t.ones(2, 3, 4, dtype=t.int64), None, None, **o), (NotImplementedError, RuntimeError), "not implemented for 'Long'"),
    ])  # fmt: skip
op("native_batch_norm", tolerance="reduction", method=False, refuses=False, samples=[
    Sample("training", lambda t, x, w, b: list(t.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5)), _BATCH, gradient=False),
    Sample("values", lambda t, x, w, b: t.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5)[0], _BATCH),
], errors=[
    Error("empty", lambda t: t.native_batch_norm(t.zeros(0, 3), None, None, None, None, True, 0.1, 1e-5), (RuntimeError,), "at least one element"),
])  # fmt: skip

_ROWS = (In((2, 3, 4)), In((4,)), In((4,)))
op("layer_norm", tolerance="reduction", method=False, refuses=False, samples=[
    Sample("plain", lambda t, x: t.layer_norm(x, (4,)), (In((2, 3, 4)),)),
    Sample("affine", lambda t, x, w, b: t.nn.functional.layer_norm(x, (4,), w, b), _ROWS),
    Sample("two-dims", lambda t, x, w, b: t.nn.functional.layer_norm(x, (3, 4), w, b, 0.1), (In((2, 3, 4)), In((3, 4)), In((3, 4)))),
    Sample("rows", lambda t, x, w, b: t.nn.functional.layer_norm(x, (300,), w, b), (In((150, 300)), In((300,)), In((300,))), gradient=False),
], errors=[
    Error("shape", lambda t: t.layer_norm(t.zeros(2, 3), (2,)), (RuntimeError,), r"Given normalized_shape=\[2\], expected input with shape"),
    Error("weight", lambda t: t.layer_norm(t.zeros(2, 3), (3,), t.ones(2)), (RuntimeError,), "Expected weight to be of same shape"),
    Error("nothing", lambda t: t.layer_norm(t.zeros(2, 3), ()), (RuntimeError,), "at least 1-dimensional"),
    Error("integers", lambda t: t.layer_norm(t.ones(2, dtype=t.int64), (2,)), (NotImplementedError, RuntimeError), "not implemented for 'Long'"),
])  # fmt: skip
op("native_layer_norm", tolerance="reduction", method=False, refuses=False, samples=[
    Sample("all", lambda t, x, w, b: list(t.native_layer_norm(x, (4,), w, b, 1e-5)), _ROWS, gradient=False),
    Sample("values", lambda t, x, w, b: t.native_layer_norm(x, (4,), w, b, 1e-5)[0], _ROWS),
], errors=[Error("shape", lambda t: t.native_layer_norm(t.zeros(2, 3), (2,), None, None, 1e-5), (RuntimeError,), "Given normalized_shape")])  # fmt: skip
op("rms_norm", tolerance="reduction", method=False, refuses=False, samples=[
    Sample("plain", lambda t, x: t.rms_norm(x, (4,)), (In((2, 3, 4)),)),
    Sample("weight", lambda t, x, w: t.nn.functional.rms_norm(x, (4,), w, 0.1), _ROWS[:2]),
    Sample("two-dims", lambda t, x, w: t.nn.functional.rms_norm(x, (3, 4), w), (In((2, 3, 4)), In((3, 4))), gradient=False),
], errors=[
    Error("shape", lambda t: t.rms_norm(t.zeros(2, 3), (2,)), (RuntimeError,), "Given normalized_shape"),
    Error("integers", lambda t: t.rms_norm(t.ones(2, dtype=t.int64), (2,)), (NotImplementedError, RuntimeError), "not implemented for 'Long'"),
])  # fmt: skip
op("group_norm", tolerance="reduction", method=False, refuses=False, samples=[
    *(Sample(f"groups-{n}", lambda t, x, w, b, n=n: t.nn.functional.group_norm(x, n, w, b), _BATCH) for n in (1, 2, 4)),
    Sample("plain", lambda t, x: t.group_norm(x, 2, eps=0.1), (In((3, 4, 5)),)),
    Sample("images", lambda t, x, w, b: t.nn.functional.group_norm(x, 2, w, b), (In((2, 4, 5, 6)), In((4,)), In((4,))), gradient=False),
], errors=[
    Error("groups", lambda t: t.group_norm(t.zeros(2, 3, 4), 2), (RuntimeError,), "divisible by num_groups"),
    Error("weight", lambda t: t.group_norm(t.zeros(2, 4, 4), 2, t.ones(2)), (RuntimeError,), "Expected weight to be a vector of size equal"),
    Error("one-value", lambda t: t.nn.functional.group_norm(t.zeros(1, 3), 3), (ValueError,), "Expected more than 1 value"),
])  # fmt: skip
op("native_group_norm", tolerance="reduction", method=False, refuses=False, samples=[
    Sample("all", lambda t, x, w, b: list(t.native_group_norm(x, w, b, 3, 4, 5, 2, 1e-5)), _BATCH, gradient=False),
    Sample("values", lambda t, x, w, b: t.native_group_norm(x, w, b, 3, 4, 5, 2, 1e-5)[0], _BATCH),
], errors=[Error("groups", lambda t: t.native_group_norm(t.zeros(2, 3, 4), None, None, 2, 3, 4, 2, 1e-5), (RuntimeError,), "divisible")])  # fmt: skip


def _steps(t: Any, layer: Any, shape: tuple[int, ...]) -> Any:
    """The state of a layer after two batches, and what it then gives of ones."""
    x = t.arange(24.0).reshape(shape)
    layer(x), layer(x * x)
    return [*layer.state_dict().values(), layer.eval()(t.ones(shape)).flatten()[:3]]


programs("normalization", {
    "batch": (lambda t: _steps(t, t.nn.BatchNorm1d(2), (12, 2)), [[1.0, 1.0], [0.0, 0.0], [17.856666564941406, 20.246667861938477], [2716.42333984375, 3194.8232421875], 2, [-0.3234245181083679, -0.3405117690563202, -0.3234245181083679]]),
    "batch-means": (lambda t: _steps(t, t.nn.BatchNorm1d(2, momentum=None, affine=False), (12, 2)), [[89.83333587646484, 101.83333587646484], [13580.666015625, 15972.666015625], 2, [-0.762281596660614, -0.797839343547821, -0.762281596660614]]),
    "batch-untracked": (lambda t: _steps(t, t.nn.BatchNorm2d(2, track_running_stats=False), (3, 2, 2, 2)), [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0, 0.0]]),
    "batch-3d": (lambda t: _steps(t, t.nn.BatchNorm3d(2, bias=False), (3, 2, 2, 1, 2)), [[1.0, 1.0], [14.271666526794434, 23.831666946411133], [1857.3189697265625, 3620.37353515625], 2, [-0.3079514503479004, -0.3079514503479004, -0.3079514503479004]]),
    "instance": (lambda t: _steps(t, t.nn.InstanceNorm1d(2, affine=True, track_running_stats=True), (3, 2, 4)), [[1.0, 1.0], [0.0, 0.0], [14.271666526794434, 23.831666946411133], [89.7044448852539, 151.03778076171875], 0, [-1.4012590646743774, -1.4012590646743774, -1.4012590646743774]]),
    "repr": (lambda t: [repr(each) for each in (t.nn.BatchNorm2d(3), t.nn.InstanceNorm2d(3), t.nn.LayerNorm((2, 3)), t.nn.GroupNorm(1, 3), t.nn.RMSNorm(3), t.nn.LocalResponseNorm(2), t.nn.CrossMapLRN2d(3))], ['BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)', 'InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)', 'LayerNorm((2, 3), eps=1e-05, elementwise_affine=True, bias=True)', 'GroupNorm(1, 3, eps=1e-05, affine=True, bias=True)', 'RMSNorm((3,), eps=None, elementwise_affine=True)', 'LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)', 'CrossMapLRN2d(3, alpha=0.0001, beta=0.75, k=1)']),
    "local-response": (lambda t: t.nn.LocalResponseNorm(2, 0.5, 0.7, 2.0)(t.arange(6.0).reshape(1, 3, 2)), [[[0.0, 0.5668553113937378], [0.9269260764122009, 1.0468212366104126], [1.0244513750076294, 0.9641342163085938]]]),
    "cross-map": (lambda t: t.nn.CrossMapLRN2d(3, 0.5, 0.7, 2.0)(t.arange(5.0).reshape(1, 5, 1, 1)).flatten(), [0.0, 0.48238256573677063, 0.7165632247924805, 0.7814090251922607, 1.1195013523101807]),
    "converted": (lambda t: repr(t.nn.SyncBatchNorm.convert_sync_batchnorm(t.nn.Sequential(t.nn.BatchNorm1d(2), t.nn.ReLU()))), 'Sequential(\n  (0): SyncBatchNorm(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)\n  (1): ReLU()\n)'),
})  # fmt: skip


@case("nn.BatchNorm1d/error/unchanged/float32", dtypes=("float32", "int64"))
def _unchanged(subject: Subject) -> None:
    t = subject.torch
    layer = t.nn.BatchNorm1d(3)
    expect_raises(lambda: layer(t.zeros(1, 3)), ValueError, "Expected more than 1 value per channel")
    expect_raises(lambda: layer(t.zeros(2, 4)), RuntimeError, "running_mean should contain 4 elements not 3")
    expect_raises(lambda: layer(t.zeros(2)), ValueError, "expected 2D or 3D input")
    expect(layer.running_mean.tolist() == [0.0, 0.0, 0.0], "an error changed the running mean")
