"""What an op of a plugin is written with: the one door from outside to the inside of an op.

The decorators declare it, as in :mod:`flambeau.ops` itself; ``from_array`` makes a tensor of a backend's array; the checks
are values for ``check=``; :class:`Rule` is for those who write what goes backward by hand. A plugin registers its ops with
the hook ``flambeau_register_ops``, see ``docs/plugins.md``.
"""

from ._dispatch.checks import (
    integers_and_bool,
    no_bool,
    no_complex,
    no_derivative,
    not_bool,
    only,
    real_numbers,
    zero_gradient,
)
from ._dispatch.declare import (
    BOOLEAN,
    FLOATING,
    NUMBERS,
    SAME,
    alias,
    composite,
    elementwise,
    fused,
    primitive,
    view,
)
from ._dispatch.rows import Row
from ._dispatch.rules import unchanged
from ._dispatch.runtime import common_type, operands_of
from ._tensor import Tensor, from_array
from ._tensor.node import Node, Rule

__all__ = [
    "BOOLEAN",
    "FLOATING",
    "NUMBERS",
    "SAME",
    "Node",
    "Row",
    "Rule",
    "Tensor",
    "alias",
    "common_type",
    "composite",
    "elementwise",
    "from_array",
    "fused",
    "integers_and_bool",
    "no_bool",
    "no_complex",
    "no_derivative",
    "not_bool",
    "only",
    "operands_of",
    "primitive",
    "real_numbers",
    "unchanged",
    "view",
    "zero_gradient",
]
