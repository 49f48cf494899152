"""Results of several tensors: of which class they are, by what names and places their parts are reached."""

from typing import Any

from ...checks import expect, expect_equal, quietly
from ...declare import case
from ...subject import Subject

_CALLS: dict[str, tuple[Any, str]] = {
    "aminmax": (lambda t, x: t.aminmax(x), "min max"),
    "cummax": (lambda t, x: t.cummax(x, 0), "values indices"),
    "cummin": (lambda t, x: t.cummin(x, 0), "values indices"),
    "frexp": (lambda t, x: t.frexp(x), "mantissa exponent"),
    "histogram": (lambda t, x: t.histogram(x, 2), "hist bin_edges"),
    "histogramdd": (lambda t, x: t.histogramdd(x, [2, 2]), "hist bin_edges"),
    "kthvalue": (lambda t, x: t.kthvalue(x, 1), "values indices"),
    "max": (lambda t, x: t.max(x, 0), "values indices"),
    "median": (lambda t, x: t.median(x, 0), "values indices"),
    "min": (lambda t, x: t.min(x, 0), "values indices"),
    "mode": (lambda t, x: t.mode(x, 0), "values indices"),
    "nanmedian": (lambda t, x: t.nanmedian(x, 0), "values indices"),
    "sort": (lambda t, x: t.sort(x), "values indices"),
    "topk": (lambda t, x: t.topk(x, 1), "values indices"),
    "svd": (lambda t, x: t.svd(x), "U S V"),
    "qr": (lambda t, x: t.qr(x), "Q R"),
    "linalg_cholesky_ex": (lambda t, x: t.linalg.cholesky_ex(x), "L info"),
    "linalg_eig": (lambda t, x: t.linalg.eig(x), "eigenvalues eigenvectors"),
    "linalg_eigh": (lambda t, x: t.linalg.eigh(x), "eigenvalues eigenvectors"),
    "linalg_inv_ex": (lambda t, x: t.linalg.inv_ex(x), "inverse info"),
    "linalg_lstsq": (lambda t, x: t.linalg.lstsq(x, x), "solution residuals rank singular_values"),
    "linalg_lu": (lambda t, x: t.linalg.lu(x), "P L U"),
    "linalg_lu_factor": (lambda t, x: t.linalg.lu_factor(x), "LU pivots"),
    "linalg_lu_factor_ex": (lambda t, x: t.linalg.lu_factor_ex(x), "LU pivots info"),
    "linalg_qr": (lambda t, x: t.linalg.qr(x), "Q R"),
    "linalg_slogdet": (lambda t, x: t.linalg.slogdet(x), "sign logabsdet"),
    "linalg_solve_ex": (lambda t, x: t.linalg.solve_ex(x, x), "result info"),
    "linalg_svd": (lambda t, x: t.linalg.svd(x), "U S Vh"),
}


def _declare(name: str, call: Any, parts: str) -> None:
    extensions = ("linalg",) if name.startswith("linalg_") or name in ("svd", "qr") else ()

    @case(f"return_types/value/{name}/float32", dtypes=("float32", "int64", "int32", "float64"), extensions=extensions)
    def check(subject: Subject) -> None:
        t = subject.torch
        found = quietly(lambda: call(t, t.tensor([[2.0, 1.0], [1.0, 3.0]])))
        expect_equal(type(found).__name__, name, "the name of the class")
        expect(isinstance(found, getattr(t.return_types, name)), "it is of another class")
        expect(isinstance(found, tuple), "it is no tuple")
        names = parts.split()
        expect_equal(len(found), len(names), "the number of parts")
        for place, part in enumerate(names):
            expect(getattr(found, part) is found[place], f"{part} is not the part at {place}")


for _name, (_call, _parts) in _CALLS.items():
    _declare(_name, _call, _parts)
