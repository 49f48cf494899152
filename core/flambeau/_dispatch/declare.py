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

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau._tensor.methods import TensorMethods
from flambeau._tensor.node import Rule
from flambeau.backend.table import COMPOSITIONS, OPTIONAL, REQUIRED

from . import inplace as _inplace
from . import templates as _templates
from .checks import no_zero_divisor, refuse_complex
from .domains import within
from .rows import ROWS, Row, is_own, key_of
from .rules import Formula, Parameter, make_rule, node_name, parameters_of
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
    _check_names(row)
    ROWS[row.key] = row
    function, body = row.function, row.body
    if function is not body:
        for attribute in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__"):
            setattr(function, attribute, getattr(body, attribute))
        function.__wrapped__ = body  # type: ignore[attr-defined]
    attach(row)
    return function


def _check_names(row: Row) -> None:
    """Refuse an op that would take the place of another, as itself or as a method."""
    if row.key in ROWS:
        raise TypeError(f"the op {row.key!r} is declared twice")
    if is_own(row.body):
        return
    methods = [row.name] * bool(row.methods) + [f"{row.name}_"] * row.inplace
    taken = [name for name in methods if hasattr(Tensor, name)]
    if taken:
        raise TypeError(
            f"the op {row.key!r} cannot be a method: Tensor has {' and '.join(map(repr, taken))} already; "
            "declare it without `method` and `inplace`, or give it another name"
        )


def _check_kernel(key: str, kernel: str) -> None:
    """Refuse a composition of a plugin's for a kernel that is not its own: it would compute what others ask for."""
    if kernel in COMPOSITIONS or kernel in REQUIRED or kernel in OPTIONAL:
        raise TypeError(f"{key}: the kernel {kernel!r} is not its own; `default` wants another `kernel`, or none")


def _forms(body: Callable[..., Any], method: bool | None, inplace: bool | None = None) -> tuple[bool, bool]:
    """Whether an op is a method and has an in-place form where that is not said: those of flambeau are and do.

    A plugin's op is a method only where it asks for that: its name might be another's.
    """
    own = is_own(body)
    asked = own if method is None else method
    return asked, (own or asked) if inplace is None else inplace


def _rule(
    body: Callable[..., Any],
    parameters: tuple[Parameter, ...],
    derivatives: Mapping[str, Formula] | None,
    not_differentiable: str,
    outputs: tuple[str, ...] = (),
    *,
    single_output: bool = True,
    node: str | None = None,
    holomorphic: bool = True,
) -> Rule | None:
    key = key_of(body)
    if bool(derivatives) == bool(not_differentiable):
        raise TypeError(f"{key}: give derivatives, or say in `not_differentiable` why there are none")
    if not derivatives:
        return None
    return make_rule(
        key,
        parameters,
        derivatives,
        outputs,
        single_output=single_output,
        name=node or node_name(body.__name__),
        holomorphic=holomorphic,
    )


