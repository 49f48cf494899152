"""The error function and its relatives."""

import math
from statistics import NormalDist

from ...declare import FLOATS, op
from ...special import special

op("erf", elementwise=1, dtypes=FLOATS, tolerance="transcendental", reference=math.erf)
op("erfc", elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental", reference=math.erfc)
op("erfinv", elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental", domain="unit")
special("erfcx", reference=lambda x: math.exp(x * x) * math.erfc(x))
special("ndtr", reference=NormalDist().cdf)
special("ndtri", domain="unit", gradient=False)
special("log_ndtr", reference=lambda x: math.log(NormalDist().cdf(x)))
