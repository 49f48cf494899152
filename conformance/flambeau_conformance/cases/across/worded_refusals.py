"""What functions say of arguments that they refuse, where no family's own samples ask for the words."""

from ...programs import refusals

refusals("worded-refusals", {
    "bitwise_and": (lambda t: t.bitwise_and(t.ones(2), t.ones(2)), NotImplementedError, "not implemented for 'Float'"),
    "bitwise_or": (lambda t: t.bitwise_or(t.ones(2), t.ones(2)), NotImplementedError, "not implemented for 'Float'"),
    "bitwise_xor": (lambda t: t.bitwise_xor(t.ones(2), t.ones(2)), NotImplementedError, "not implemented for 'Float'"),
    "bitwise_not": (lambda t: t.bitwise_not(t.ones(2)), NotImplementedError, "not implemented for 'Float'"),
    "hardtanh": (lambda t: t.nn.functional.hardtanh(t.ones(2, dtype=t.complex64)), NotImplementedError, "clamp is not supported for complex types"),
    "threshold": (lambda t: t.threshold(t.ones(2, dtype=t.bool), 0.5, 2.0), NotImplementedError, "\"threshold_cpu\" not implemented for 'Bool'"),
    "squeeze": (lambda t: t.squeeze(t.ones(2), 3), IndexError, "Dimension out of range (expected to be in range of [-1, 0], but got 3)"),
    "equal": (lambda t: t.equal(t.ones(2), 1.0), TypeError, "argument 'other' (position 2) must be Tensor, not float"),
})  # fmt: skip
