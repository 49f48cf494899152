"""Products, factorisations, solutions, inverses and norms of matrices; :mod:`flambeau.linalg` shows most of them."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from . import factorizations, inverses, lu, matrix_norms, solving  # noqa: F401 (functions that a namespace shows, not the root)
from .biased import *
from .distances import *
from .einsum import *
from .matmul import *
from .norms import *
from .older import *
from .products import *
from .similarity import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
