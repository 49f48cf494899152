"""The in-place methods that are functions too: ``torch.relu_(x)`` is ``x.relu_()``.

PyTorch offers these and no others; ``roll_`` is an extension.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau._dispatch.runtime import not_a_tensor
from flambeau._tensor import Tensor

NAMES = (
    "abs_", "acos_", "acosh_", "addmv_", "arccos_", "arccosh_", "arcsin_", "arcsinh_", "arctan_", "arctanh_", "asin_", "asinh_",
    "atan_", "atanh_", "ceil_", "clamp_", "clamp_max_", "clamp_min_", "clip_", "cos_", "cosh_", "deg2rad_", "detach_",
    "erf_", "erfc_", "exp2_", "exp_", "expm1_", "fill_", "fix_", "floor_", "frac_", "gcd_", "i0_", "lcm_", "ldexp_",
    "log10_", "log1p_", "log2_", "log_", "logit_", "nan_to_num_", "neg_", "negative_", "rad2deg_", "reciprocal_", "relu_",
    "resize_as_", "roll_", "round_", "rsqrt_", "sigmoid_", "sin_", "sinc_", "sinh_", "sqrt_", "square_", "tan_", "tanh_",
    "trunc_", "xlogy_", "zero_",
)  # fmt: skip


def _function(name: str) -> Callable[..., Tensor]:
    def form(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if not isinstance(input, Tensor):
            raise not_a_tensor(name, "input", 1, input)
        return getattr(input, name)(*args, **kwargs)  # type: ignore[no-any-return]

    form.__name__ = form.__qualname__ = name
    form.__doc__ = f"Call the method :meth:`flambeau.Tensor.{name}`, which writes its result into ``input``."
    return form


__all__ = list(NAMES)
globals().update({name: _function(name) for name in NAMES})
