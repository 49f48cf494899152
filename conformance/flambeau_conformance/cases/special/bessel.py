"""Modified Bessel functions."""

from ...declare import FLOATS, op
from ...special import special

op("i0", elementwise=1, dtypes=(*FLOATS, "int64"), tolerance="transcendental")
for _name in ("i0e", "i1", "i1e"):
    special(_name, values=_name != "i1")  # SciPy's i1 of infinities is infinite, PyTorch's overflows to nan