def elementwise(
    *,
    promotion: str = SAME,
    kernel: str = "",
    derivatives: Mapping[str, Formula] | None = None,
    not_differentiable: str = "",
    inplace: bool | None = None,
    out: bool | str = True,
    method: bool | None = None,
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
        inplace, out, method: which further forms there are; ``out="boolean"`` if it must be bool. By default a plugin's
            op is no method and has no in-place form, which is one.
        check: raises for a dtype that the op does not take. It must depend on the dtype alone: it is asked once about each,
            here, and the dtypes that it takes need no check later.
        integer_check: raises for values of integer operands that the kernel does not take.
        operand_check: raises for a dtype that no operand may have; as ``check``.
        integers: from a tensor type that is not floating and arrays to an array, in the place of the kernel.
        domain: ``"any"``, ``"numbers"``, ``"floats"`` or ``"discrete"``: the dtypes for which ``check`` and conversion do
            nothing, and ``integers`` does not apply; less where a check refuses some of them.
        default: for an optional kernel, the composition in its place: from the tensor type and arrays to an array. The
            kernel of a plugin's op needs a name that no other has, and has one if ``kernel`` is empty.
        variant: for an op with an option (its last parameter, keyword-only), what is called with the operands and the
            option where that has not its default.
        complex: whether the kernel takes complex numbers, or what is called with complex operands instead.
        holomorphic: see :func:`~flambeau._dispatch.rules.make_rule`.
        node: the name of its nodes in the graph, where it is not made from the op's.
    """

    def declare(body: _Function) -> _Function:
        name = body.__name__
        parameters = parameters_of(body, strict=not is_own(body))
        key = key_of(body)
        is_method, is_inplace = _forms(body, method, inplace)
        rule = _rule(body, parameters, derivatives, not_differentiable, node=node, holomorphic=holomorphic)
        checked = promotion == FLOATING or check or integer_check or operand_check or integers
        reach = domain or ("floats" if checked else "any")
        if complex is not True:
            reach = _OF_REAL_NUMBERS.get(reach, reach)
        reach = _checked_domain(reach, parameters, check, operand_check)
        row_kernel = kernel or (name if default is None else key.replace(".", "_"))
        if default is not None and not is_own(body):
            _check_kernel(key, row_kernel)
        dunder, function = _templates.elementwise(
            name, key, parameters, row_kernel, promotion, rule, reach,
            divides=integer_check is no_zero_divisor and within("integers", [check] if check else []) == "integers",
            variant=variant, out=out,
        )  # fmt: skip
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
            (name,) if is_method else (),
            is_inplace,
            bool(out),
            check,
            integer_check,
            operand_check,
            integers,
            reach,
            complex=None if complex is True else complex or refuse_complex(key),
        )
        function.row = dunder.row = row  # type: ignore[attr-defined]
        function.operator = dunder  # type: ignore[attr-defined]
        finished: _Function = _finish(row)
        if default is not None:
            COMPOSITIONS[row_kernel] = default
        return finished

    return declare


def _checked_domain(
    domain: str,
    parameters: tuple[Parameter, ...],
    check: Callable[[Any], None] | None,
    operand_check: Callable[[Any], None] | None,
) -> str:
    """What is left of a domain where dtypes are refused; numbers beside tensors count as int64 for ``operand_check``."""
    numbers = len([parameter for parameter in parameters if parameter.is_tensor]) > 1 and operand_check is not None
    checks = [each for each in (check, operand_check) if each is not None]
    found = within(domain, checks)
    return within(found, [operand_check], [dtypes.int64]) if numbers and operand_check is not None else found


def primitive(
    *,
    derivatives: Mapping[str, Formula] | None = None,
    not_differentiable: str = "",
    kernel: str = "",
    outputs: tuple[str, ...] = (),
    inplace: bool = False,
    out: bool | str = False,
    method: bool | None = None,
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
        parameters = parameters_of(body, strict=not is_own(body))
        returns = str(body.__annotations__.get("return", ""))
        several = not outputs and (returns.startswith(("tuple", "list")))
        rule = _rule(
            body, parameters, derivatives, not_differentiable, outputs,
            single_output=not several, node=node, holomorphic=holomorphic,
        )  # fmt: skip
        shape = "several" if several else "first" if outputs else "single"
        function = _templates.primitive(
            name, key_of(body), body, parameters, rule, shape, outputs, is_view=kind == "view", out=out
        )
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
            (name,) if _forms(body, method)[0] else (),
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
    method: bool | None = None,
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
    method: bool | None = None,
    holomorphic: bool = True,
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
        holomorphic=holomorphic,
        node=node,
    )


def composite(
    *,
    method: bool | None = None,
    inplace: bool = False,
    out: bool | str = False,
    shared: Callable[..., Any] | None = None,
) -> Callable[[_Function], _Function]:
    """Declare an op that is written with other ops; for ``shared`` see :class:`~flambeau._dispatch.rows.Row`."""

    def declare(body: _Function) -> _Function:
        name = body.__name__
        parameters = parameters_of(body)
        function = _templates.composite(name, key_of(body), body, parameters, out=out)
        row = Row(
            name,
            "composite",
            function,
            body,
            parameters,
            methods=(name,) if _forms(body, method)[0] else (),
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
