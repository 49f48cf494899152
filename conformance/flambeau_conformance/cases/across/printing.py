"""How tensors are printed: formats, widths, line breaks, what is left out, suffixes, and options that are put back."""

from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from ...programs import program, texts

_NAN, _INF = float("nan"), float("inf")

texts("floats", {
    "integral": (lambda t: t.tensor([1.0, 20.0, -3.0]), "tensor([ 1., 20., -3.])"),
    "integral-large": (lambda t: t.tensor([1.0, 1000.0]), "tensor([   1., 1000.])"),
    "fixed": (lambda t: t.tensor([1.5, -20.25, 3.0]), "tensor([  1.5000, -20.2500,   3.0000])"),
    "rounded": (lambda t: t.tensor([0.12345678, 1.0 / 3, 2.0 / 3]), "tensor([0.1235, 0.3333, 0.6667])"),
    "rounds-to-even": (lambda t: t.tensor([0.00125, 0.5, 0.03125]), "tensor([0.0012, 0.5000, 0.0312])"),
    "ratio-1000": (lambda t: t.tensor([1.5, 1500.0]), "tensor([   1.5000, 1500.0000])"),
    "ratio-above-1000": (lambda t: t.tensor([1.5, 1501.5]), "tensor([1.5000e+00, 1.5015e+03])"),
    "integral-ratio-1001": (lambda t: t.tensor([1.0, 1001.0]), "tensor([1.0000e+00, 1.0010e+03])"),
    "largest-1e8": (lambda t: t.tensor([1e8]), "tensor([100000000.])"),
    "largest-above-1e8": (lambda t: t.tensor([1.5e8]), "tensor([1.5000e+08])"),
    "largest-integral-above-1e8": (lambda t: t.tensor([2e8, 3e8]), "tensor([2.0000e+08, 3.0000e+08])"),
    "smallest-1e-4": (lambda t: t.tensor([0.0001220703125]), "tensor([0.0001])"),
    "smallest-below-1e-4": (lambda t: t.tensor([0.00009]), "tensor([9.0000e-05])"),
    "tiny": (lambda t: t.tensor([1e-40]), "tensor([9.9999e-41])"),
    "zeros": (lambda t: t.zeros(3), "tensor([0., 0., 0.])"),
    "negative-zero": (lambda t: t.tensor([-0.0, 0.0]), "tensor([-0., 0.])"),
    "negative-zero-beside-fraction": (lambda t: t.tensor([-0.0, 0.5]), "tensor([-0.0000, 0.5000])"),
    "zero-sets-no-width": (lambda t: t.tensor([0.0, 1e-5]), "tensor([0.0000e+00, 1.0000e-05])"),
    "nan": (lambda t: t.tensor([_NAN]), "tensor([nan])"),
    "inf": (lambda t: t.tensor([_INF, -_INF]), "tensor([inf, -inf])"),
    "nan-beside-integral": (lambda t: t.tensor([_NAN, 1.0, 100.0]), "tensor([ nan,   1., 100.])"),
    "inf-beside-fraction": (lambda t: t.tensor([_INF, 0.5, -_INF]), "tensor([   inf, 0.5000,   -inf])"),
    "all-special": (lambda t: t.tensor([_NAN, _INF, -_INF, 0.0]), "tensor([nan, inf, -inf, 0.])"),
    "nan-in-scientific": (lambda t: t.tensor([_NAN, 1e10, 1e-10]), "tensor([       nan, 1.0000e+10, 1.0000e-10])"),
    "negative-sets-width": (lambda t: t.tensor([[1.0, -1.0], [10.0, 0.0]]), "tensor([[ 1., -1.],\n        [10.,  0.]])"),
    "zero-dim": (lambda t: t.tensor(1.5), "tensor(1.5000)"),
    "zero-dim-integral": (lambda t: t.tensor(-2.0), "tensor(-2.)"),
    "zero-dim-scientific": (lambda t: t.tensor(1.5e-7), "tensor(1.5000e-07)"),
    "zero-dim-nan": (lambda t: t.tensor(_NAN), "tensor(nan)"),
    "max": (lambda t: t.tensor([3.4028234663852886e38]), "tensor([3.4028e+38])"),
    "one-element": (lambda t: t.tensor([[0.1]]), "tensor([[0.1000]])"),
})  # fmt: skip
texts("doubles", {
    "suffix": (lambda t: t.tensor([0.1], dtype=t.float64), "tensor([0.1000], dtype=torch.float64)"),
    "many-digits": (lambda t: t.tensor([1.0000000001, 2.0], dtype=t.float64), "tensor([1.0000, 2.0000], dtype=torch.float64)"),
    "1e300": (lambda t: t.tensor([1e300, 1.0], dtype=t.float64), "tensor([1.0000e+300,  1.0000e+00], dtype=torch.float64)"),
}, dtypes=("float64",))  # fmt: skip
texts("halves", {
    "suffix": (lambda t: t.tensor([0.1, 65504.0], dtype=t.float16), "tensor([9.9976e-02, 6.5504e+04], dtype=torch.float16)"),
    "integral": (lambda t: t.tensor([1.0, -2.0], dtype=t.float16), "tensor([ 1., -2.], dtype=torch.float16)"),
    "zero-dim": (lambda t: t.tensor(0.1, dtype=t.float16), "tensor(0.1000, dtype=torch.float16)"),
}, dtypes=("float16",))  # fmt: skip
texts("bfloats", {
    "suffix": (lambda t: t.tensor([0.1, 1000.0], dtype=t.bfloat16), "tensor([1.0010e-01, 1.0000e+03], dtype=torch.bfloat16)"),
}, dtypes=("bfloat16",))  # fmt: skip
texts("integers", {
    "width": (lambda t: t.tensor([1, -20, 300]), "tensor([  1, -20, 300])"),
    "matrix": (lambda t: t.tensor([[1, 2], [-30, 4]]), "tensor([[  1,   2],\n        [-30,   4]])"),
    "zero-dim": (lambda t: t.tensor(-7), "tensor(-7)"),
    "limits": (lambda t: t.tensor([-(2**63), 2**63 - 1]), "tensor([-9223372036854775808,  9223372036854775807])"),
    "bool": (lambda t: t.tensor([[True, False], [False, False]]), "tensor([[ True, False],\n        [False, False]])"),
    "bool-zero-dim": (lambda t: t.tensor(True), "tensor(True)"),
    "all-true": (lambda t: t.tensor([True, True]), "tensor([True, True])"),
}, dtypes=("int64", "bool"))  # fmt: skip


