"""Declaring ops: one decorator above a typed function makes everything that the op is.

The decorated function becomes the public function, and its row in :data:`ROWS` is the source of the ``Tensor`` methods,
the in-place and ``out=`` forms, the derivative, the type stubs, the documentation and the unit of conformance coverage.

- :func:`elementwise`: a kernel applied to each element, with promotion and broadcasting; the function has no body.
- :func:`primitive`: a body that checks its arguments and calls kernels on arrays.
- :func:`view`: a primitive whose result shares memory with its first argument.
- :func:`fused`: a primitive whose body tries an optional kernel and otherwise composes other ops.
- :func:`composite`: a body written with other ops, which brings its derivative by itself.

What a body may rely on: its first tensor parameters are tensors; it runs once per call, and what it returns is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from flambeau._tensor.methods import TensorMethods
from flambeau._tensor.node import Rule

from . import inplace as _inplace
from . import templates as _templates
from .checks import refuse_complex
from .rows import ROWS, Row
from .rules import Formula, Parameter, make_rule, parameters_of
from .spelling import called_as

__all__ = [
    "BOOLEAN",
    "FLOATING",
    "NUMBERS",
    "SAME",
    "alias",
    "composite",
    "elementwise",
    "fused",
    "primitive",
    "view",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])


SAME: Final = "same"
NUMBERS: Final = "numbers"
FLOATING: Final = "floating"
BOOLEAN: Final = "boolean"
"""Promotion of element-wise ops: the operands' common dtype; the same, bool as int64; the same, integers as the default
floating dtype; the operands' common dtype for the computation and bool for the result."""


_OF_REAL_NUMBERS = {"any": "reals", "numbers": "real_numbers", "floats": "real_floats"}
"""The domain that an op has that does not take complex numbers."""


def _finish(row: Row) -> Any:
    """Enter a row and give its function the looks of the one that was written."""
    if row.name in ROWS:
        raise TypeError(f"the op {row.name!r} is declared twice")
    ROWS[row.name] = row
    function, body = row.function, row.body
    if function is not body:
        for attribute in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__"):
            setattr(function, attribute, getattr(body, attribute))
        function.__wrapped__ = body  # type: ignore[attr-defined]
    attach(row)
    return function


def _rule(
    name: str,
    parameters: tuple[Parameter, ...],
    derivatives: Mapping[str, Formula] | None,
    not_differentiable: str,
    outputs: tuple[str, ...] = (),
    *,
    single_output: bool = True,
    node: str | None = None,
    holomorphic: bool = True,
) -> Rule | None:
    if bool(derivatives) == bool(not_differentiable):
        raise TypeError(f"{name}: give derivatives, or say in `not_differentiable` why there are none")
    if not derivatives:
        return None
    return make_rule(
        name, parameters, derivatives, outputs, single_output=single_output, name=node, holomorphic=holomorphic
    )


def elementwise(
    *,
    promotion: str = SAME,
    kernel: str = "",
    derivatives: Mapping[str, Formula] | None = None,
    not_differentiable: str = "",
    inplace: bool = True,
    out: bool | str = True,
    method: bool = True,
    check: Callable[[Any], None] | None = None,
    integer_check: Callable[..., None] | None = None,
    operand_check: Callable[[Any], None] | None = None,
    integers: Callable[..., Any] | None = None,
    domain: str = "",
    default: Callable[..., Any] | None = None,
    variant: Callable[..., Any] | None = None,
    complex: Callable[..., Any] | bool = True,
    holomorphic: bool = True,
    node: str | None = None,
) -> Callable[[_Function], _Function]:
    """Declare an op that applies a kernel of one or two arguments to each element.

    Args:
        promotion: ``SAME``, ``NUMBERS``, ``FLOATING`` or ``BOOLEAN``.
        kernel: the kernel's name; the op's own if empty.
        derivatives: a formula for each differentiable parameter.
        not_differentiable: why there is none.
        inplace, out, method: which further forms there are; ``out="boolean"`` if it must be bool.
        check: raises for a dtype that the op does not take.
        integer_check: raises for values of integer operands that the kernel does not take.
        operand_check: raises for a dtype that no operand may have.
        integers: from a tensor type that is not floating and arrays to an array, in the place of the kernel.
        domain: ``"any"``, ``"numbers"``, ``"floats"`` or ``"discrete"``: the dtypes for which ``check`` and conversion do
            nothing, and ``integers`` does not apply.
        default: for an optional kernel, the composition in its place: from the tensor type and arrays to an array.
        variant: for an op with an option (its last parameter, keyword-only), what is called with the operands and the
            option where that has not its default.
        complex: whether the kernel takes complex numbers, or what is called with complex operands instead.
        holomorphic: see :func:`~flambeau._dispatch.rules.make_rule`.
        node: the name of its nodes in the graph, where it is not made from the op's.
    """

    def declare(body: _Function) -> _Function:
        name = body.__name__
        parameters = parameters_of(body)
        rule = _rule(name, parameters, derivatives, not_differentiable, node=node, holomorphic=holomorphic)
        checked = promotion == FLOATING or check or integer_check or operand_check or integers
        reach = domain or ("floats" if checked else "any")
        if complex is not True:
            reach = _OF_REAL_NUMBERS.get(reach, reach)
        row_kernel = kernel or name
        dunder, function = _templates.elementwise(
            name, parameters, row_kernel, promotion, rule, reach, default=default, variant=variant, out=out
        )
        row = Row(
            name,
            "primitive" if default is None else "fused",
            function,
            body,
            parameters,
            row_kernel,
            promotion,
            rule,
            not_differentiable,
            (name,) if method else (),
            inplace,
            bool(out),
            check,
            integer_check,
            operand_check,
            integers,
            reach,
            complex=None if complex is True else complex or refuse_complex(name),
        )
        function.row = dunder.row = row  # type: ignore[attr-defined]
        function.operator = dunder  # type: ignore[attr-defined]
        return _finish(row)  # type: ignore[no-any-return]

    return declare


