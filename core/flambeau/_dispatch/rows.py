"""The rows of ops: what a declaration says, kept by the op's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flambeau._tensor.node import Rule

from .rules import Parameter
from .spelling import spellings_of

__all__ = ["ROWS", "Row", "is_own", "key_of"]

ROWS: dict[str, Row] = {}
"""Every op by its key: flambeau's own by name, one of a plugin's by its module and name."""


def is_own(body: Callable[..., Any]) -> bool:
    """Whether an op is flambeau's own, not a plugin's."""
    return (body.__module__ or "").partition(".")[0] == "flambeau"


def key_of(body: Callable[..., Any]) -> str:
    """Under which name an op is kept: two plugins may call theirs the same, and as one of flambeau's is called."""
    return body.__name__ if is_own(body) else f"{body.__module__}.{body.__name__}"


class Row:
    """One op. An ordinary class, because the module ``dataclasses`` would take a tenth of the package's import.

    Attributes:
        name: of the public function.
        kind: ``"primitive"``, ``"composite"``, ``"fused"`` or ``"view"``.
        function: the public function.
        body: the function as it was written.
        parameters: its parameters.
        kernel: for element-wise and fused ops, the kernel's name.
        promotion: for element-wise ops, how the dtype follows from the operands'.
        rule: how to go backward; None for composites and for ops without derivative.
        not_differentiable: why there is no derivative, if there is none.
        methods: the names under which it is a method of Tensor.
        inplace: whether there is an in-place form (the method name with an underscore).
        out: whether there is an ``out=`` form.
        check: for element-wise ops, called with the dtype before the kernel; raises for a dtype that has no meaning.
        integer_check: for binary element-wise ops on integers, called with the arrays and their type before the kernel.
        operand_check: as ``check``, called with the dtype of each operand before promotion.
        integers: for element-wise ops, what is computed of integers in the place of the kernel.
        domain: for element-wise ops, the dtypes that need neither check nor conversion.
        write: writes the result into the first argument, for the in-place form where no graph is recorded.
        complex: for element-wise ops, what is called with complex operands, if the kernel does not take them.
        overlapping: whether the in-place form may write where elements share memory: all get the same value.
        shared: what the in-place form does to a tensor of which several elements are one place in memory, where nothing is
            recorded; None if it refuses.
        aliases: further names.
    """

    name: str
    kind: str
    function: Callable[..., Any]
    body: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    kernel: str = ""
    promotion: str = ""
    rule: Rule | None = None
    not_differentiable: str = ""
    methods: tuple[str, ...] = ()
    inplace: bool = False
    out: bool = False
    check: Callable[[Any], None] | None = None
    integer_check: Callable[..., None] | None = None
    operand_check: Callable[[Any], None] | None = None
    integers: Callable[..., Any] | None = None
    domain: str = "any"
    write: Callable[..., None] | None = None
    complex: Callable[..., Any] | None = None
    overlapping: bool = False
    shared: Callable[..., Any] | None = None
    aliases: list[str]

    def __init__(self, *facts: Any, **named: Any) -> None:
        if not Row.__annotations__.keys() >= named.keys():
            raise TypeError(f"a row has no {', '.join(sorted(named.keys() - Row.__annotations__.keys()))}")
        own = vars(self)
        own.update(zip(Row.__annotations__, facts, strict=False), **named)
        own["aliases"] = []

    @cached_property
    def key(self) -> str:
        """Under which name it is kept, and found in tables that are about flambeau's own ops."""
        return key_of(self.body)

    @cached_property
    def tensor_parameters(self) -> tuple[Parameter, ...]:
        """The parameters through which tensors arrive."""
        return tuple(parameter for parameter in self.parameters if parameter.is_tensor)

    @cached_property
    def spellings(self) -> dict[str, str]:
        """The other names of its parameters: see :mod:`flambeau._dispatch.spelling`."""
        return spellings_of(self.key, self.parameters)
