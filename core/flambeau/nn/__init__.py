"""Neural networks: modules, parameters, layers, losses and their initial values."""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from flambeau._left_out import getattr_of as _getattr_of

from . import attention as attention
from . import common_types as common_types
from . import functional as functional
from . import init as init
from . import utils as utils
from .modules import *
from .parameter import Buffer as Buffer
from .parameter import Parameter as Parameter
from .parameter import UninitializedBuffer as UninitializedBuffer
from .parameter import UninitializedParameter as UninitializedParameter

if not _TYPE_CHECKING:  # to a type checker any name would be there
    __getattr__ = _getattr_of(__name__)
