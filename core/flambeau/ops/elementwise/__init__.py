"""Functions of each element: arithmetic, comparison, bits, rounding, powers, exponentials, angles, choices."""

from typing import TYPE_CHECKING

from flambeau._dispatch.names import public

from .arithmetic import *
from .bitwise import *
from .closeness import *
from .comparison import *
from .complex_parts import *
from .exponential import *
from .floating import *
from .integers import *
from .powers import *
from .rounding import *
from .selection import *
from .ternary import *
from .trigonometric import *

if not TYPE_CHECKING:
    __all__ = public(__name__)
