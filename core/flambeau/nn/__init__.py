"""Neural networks: modules, parameters, layers, losses and their initial values."""

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