def _typed(t: Any, values: Any, dtype: str) -> Any:
    return t.tensor(values, dtype=getattr(t, dtype))


for _name in ("uint8", "int8", "int16", "int32"):
    texts(_name, {
        "suffix": (partial(_typed, values=[1, 100], dtype=_name), f"tensor([  1, 100], dtype=torch.{_name})"),
        "zero-dim": (partial(_typed, values=5, dtype=_name), f"tensor(5, dtype=torch.{_name})"),
        "empty": (partial(_typed, values=[], dtype=_name), f"tensor([], dtype=torch.{_name})"),
    }, dtypes=(_name,))  # fmt: skip
texts("complexes", {
    "plain": (lambda t: t.tensor([1 + 2j, -3.5 - 0.25j]), "tensor([ 1.0000+2.0000j, -3.5000-0.2500j])"),
    "integral": (lambda t: t.tensor([1 + 2j, -3 - 4j]), "tensor([ 1.+2.j, -3.-4.j])"),
    "zero-dim": (lambda t: t.tensor(1 - 1j), "tensor(1.-1.j)"),
    "zeros": (lambda t: t.zeros(2, dtype=t.complex64), "tensor([0.+0.j, 0.+0.j])"),
    "special": (lambda t: t.tensor([complex(_NAN, 1), complex(_INF, -_INF)]), "tensor([nan+1.j, inf-infj])"),
    "scientific-part": (lambda t: t.tensor([1e-6 + 1j, 1 + 1j]), "tensor([1.0000e-06+1.j, 1.0000e+00+1.j])"),
    "negative-zero": (lambda t: t.tensor([complex(-0.0, -0.0)]), "tensor([-0.-0.j])"),
    "gradient": (lambda t: t.tensor([1j], requires_grad=True), "tensor([0.+1.j], requires_grad=True)"),
}, dtypes=("complex64",))  # fmt: skip
texts(
    "complexes",
    {"suffix": (lambda t: t.tensor([1 + 2j], dtype=t.complex128), "tensor([1.+2.j], dtype=torch.complex128)")},
    dtypes=("complex128",),
)

