"""Functions of whole numbers."""

import math

from ...declare import INTEGERS, Error, op

for _name, _function in (("gcd", math.gcd), ("lcm", math.lcm)):
    op(
        _name, elementwise=2, dtypes=INTEGERS, tolerance="exact", differentiable=False, reference=_function,
        errors=[
            Error(
                "floats", lambda t, name=_name: getattr(t, name)(t.ones(1), t.ones(1)), (NotImplementedError,),
                "_cpu\" not implemented for 'Float'",
            ),
        ],
    )  # fmt: skip
