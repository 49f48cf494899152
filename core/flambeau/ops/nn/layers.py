"""The families of layers and losses that hang no method on tensors and declare no kernel's composition.

``import flambeau`` leaves them out, which would take a tenth of its time: the root imports this module when it is asked for a
name that it has not, or for all names, and :mod:`flambeau.ops` when it is asked for all rows.
"""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from . import attention, ctc, fold, loss, margin_losses, pointwise_losses, upsampling  # noqa: F401 (functions that a namespace shows, not the root)
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
from .rnn import *
from .sparse import *
from .vision import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
