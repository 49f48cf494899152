"""Neural networks: modules, parameters, layers, losses and their initial values."""

from . import functional as functional
from . import init as init
from . import utils as utils
from .activation import *
from .container import *
from .dropout import *
from .embedding import *
from .linear import *
from .loss import *
from .module import Module as Module
from .parameter import Buffer as Buffer
from .parameter import Parameter as Parameter
from .parameter_container import *
