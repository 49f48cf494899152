"""Derivative rules: from the formulas that stand beside an op to the function that the backward pass calls.

A formula is a small function, one per differentiable input. The names of its parameters say what the forward pass
must save: ``grad`` is the gradient of the output (a list for several outputs; ``given`` is that list with None in the place
of gradients that did not arrive, not zeros), ``result`` the output, ``result_0`` the first of several, the name of an
output field or of a parameter of the op its value, and ``input_shape`` the shape of ``input`` (which keeps no memory
alive). Formulas are written with public ops, so that they can be
differentiated again. This module generates, once per op and at import, the code that saves and the code that unpacks,
checks and calls: nothing is looked up by name while a program runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flambeau._tensor import Tensor, from_array
from flambeau._tensor.node import Node, Rule
from flambeau._tensor.saved import POSITION, check_all, check_version, freed_error, offer, output_edge, restore_output

__all__ = [
    "REQUIRED",
    "Parameter",
    "argument_names",
    "unwrapped",
    "compile_source",
    "fits_of",
    "make_rule",
    "parameters_of",
    "unchanged",
]

Formula = Callable[..., Any]

REQUIRED: Any = object()
"""Stands for the default of a parameter that has none."""


class Parameter(NamedTuple):
    """A parameter of an op, as its annotation declares it.

    Attributes:
        name: its name.
        kind: ``"tensor"``, ``"optional"`` (a tensor, or a number, or None), ``"sequence"`` of tensors,
            ``"tensors"`` (several that have no derivative, as index tensors), or ``"value"``.
        keyword_only: whether it can only be given by keyword.
        default: its default, or :data:`REQUIRED`.
    """

    name: str
    kind: str
    keyword_only: bool
    default: Any

    @property
    def is_tensor(self) -> bool:
        """Whether tensors arrive through it."""
        return self.kind not in ("value", "tensors")

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED


_KINDS = {
    "Tensor": "tensor",
    "Tensor | Number": "optional",
    "Number | Tensor": "optional",
    "Tensor | None": "optional",
    "Optional[Tensor]": "optional",
    "Tensor | Number | None": "optional",
    "Sequence[Tensor]": "sequence",
    "tuple[Tensor, ...]": "tensors",
}


_SAVED_AS = {"tensors": "sequence"}
"""The kinds of parameters that are saved as another kind is."""


def parameters_of(function: Callable[..., Any], *, strict: bool = False) -> tuple[Parameter, ...]:
    """The parameters of an op; ``strict`` where a tensor that no kind stands for would be taken for a plain value.

    Raises:
        TypeError: there is one.
    """
    code, kinds = function.__code__, function.__annotations__
    positional, names = code.co_argcount, argument_names(function)
    defaults = dict(zip(reversed(names[:positional]), reversed(function.__defaults__ or ()), strict=False))
    if function.__kwdefaults__:
        defaults |= function.__kwdefaults__
    return tuple([  # of a list: a generator would take a tenth longer
        Parameter(name, _kind_of(name, kinds.get(name), strict), place >= positional, defaults.get(name, REQUIRED))
        for place, name in enumerate(names)
    ])  # fmt: skip


_BESIDE_TENSORS = frozenset(
    ("Tensor", "Union", "Optional", "None", "NoneType", "Number", "float", "int", "complex", "bool")
)
"""What may stand in the annotation of a parameter that is a tensor, a number or None."""


def _kind_of(name: str, annotation: Any, strict: bool) -> str:
    """The kind of a parameter; its annotation is text, as in flambeau itself, or what a plugin's text stands for."""
    if not isinstance(annotation, str):
        annotation = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    if "Tensor" not in annotation:
        return "value"
    if "." in annotation:  # of a module: torch.Tensor, typing.Optional[...]
        annotation = re.sub(r"\w+\.", "", annotation)
    if not strict or annotation in _KINDS:
        return _KINDS.get(annotation, "value")
    words = re.findall(r"\w+", annotation)
    if "Tensor" not in words:
        return "value"
    if _BESIDE_TENSORS.issuperset(words):
        return "optional"
    raise TypeError(
        f"the parameter {name!r} is annotated {annotation!r}: tensors arrive as {', '.join(map(repr, _KINDS))}, or beside float, "
        "int, complex, bool or None"
    )


def unwrapped(function: Any) -> Callable[..., Any]:
    """What ``inspect.unwrap`` gives; the module would take a tenth of the import."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    found: Callable[..., Any] = function
    return found


def argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's parameters, read from its code: ``inspect.signature`` would take a tenth of the import."""
    code = unwrapped(function).__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def unchanged(grad: Any) -> Any:
    """The formula of an input whose gradient is that of the output."""
    return grad


