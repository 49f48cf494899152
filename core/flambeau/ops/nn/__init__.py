"""Functions of layers and losses; :mod:`flambeau.nn.functional` shows them.

Here are the families that hang methods on tensors. The others are imported on use, all at once: see :mod:`.layers`.
"""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from . import gates  # noqa: F401 (functions that a namespace shows, not the root)
from .activation import *
from .rectifiers import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
