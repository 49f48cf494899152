"""Functions of layers and losses; :mod:`flambeau.nn.functional` shows them."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from . import attention, ctc, fold, gates, loss, margin_losses, pointwise_losses, upsampling  # noqa: F401 (functions that a namespace shows, not the root)
from .activation import *
from .adaptive import *
from .averaging import *
from .bags import *
from .batchnorm import *
from .bilinear import *
from .conv import *
from .dropout import *
from .normalization import *
from .pixelshuffle import *
from .pooling import *
from .rectifiers import *
from .rnn import *
from .sparse import *
from .vision import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
