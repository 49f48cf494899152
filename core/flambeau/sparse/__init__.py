"""Sparse tensors: layouts COO, CSR and CSC, with gradients. The namespace is ``torch.sparse``.

A sparse tensor is made of strided tensors, so it works on every backend. What an operation computes on it is computed on its
coordinates and its values; gradients flow through the values.
"""

from __future__ import annotations

from flambeau._tensor.sparse import SparseTensor
from flambeau._tensor.sparse import make_sparse as make_sparse

from . import _printing  # noqa: F401 (gives sparse tensors their text)
from . import elementwise as elementwise
from . import movement as movement
from . import writing as writing
from ._typed import *
from .construction import check_sparse_tensor_invariants as check_sparse_tensor_invariants
from .construction import spdiags as spdiags
from .conversion import from_scipy as from_scipy
from .conversion import to_scipy as to_scipy
from .functions import addmm, as_sparse_gradcheck, mm, sum
from .products import sampled_addmm as sampled_addmm
from .reductions import log_softmax as log_softmax
from .reductions import softmax as softmax

__all__ = [
    "SparseTensor", "addmm", "as_sparse_gradcheck", "check_sparse_tensor_invariants", "from_scipy", "log_softmax", "mm",
    "sampled_addmm", "softmax",
    "sum", "to_scipy",
]  # fmt: skip
