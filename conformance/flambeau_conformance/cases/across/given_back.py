"""Functions with several results: those that are given as ``out=`` come back, and are no copies."""

from __future__ import annotations

from typing import Any

from ...checks import expect, expect_equal
from ...declare import case
from ...subject import Subject

_WITH_PLACES = ("cummax", "cummin", "sort", "mode", "max", "min", "median", "nanmedian")

_CALLS: dict[str, tuple[tuple[str, ...], Any]] = {
    "aminmax": (("float32", "float32"), lambda t, x, out: t.aminmax(x, dim=0, out=out)),
    "frexp": (("float32", "int32"), lambda t, x, out: t.frexp(x, out=out)),
    "topk": (("float32", "int64"), lambda t, x, out: t.topk(x, 1, out=out)),
    "kthvalue": (("float32", "int64"), lambda t, x, out: t.kthvalue(x, 1, out=out)),
    **{
        name: (("float32", "int64"), lambda t, x, out, name=name: getattr(t, name)(x, 0, out=out))
        for name in _WITH_PLACES
    },
}

_OF_MATRICES: dict[str, tuple[tuple[str, ...], Any]] = {
    name: (dtypes, lambda t, x, out, name=name: getattr(t.linalg, name)(x, out=out))
    for name, dtypes in {
        "slogdet": ("float32", "float32"),
        "eigh": ("float32", "float32"),
        "qr": ("float32", "float32"),
        "svd": ("float32", "float32", "float32"),
        "lu": ("float32", "float32", "float32"),
        "lu_factor": ("float32", "int32"),
        "inv_ex": ("float32", "int32"),
        "cholesky_ex": ("float32", "int32"),
    }.items()
}


def _declare(name: str, dtypes: tuple[str, ...], call: Any, needs: tuple[str, ...]) -> None:
    @case(f"{name}/out/given-back/-", dtypes=tuple({"float32", *dtypes}), extensions=needs)
    def check(subject: Subject) -> None:
        t = subject.torch
        x = t.tensor([[4.0, 1.0], [1.0, 3.0]])
        targets = tuple(t.empty(0, dtype=getattr(t, dtype)) for dtype in dtypes)
        results = call(t, x, targets)
        expect_equal(
            [one is two for one, two in zip(results, targets, strict=True)], [True] * len(targets), "what came back"
        )
        plain = call(t, x, None)
        for target, expected in zip(targets, plain, strict=True):
            expect(t.equal(target, expected), f"{target} was written, expected {expected}")


for _name, (_dtypes, _call) in _CALLS.items():
    _declare(_name, _dtypes, _call, ())
for _name, (_dtypes, _call) in _OF_MATRICES.items():
    _declare(_name, _dtypes, _call, ("linalg",))
