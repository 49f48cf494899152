"""The classes of results of several tensors, under the names of PyTorch's ``torch.return_types``."""

from __future__ import annotations

from .ops.elementwise import floating
from .ops.linalg import factorizations, inverses, lu, older, solving
from .ops.reductions import extremes, scans
from .ops.sorting import histograms, medians, order

__all__ = [
    "aminmax", "cummax", "cummin", "frexp", "histogram", "histogramdd", "kthvalue", "linalg_cholesky_ex", "linalg_eig",
    "linalg_eigh", "linalg_inv_ex", "linalg_lstsq", "linalg_lu", "linalg_lu_factor", "linalg_lu_factor_ex", "linalg_qr",
    "linalg_slogdet", "linalg_solve_ex", "linalg_svd", "max", "median", "min", "mode", "nanmedian", "qr", "sort", "svd", "topk",
]  # fmt: skip

aminmax = extremes.Aminmax
cummax = scans.Cummax
cummin = scans.Cummin
frexp = floating.Frexp
histogram = histograms.Histogram
histogramdd = histograms.Histogramdd
kthvalue = order.Kthvalue
linalg_cholesky_ex = factorizations.CholeskyEx
linalg_eig = factorizations.Eig
linalg_eigh = factorizations.Eigh
linalg_inv_ex = inverses.InvEx
linalg_lstsq = solving.Lstsq
linalg_lu = lu.LU
linalg_lu_factor = lu.LUFactor
linalg_lu_factor_ex = lu.LUFactorEx
linalg_qr = factorizations.QR
linalg_slogdet = inverses.Slogdet
linalg_solve_ex = solving.SolveEx
linalg_svd = factorizations.SVD
max = extremes.Max
median = medians.Median
min = extremes.Min
mode = medians.Mode
nanmedian = medians.Nanmedian
qr = older.QR
sort = order.Sort
svd = older.SVD
topk = order.Topk

for _name in __all__:
    _class = globals()[_name]
    _class.__name__ = _class.__qualname__ = _name
    _class.__module__ = __name__