# -- shapes and what is left out ------------------------------------------------------------------------------------

texts("shapes", {
    "empty": (lambda t: t.ones(0), "tensor([])"),
    "empty-rows": (lambda t: t.ones(0, 3), "tensor([], size=(0, 3))"),
    "empty-columns": (lambda t: t.ones(2, 0), "tensor([], size=(2, 0))"),
    "three-dims": (lambda t: t.arange(8.0).reshape(2, 2, 2), "tensor([[[0., 1.],\n         [2., 3.]],\n\n        [[4., 5.],\n         [6., 7.]]])"),
    "four-dims": (lambda t: t.arange(4.0).reshape(2, 1, 2, 1), "tensor([[[[0.],\n          [1.]]],\n\n\n        [[[2.],\n          [3.]]]])"),
    "row": (lambda t: t.arange(3.0)[None], "tensor([[0., 1., 2.]])"),
    "column": (lambda t: t.arange(3.0)[:, None], "tensor([[0.],\n        [1.],\n        [2.]])"),
    "transposed": (lambda t: t.arange(6.0).reshape(2, 3).t(), "tensor([[0., 3.],\n        [1., 4.],\n        [2., 5.]])"),
    "expanded": (lambda t: t.tensor([1.5]).expand(3), "tensor([1.5000, 1.5000, 1.5000])"),
    "strided": (lambda t: t.arange(8.0)[::3], "tensor([0., 3., 6.])"),
    "breaks-line": (lambda t: t.arange(30.0), "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,\n        14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27.,\n        28., 29.])"),
    "breaks-line-of-fractions": (lambda t: t.arange(20.0) / 8, "tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,\n        1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250,\n        2.2500, 2.3750])"),
    "just-fits": (lambda t: t.arange(14.0), "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.])"),
    "breaks-inner": (lambda t: t.arange(40.0).reshape(2, 20) / 8, "tensor([[0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,\n         1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250,\n         2.2500, 2.3750],\n        [2.5000, 2.6250, 2.7500, 2.8750, 3.0000, 3.1250, 3.2500, 3.3750, 3.5000,\n         3.6250, 3.7500, 3.8750, 4.0000, 4.1250, 4.2500, 4.3750, 4.5000, 4.6250,\n         4.7500, 4.8750]])"),
    "summary-not-at-1000": (lambda t: str(t.zeros(1000)).count("0."), "1000"),
    "summary-at-1001": (lambda t: t.zeros(1001), "tensor([0., 0., 0.,  ..., 0., 0., 0.])"),
    "summary-rows": (lambda t: t.arange(2000.0).reshape(1000, 2), "tensor([[0.0000e+00, 1.0000e+00],\n        [2.0000e+00, 3.0000e+00],\n        [4.0000e+00, 5.0000e+00],\n        ...,\n        [1.9940e+03, 1.9950e+03],\n        [1.9960e+03, 1.9970e+03],\n        [1.9980e+03, 1.9990e+03]])"),
    "summary-columns": (lambda t: t.arange(2000.0).reshape(2, 1000), "tensor([[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 9.9700e+02, 9.9800e+02,\n         9.9900e+02],\n        [1.0000e+03, 1.0010e+03, 1.0020e+03,  ..., 1.9970e+03, 1.9980e+03,\n         1.9990e+03]])"),
    "summary-both": (lambda t: t.arange(10000.0).reshape(100, 100), "tensor([[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 9.7000e+01, 9.8000e+01,\n         9.9000e+01],\n        [1.0000e+02, 1.0100e+02, 1.0200e+02,  ..., 1.9700e+02, 1.9800e+02,\n         1.9900e+02],\n        [2.0000e+02, 2.0100e+02, 2.0200e+02,  ..., 2.9700e+02, 2.9800e+02,\n         2.9900e+02],\n        ...,\n        [9.7000e+03, 9.7010e+03, 9.7020e+03,  ..., 9.7970e+03, 9.7980e+03,\n         9.7990e+03],\n        [9.8000e+03, 9.8010e+03, 9.8020e+03,  ..., 9.8970e+03, 9.8980e+03,\n         9.8990e+03],\n        [9.9000e+03, 9.9010e+03, 9.9020e+03,  ..., 9.9970e+03, 9.9980e+03,\n         9.9990e+03]])"),
    "summary-three-dims": (lambda t: t.zeros(11, 10, 10), "tensor([[[0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         ...,\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.]],\n\n        [[0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         ...,\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.]],\n\n        [[0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         ...,\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.]],\n\n        ...,\n\n        [[0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         ...,\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.]],\n\n        [[0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         ...,\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.]],\n\n        [[0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         ...,\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.],\n         [0., 0., 0.,  ..., 0., 0., 0.]]])"),
    "summary-of-six": (lambda t: t.zeros(6, 200), "tensor([[0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.]])"),
    "summary-of-seven": (lambda t: t.zeros(7, 200), "tensor([[0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.],\n        ...,\n        [0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.],\n        [0., 0., 0.,  ..., 0., 0., 0.]])"),
    "summary-format-of-shown": (lambda t: t.cat((t.ones(500), t.tensor([0.5]), t.ones(1000))), "tensor([1., 1., 1.,  ..., 1., 1., 1.])"),
    "summary-width-of-shown": (lambda t: t.cat((t.ones(500), t.tensor([1000.0]), t.ones(1000))), "tensor([1., 1., 1.,  ..., 1., 1., 1.])"),
})  # fmt: skip
texts("shapes", {
    "integers-summary": (lambda t: t.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    "integers-1000": (lambda t: "998, 999]" in str(t.arange(1000)), "True"),
    "empty-integers": (lambda t: t.ones(0, dtype=t.int64), "tensor([], dtype=torch.int64)"),
    "empty-bools": (lambda t: t.ones(0, 2, dtype=t.bool), "tensor([], size=(0, 2), dtype=torch.bool)"),
    "bools-break": (lambda t: t.ones(20, dtype=t.bool), "tensor([True, True, True, True, True, True, True, True, True, True, True, True,\n        True, True, True, True, True, True, True, True])"),
}, dtypes=("int64", "bool"))  # fmt: skip

# -- suffixes ----------------------------------------------------------------------------------------------------------


def _custom(t: Any) -> Any:
    class Double(t.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * 2

    return Double


texts("suffixes", {
    "requires-grad": (lambda t: t.ones(2, requires_grad=True), "tensor([1., 1.], requires_grad=True)"),
    "grad-fn": (lambda t: t.ones(2, requires_grad=True) * 2, "tensor([2., 2.], grad_fn=<MulBackward0>)"),
    "grad-fn-sum": (lambda t: t.ones(2, requires_grad=True).sum(), "tensor(2., grad_fn=<SumBackward0>)"),
    "grad-fn-view": (lambda t: t.ones(2, 3, requires_grad=True)[0], "tensor([1., 1., 1.], grad_fn=<SelectBackward0>)"),
    "grad-fn-in-place": (lambda t: (t.ones(2, requires_grad=True) * 2).add_(1), "tensor([3., 3.], grad_fn=<AddBackward0>)"),
    "detached": (lambda t: (t.ones(2, requires_grad=True) * 2).detach(), "tensor([2., 2.])"),
    "parameter": (lambda t: t.nn.Parameter(t.ones(2)), "Parameter containing:\ntensor([1., 1.], requires_grad=True)"),
    "frozen-parameter": (lambda t: t.nn.Parameter(t.ones(2), requires_grad=False), "Parameter containing:\ntensor([1., 1.])"),
    "moves-to-next-line": (lambda t: t.arange(13.0).requires_grad_(), "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12.],\n       requires_grad=True)"),
    "stays-on-line": (lambda t: t.arange(10.0).requires_grad_(), "tensor([0., 1., 2., 3., 4., 5., 6., 7., 8., 9.], requires_grad=True)"),
    "where-lines-break": (lambda t: [str(t.zeros(count).cpu().requires_grad_()).count("\n") for count in range(8, 20)], "[0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]"),
    "where-lines-break-of-width-5": (lambda t: [str((t.zeros(count) + 0.5).cpu().requires_grad_()).count("\n") for count in range(4, 14)], "[0, 0, 0, 1, 1, 1, 1, 1, 1, 1]"),
    "where-lines-break-of-matrices": (lambda t: [str(t.zeros(2, count).cpu().requires_grad_()).count("\n") for count in range(8, 20)], "[1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2]"),
    "where-suffixes-break": (lambda t: [str(t.zeros(count).cpu().requires_grad_() * 1).count("\n") for count in range(6, 18)], "[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]"),
    "long-node-name": (lambda t: t.nn.functional.log_softmax(t.zeros(5, requires_grad=True), 0), "tensor([-1.6094, -1.6094, -1.6094, -1.6094, -1.6094],\n       grad_fn=<LogSoftmaxBackward0>)"),
    "empty": (lambda t: t.ones(0, requires_grad=True), "tensor([], requires_grad=True)"),
    "custom-function": (lambda t: _custom(t).apply(t.ones(1, requires_grad=True)), "tensor([2.], grad_fn=<DoubleBackward>)"),
    "size": (lambda t: t.ones(2, 3).shape, "torch.Size([2, 3])"),
    "size-in-format": (lambda t: f"{t.ones(2, 3).size()}", "torch.Size([2, 3])"),
    "format-of-number": (lambda t: f"{t.tensor(1.23456):.2f}", "1.23"),
    "format-empty": (lambda t: f"{t.tensor(1.5)}", "1.5"),
    "format-of-vector": (lambda t: f"{t.tensor([1.5])}", "tensor([1.5000])"),
    "str-of-list": (lambda t: [t.tensor(1.0), t.tensor([2.0])], "[tensor(1.), tensor([2.])]"),
    "dtype": (lambda t: (t.float32, t.float, t.bool), "(torch.float32, torch.float32, torch.bool)"),
    "layout": (lambda t: t.ones(1).layout, "torch.strided"),
    "memory-format": (lambda t: t.contiguous_format, "torch.contiguous_format"),
    "finfo": (lambda t: t.finfo(t.float32), "finfo(resolution=1e-06, min=-3.40282e+38, max=3.40282e+38, eps=1.19209e-07, smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=float32)"),
    "named-tuple": (lambda t: t.tensor([1.0, 3.0]).max(0)[0], "tensor(3.)"),
})  # fmt: skip
texts("suffixes", {
    "double-with-gradient": (lambda t: t.ones(2, dtype=t.float64, requires_grad=True), "tensor([1., 1.], dtype=torch.float64, requires_grad=True)"),
    "double-result": (lambda t: t.ones(2, dtype=t.float64, requires_grad=True).exp(), "tensor([2.7183, 2.7183], dtype=torch.float64, grad_fn=<ExpBackward0>)"),
    "iinfo": (lambda t: t.iinfo(t.int64), "iinfo(min=-9.22337e+18, max=9.22337e+18, dtype=int64)"),
    "return-type": (lambda t: t.tensor([1, 3]).max(0), "torch.return_types.max(\nvalues=tensor(3),\nindices=tensor(1))"),
    "format-of-int": (lambda t: f"{t.tensor(7):03d}", "007"),
}, dtypes=("float64", "int64"))  # fmt: skip


# -- options -----------------------------------------------------------------------------------------------------------


def _with(t: Any, call: Any, **options: Any) -> str:
    """The text while options are set."""
    t.set_printoptions(**options)
    try:
        made = call()
        return str(made if made.device.type == "cpu" else made.cpu())
    finally:
        t.set_printoptions(profile="default")


texts("printoptions", {
    "precision-2": (lambda t: _with(t, lambda: t.tensor([1.23456, 100.0]), precision=2), "tensor([  1.23, 100.00])"),
    "precision-0": (lambda t: _with(t, lambda: t.tensor([1.5, 2.25]), precision=0), "tensor([2, 2])"),
    "precision-8": (lambda t: _with(t, lambda: t.tensor([0.1]), precision=8), "tensor([0.10000000])"),
    "precision-in-scientific": (lambda t: _with(t, lambda: t.tensor([1e-7]), precision=1), "tensor([1.0e-07])"),
    "precision-of-integral": (lambda t: _with(t, lambda: t.tensor([1.0]), precision=2), "tensor([1.])"),
    "threshold-below": (lambda t: _with(t, lambda: t.arange(10.0), threshold=10), "tensor([0., 1., 2., 3., 4., 5., 6., 7., 8., 9.])"),
    "threshold-above": (lambda t: _with(t, lambda: t.arange(11.0), threshold=10), "tensor([ 0.,  1.,  2.,  ...,  8.,  9., 10.])"),
    "edgeitems": (lambda t: _with(t, lambda: t.arange(100.0), threshold=10, edgeitems=1), "tensor([ 0.,  ..., 99.])"),
    "edgeitems-matrix": (lambda t: _with(t, lambda: t.arange(100.0).reshape(10, 10), threshold=10, edgeitems=2), "tensor([[ 0.,  1.,  ...,  8.,  9.],\n        [10., 11.,  ..., 18., 19.],\n        ...,\n        [80., 81.,  ..., 88., 89.],\n        [90., 91.,  ..., 98., 99.]])"),
    "edgeitems-wide": (lambda t: _with(t, lambda: t.arange(12.0), threshold=10, edgeitems=6), "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11.])"),
    "linewidth": (lambda t: _with(t, lambda: t.arange(10.0), linewidth=20), "tensor([0., 1., 2.,\n        3., 4., 5.,\n        6., 7., 8.,\n        9.])"),
    "linewidth-narrow": (lambda t: _with(t, lambda: t.arange(3.0), linewidth=1), "tensor([0.,\n        1.,\n        2.])"),
    "linewidth-suffix": (lambda t: _with(t, lambda: t.ones(2).cpu().requires_grad_(), linewidth=20), "tensor([1., 1.],\n       requires_grad=True)"),
    "sci-mode-on": (lambda t: _with(t, lambda: t.tensor([1.0, 2.5]), sci_mode=True), "tensor([1.0000e+00, 2.5000e+00])"),
    "sci-mode-off": (lambda t: _with(t, lambda: t.tensor([1e-6, 1e6]), sci_mode=False), "tensor([      0.0000, 1000000.0000])"),
    "sci-mode-off-integral": (lambda t: _with(t, lambda: t.tensor([1e10]), sci_mode=False), "tensor([10000000000.])"),
    "short": (lambda t: _with(t, lambda: t.tensor([1.23456]), profile="short"), "tensor([1.23])"),
    "short-summary": (lambda t: _with(t, lambda: t.arange(1001.0), profile="short"), "tensor([   0.,    1.,  ...,  999., 1000.])"),
    "full": (lambda t: str(_with(t, lambda: t.zeros(1001), profile="full").count("0.")), "1001"),
    "put-back": (lambda t: (_with(t, lambda: t.ones(1), precision=1, edgeitems=1, threshold=2, linewidth=9), str(t.zeros(1001).cpu()), str(
        t.tensor([0.5, 0.25]).cpu()))[1:], "('tensor([0., 0., 0.,  ..., 0., 0., 0.])', 'tensor([0.5000, 0.2500])')"),
    "profile-with-option": (lambda t: _with(t, lambda: t.tensor([1.23456]), profile="short", precision=3), "tensor([1.235])"),
})  # fmt: skip


@program("printoptions/value/context", ["tensor([0.33])", "tensor([0.3333])"])
def _context(t: Any) -> Any:
    """Options that hold in a block, and after it not, even if it is left by an error."""
    printoptions = (
        t.printoptions if hasattr(t, "printoptions") else import_module(f"{t.__name__}._tensor_str").printoptions
    )
    third = t.tensor([1 / 3]).cpu()
    with printoptions(precision=2):
        inside = str(third)
    with suppress(KeyError), printoptions(precision=1, sci_mode=True):
        raise KeyError
    return inside, str(third)
