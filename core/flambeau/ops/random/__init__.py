"""Random tensors: factories, in-place fillers and distributions. The streams are in :mod:`flambeau.random`."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from . import filling  # noqa: F401 (gives Tensor its methods)
from .distributions import *
from .factories import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