def node_name(op: str) -> str:
    """The name of an op's nodes: ``log_softmax`` gives ``LogSoftmaxBackward0``, as PyTorch writes it."""
    return "".join(part.capitalize() for part in op.split("_")) + "Backward0"


def make_rule(
    op: str,
    parameters: tuple[Parameter, ...],
    formulas: Mapping[str, Formula],
    outputs: tuple[str, ...],
    *,
    single_output: bool,
    name: str | None = None,
    holomorphic: bool = True,
) -> Rule:
    """Compile the formulas of an op.

    ``holomorphic`` says that the formulas are those of calculus, as they are written for real numbers, and linear in the
    gradient. PyTorch's gradient is the conjugate of the derivative: for a complex result, such a formula F stands for
    conj(F(conj(grad))). Other formulas are written for complex numbers, and are taken as they are.

    Raises:
        TypeError: a formula is for something that is no tensor parameter, or wants something that does not exist.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    tensors = [parameter for parameter in parameters if parameter.is_tensor]
    known = {"grad", "given", "result", *by_name, *outputs, *[f"{entry.name}_shape" for entry in tensors]}
    users: dict[str, list[str]] = {}
    for target, formula in formulas.items():
        if target not in by_name or not by_name[target].is_tensor:
            raise TypeError(f"{op}: there is a derivative for {target!r}, which is not a tensor parameter")
        for wanted in argument_names(formula):
            if wanted not in known and (single_output or not POSITION.fullmatch(wanted)):
                raise TypeError(f"{op}: the derivative for {target!r} wants {wanted!r}, which does not exist")
            if wanted not in ("grad", "given"):
                users.setdefault(wanted, []).append(target)

    kinds = tuple(
        _SAVED_AS.get(by_name[wanted].kind, by_name[wanted].kind)
        if wanted in by_name
        else "value"
        if wanted.endswith("_shape")
        else "output"
        for wanted in users
    )

    for wanted in users:
        offer(wanted)

    first = _First(op, tensors, formulas, holomorphic)
    first.rule = Rule(
        name or node_name(op), first, single_output=single_output, users=users, kinds=kinds, outputs=outputs
    )
    return first.rule


class _First:
    """The ``apply`` of a rule until it is first called: most programs go backward through few ops, and all import all.

    Attributes:
        rule: the rule, which gets what is compiled.
    """

    __slots__ = ("_formulas", "_holomorphic", "_op", "_tensors", "rule")

    rule: Rule

    def __init__(
        self, op: str, tensors: Sequence[Parameter], formulas: Mapping[str, Formula], holomorphic: bool
    ) -> None:
        self._op, self._tensors, self._formulas, self._holomorphic = op, tensors, formulas, holomorphic

    def compile_now(self) -> None:
        """Give the rule its code."""
        rule = self.rule
        slots = dict(zip(rule.save, rule.kinds, strict=True))
        source = _apply_source(
            slots, self._tensors, self._formulas, single_output=rule.single_output, holomorphic=self._holomorphic
        )
        rule.apply = compile_source(source, f"<derivative of {self._op}>", _names(self._formulas))["apply"]

    def __call__(self, node: Node, grad: Any) -> Sequence[Tensor | None]:
        self.compile_now()
        return self.rule.apply(node, grad)


def _names(formulas: Mapping[str, Formula]) -> dict[str, Any]:
    """What the generated code refers to."""
    return {f"formula_{target}": formula for target, formula in formulas.items()} | {
        "fit": fit,
        "freed": freed_error,
        "check": check_version,
        "check_all": check_all,
        "restore": restore_output,
        "edge_of": output_edge,
        "materialize": _materialize,
        "conjugate": _conjugate,
    }


_CONJUGATE = {
    True: (
        "    try:",
        "        conjugated = grad._type.complex",
        "    except AttributeError:",
        "        conjugated = grad.is_complex()",
        "    if conjugated:",
        "        grad = conjugate(grad)",
    ),
    False: (
        "    try:",
        "        conjugated = any([g._type.complex for g in grad])",
        "    except AttributeError:",
        "        conjugated = any([g.is_complex() for g in grad])",
        "    if conjugated:",
        "        grad = [conjugate(g) for g in grad]",
    ),
}
"""What precedes formulas of calculus, by whether there is one output."""


def _apply_source(
    saved: Mapping[str, str],
    tensors: Sequence[Parameter],
    formulas: Mapping[str, Formula],
    *,
    single_output: bool,
    holomorphic: bool,
) -> str:
    slots: list[str] = []
    checks: list[str] = []
    for name, kind in saved.items():
        if kind in ("tensor", "optional"):
            slots += [name, f"{name}_version"]
            checks.append(
                f"    if {name}_version > 0 or {name}_version == 0 and {name}._storage is not None:\n"
                f"        check({name}, {name}_version)"
            )
        else:
            slots.append(name)
            if kind == "sequence":
                checks.append(f"    {name} = check_all({name})")
            elif kind == "output":
                checks.append(
                    f"    if {name} is not None:\n        {name} = restore(node, {name}, edge_of(node, {name!r}))"
                )
    lines = [
        "def apply(node, grad):",
        *([] if single_output else [_given_of(formulas, holomorphic=holomorphic)]),
        *(_CONJUGATE[single_output] if holomorphic else ()),
        "    saved = node._saved",
        "    if saved is None:",
        "        raise freed()",
    ]
    if slots:
        lines.append(f"    ({', '.join(slots)},) = saved")
    lines += checks
    lines.append("    edges = node._edges")
    if any(parameter.kind == "sequence" for parameter in tensors):
        (parameter,) = tensors  # an op on a sequence of tensors has no other tensor operand
        formula = formulas[parameter.name]
        lines.append(f"    grads = formula_{parameter.name}({_call(formula)})")
    else:
        for position, parameter in enumerate(tensors):
            call = "None"
            if parameter.name in formulas:
                formula = formulas[parameter.name]
                gradient = "grad" if formula is unchanged else f"formula_{parameter.name}({_call(formula)})"
                call = f"None if edges[{position}] is None else {gradient}"
            lines.append(f"    g{position} = {call}")
        lines.append(f"    grads = ({''.join(f'g{position}, ' for position in range(len(tensors)))})")
    lines += [
        "    fits = node._fits",
        "    if fits is not None:",
        "        grads = [g if f is None or g is None else fit(g, f) for g, f in zip(grads, fits)]",
        *(("    if conjugated:", "        grads = [conjugate(g) for g in grads]") if holomorphic else ()),
        "    return grads",
    ]
    return "\n".join(lines) + "\n"


def _given_of(formulas: Mapping[str, Formula], *, holomorphic: bool) -> str:
    """The line that keeps what has arrived, and fills it up with zeros unless no formula looks at them."""
    asked = holomorphic or any("grad" in argument_names(formula) for formula in formulas.values())
    return "    given, grad = grad, materialize(grad, node)" if asked else "    given = grad"


def _call(formula: Formula) -> str:
    return ", ".join(argument_names(formula))


def compile_source(source: str, filename: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run generated source in ``namespace``; tracebacks and debuggers can show its lines."""
    import linecache  # which imports tokenize, for a hundredth of the package's import

    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)
    return namespace


