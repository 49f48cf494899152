"""Neural networks: modules, parameters, layers, losses and their initial values."""

from . import functional as functional
from . import init as init
from . import utils as utils
from .modules.activation import *
from .modules.container import *
from .modules.dropout import *
from .modules.linear import *
from .modules.loss import *
from .modules.module import Module as Module
from .modules.parameter_container import *
from .modules.sparse import *
from .parameter import Buffer as Buffer
from .parameter import Parameter as Parameter
