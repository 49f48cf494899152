"""Functions of layers and losses; :mod:`flambeau.nn.functional` shows them."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from . import attention, ctc, gates, loss, margin_losses, pointwise_losses  # noqa: F401 (functions that a namespace shows, not the root)
from .activation import *
from .bags import *
from .batchnorm import *
from .dropout import *
from .normalization import *
from .rectifiers import *
from .sparse import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
