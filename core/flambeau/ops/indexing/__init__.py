"""Reading and writing by keys, index tensors and masks."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from .gathering import *
from .keys import *
from .putting import *
from .scatter_reductions import *
from .scattering import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