def primitive(
    *,
    derivatives: Mapping[str, Formula] | None = None,
    not_differentiable: str = "",
    kernel: str = "",
    outputs: tuple[str, ...] = (),
    inplace: bool = False,
    out: bool | str = False,
    method: bool = True,
    kind: str = "primitive",
    write: Callable[..., None] | None = None,
    overlapping: bool = False,
    shared: Callable[..., Any] | None = None,
    holomorphic: bool = True,
    node: str | None = None,
) -> Callable[[_Function], _Function]:
    """Declare an op whose body calls kernels.

    Args:
        derivatives: a formula for each differentiable parameter.
        not_differentiable: why there is none.
        kernel: the optional kernel that a fused op tries.
        outputs: the fields of a named tuple that the body returns; the first one is differentiable. Without it, an op
            that returns a list or tuple of tensors has differentiable outputs only.
        inplace, out, method: which further forms there are; ``out="exact"`` where its dtype must be the result's,
            ``out="same"`` where it must be the first operand's, ``out="truth"`` where bool or uint8.
        kind: the kind of the row.
        write: for the in-place form where no graph is recorded: takes the op's arguments and writes into the first one.
        overlapping, shared: see :class:`~flambeau._dispatch.rows.Row`.
        node: the name of its nodes in the graph, where it is not made from the op's.
    """

    def declare(body: _Function) -> _Function:
        name = body.__name__
        parameters = parameters_of(body)
        returns = str(body.__annotations__.get("return", ""))
        several = not outputs and (returns.startswith(("tuple", "list")))
        rule = _rule(
            name, parameters, derivatives, not_differentiable, outputs,
            single_output=not several, node=node, holomorphic=holomorphic,
        )  # fmt: skip
        shape = "several" if several else "first" if outputs else "single"
        function = _templates.primitive(name, body, parameters, rule, shape, outputs, is_view=kind == "view", out=out)
        row = Row(
            name,
            kind,
            function,
            body,
            parameters,
            kernel,
            "",
            rule,
            not_differentiable,
            (name,) if method else (),
            inplace,
            bool(out),
            write=write,
            overlapping=overlapping,
            shared=shared,
        )
        function.row = row  # type: ignore[attr-defined]
        return _finish(row)  # type: ignore[no-any-return]

    return declare


def view(
    *,
    derivatives: Mapping[str, Formula] | None = None,
    not_differentiable: str = "",
    method: bool = True,
    holomorphic: bool = True,
    node: str | None = None,
) -> Callable[[_Function], _Function]:
    """Declare a primitive whose result shares the memory of its first argument."""
    return primitive(
        derivatives=derivatives,
        not_differentiable=not_differentiable,
        method=method,
        kind="view",
        holomorphic=holomorphic,
        node=node,
    )


def fused(
    kernel: str,
    *,
    derivatives: Mapping[str, Formula] | None = None,
    not_differentiable: str = "",
    outputs: tuple[str, ...] = (),
    inplace: bool = False,
    out: bool | str = False,
    method: bool = True,
    node: str | None = None,
) -> Callable[[_Function], _Function]:
    """Declare a primitive whose body tries the optional ``kernel`` and otherwise composes other ops."""
    return primitive(
        derivatives=derivatives,
        not_differentiable=not_differentiable,
        kernel=kernel,
        outputs=outputs,
        inplace=inplace,
        out=out,
        method=method,
        kind="fused",
        node=node,
    )


def composite(
    *, method: bool = True, inplace: bool = False, out: bool | str = False, shared: Callable[..., Any] | None = None
) -> Callable[[_Function], _Function]:
    """Declare an op that is written with other ops; for ``shared`` see :class:`~flambeau._dispatch.rows.Row`."""

    def declare(body: _Function) -> _Function:
        name = body.__name__
        parameters = parameters_of(body)
        function = _templates.composite(name, body, parameters, out=out)
        row = Row(
            name,
            "composite",
            function,
            body,
            parameters,
            methods=(name,) if method else (),
            inplace=inplace,
            out=bool(out),
            shared=shared,
        )
        function.row = row  # type: ignore[attr-defined]
        return _finish(row)  # type: ignore[no-any-return]

    return declare


def alias(function: _Function, name: str) -> _Function:
    """Give an op a second name, as a method and as an in-place method too: ``multiply = alias(mul, "multiply")``."""
    row: Row = function.row  # type: ignore[attr-defined]
    row.aliases.append(name)
    attach(row, name)
    return function


def attach(row: Row, name: str | None = None) -> None:
    """Make an op a method, and its in-place form too, under its own name or an alias."""
    if row.methods:
        setattr(TensorMethods, name or row.name, row.function)
    if row.inplace:
        form = inplace_form(row, f"{name or row.name}_")
        setattr(TensorMethods, form.__name__, form)


def inplace_form(row: Row, name: str) -> Callable[..., Any]:
    """The in-place method of an op."""

    def form(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return _inplace.apply(row, self, args, kwargs)
        except TypeError as error:  # which names the op, or the function that writes
            called_as(name, error, row.name, getattr(row.write, "__qualname__", row.name))
            raise

    form.__name__ = name
    form.__qualname__ = f"Tensor.{name}"
    form.__wrapped__ = row.body  # type: ignore[attr-defined]  # whose signature it has
    form.__doc__ = f"In-place form of :func:`flambeau.{row.name}`: writes the result into this tensor and returns it."
    return form