# -- what the generated code calls ---------------------------------------------------------------


def fits_of(result: Tensor, operands: Sequence[Any]) -> tuple[Any, ...] | None:
    """Per operand, the shape and type its gradient must be brought to where they differ from the result's."""
    shape, type_ = result._array.shape, result._type
    fits: list[Any] = []
    for operand in operands:
        try:
            same = operand._type is type_ and operand._array.shape == shape
            fits.append(None if same else (operand._array.shape, operand._type))
        except AttributeError:
            fits.append(None)
    return tuple(fits) if any(fits) else None


def fit(grad: Tensor, target: tuple[tuple[int, ...], Any]) -> Tensor:
    """``grad`` summed to a shape that it was broadcast from, and converted to the operand's dtype."""
    shape, type_ = target
    if grad._sparse:
        if grad.shape == shape:
            return grad.to(type_.dtype)
        grad = grad.to_dense()
    if grad._array.shape != shape:
        grad = grad.sum_to_size(shape)
    return grad if grad._type is type_ else grad._to_type(type_)


def _materialize(grads: Sequence[Tensor | None], node: Node) -> list[Tensor]:
    """Zeros in the place of gradients that did not arrive."""
    return [
        grad if grad is not None else from_array(type_.kernels.full(shape, 0, type_.dtype.name), type_)
        for grad, (shape, type_) in zip(grads, node._outputs, strict=True)
    ]


def _conjugate(grad: Tensor | None) -> Tensor | None:
    """The conjugate of a complex gradient; others as they are."""
    return grad.conj() if grad is not None and grad.is_complex() else grad
