"""The source of public ops: what runs between a call by the user and a kernel.

Each op's function is generated once, when it is first called, from the texts of :mod:`.skeletons`, so that its hot path
holds no loop over arguments, no look-up by name and no test of what is known about the op. The two element-wise texts are
the hot path of the library; they are longer than they would be if they were called less often. Everything they do not handle
(promotion, other numbers, errors) goes to :mod:`flambeau._dispatch.runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType
from typing import Any
from weakref import ref

from flambeau._tensor import Tensor
from flambeau._tensor.misuse import check_tensors
from flambeau._tensor.modes import grad_enabled, inference
from flambeau._tensor.node import Node, Rule, next_sequence
from flambeau._tensor.overrides import special_in
from flambeau._tensor.saved import pack, packing, save_output
from flambeau._tensor.storage import Storage, View, link_view, mark_inference, version_of
from flambeau.shapes import check_broadcast

from . import out as _out
from . import runtime as _runtime
from .domains import DOMAINS
from .rules import Parameter, compile_source, fits_of
from .skeletons import BINARY, LINKED, PRIMITIVE, RECORD, UNARY
from .sparse_forms import IMPLEMENTATIONS
from .sparse_forms import call as call_sparse
from .spelling import guards_of, respelled

__all__ = ["composite", "elementwise", "primitive"]

_RESPELLED = "return respelled(FUNCTION, locals())"

_TAKEN = """\
taken = taken_over(FUNCTION, ({args}), {kwargs})
if taken is not NotImplemented:
    return taken
"""
"""The question whether the class of an operand has something else to do, where there is an operand that is not plain."""

_OUT_FORMS: dict[bool | str, str] = {
    True: "with_out",
    "exact": "with_exact_out",
    "same": "with_out_of_same_dtype",
    "promoted": "with_promoted_out",
    "boolean": "with_boolean_out",
    "truth": "with_truth_out",
}


def _indented(source: str) -> str:
    """Lines of code as the body of a function."""
    return "".join([f"    {line}\n" if line else "\n" for line in source.splitlines()])


_NAMES: dict[str, Any] = {
    "Tensor": Tensor,
    "Node": Node,
    "new": object.__new__,
    "grad_enabled": grad_enabled,
    "next_sequence": next_sequence,
    "fits_of": fits_of,
    "version_of": version_of,
    "save_output": save_output,
    "packing": packing,
    "inference": inference,
    "mark_inference": mark_inference,
    "pack": pack,
    "check_broadcast": check_broadcast,
    "not_a_tensor": _runtime.not_a_tensor,
    "check_tensors": check_tensors,
    "with_out": _out.with_out,
    "with_exact_out": _out.with_exact_out,
    "with_out_of_same_dtype": _out.with_out_of_same_dtype,
    "with_boolean_out": _out.with_boolean_out,
    "with_promoted_out": _out.with_promoted_out,
    "with_truth_out": _out.with_truth_out,
    "scale": _runtime.scale,
    "one": 1,  # the default of alpha: any other, 1.0 too, is checked
    "respelled": respelled,
    "call_sparse": call_sparse,
    "taken_over": _runtime.taken_over,
    "ORDINARY": _runtime.ORDINARY,
    "special_in": special_in,
    "sparse_forms": IMPLEMENTATIONS,
}
"""What generated code refers to."""


def _names(extra: dict[str, Any]) -> dict[str, Any]:
    """The namespace of an op until it is first called, when :data:`_NAMES` come into it."""
    return {"__name__": "flambeau.ops"} | extra  # where warnings and tracebacks say they come from


def elementwise(
    name: str,
    key: str,
    parameters: Sequence[Parameter],
    kernel: str,
    promotion: str,
    rule: Rule | None,
    domain: str,
    *,
    divides: bool,
    variant: Callable[..., Any] | None,
    out: bool | str,
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The operator (tensors only, NotImplemented for strangers) and the public function of an element-wise op.

    ``key`` is what its row is kept under; ``divides`` says that integers may be divided by a number that is not 0.
    """
    unary = len([parameter for parameter in parameters if parameter.is_tensor]) == 1
    compiled = []
    for form, slow in (
        ("operator", _runtime.slow_operator), ("function", _runtime.slow_unary if unary else _runtime.slow_binary),
    ):  # fmt: skip
        namespace = _names({"RULE": rule, "slow": slow, "variant": variant})
        source = partial(
            _elementwise_source, form, name, key, parameters, kernel, promotion, rule, domain,
            divides=divides, varied=variant is not None, out=out,
        )  # fmt: skip
        filename = f"<op {key} operator>" if form == "operator" else f"<op {key}>"
        compiled.append(_compiled_at_first(name, filename, namespace, source))
    return compiled[0], compiled[1]


def _elementwise_source(
    form: str,
    name: str,
    key: str,
    parameters: Sequence[Parameter],
    kernel: str,
    promotion: str,
    rule: Rule | None,
    domain: str,
    *,
    divides: bool,
    varied: bool,
    out: bool | str,
) -> str:
    operands = [parameter for parameter in parameters if parameter.is_tensor]
    tensors = [parameter.name for parameter in operands]
    unary = len(tensors) == 1
    signature, prologue, missing = ", ".join(tensors), "", ""
    if form == "function":
        signature, prologue = _usual(name, key, parameters, tensors, promotion, varied=varied, out=out)
        missing = f"        if {' or '.join(f'{tensor} is ...' for tensor in tensors)}: {_RESPELLED}\n"
    return (UNARY if unary else BINARY).format(
        name=name,
        key=key,
        kernel=kernel,
        signature=signature,
        prologue=prologue,
        missing=missing,
        other=tensors[-1],
        unary_domain="" if domain == "any" else f"    if not type_.{domain}:\n        return slow({key!r}, input)\n",
        binary_domain="" if domain == "any" else f" or not type_.{domain}",
        number=_number_at_once(key, domain, tensors[-1], divides) if operands[-1].kind == "optional" else "False",
        result_type="type_.boolean" if promotion == "boolean" else "type_",
        record=_indented(_elementwise_record(rule, tensors)),
    )


def _number_at_once(key: str, domain: str, other: str, divides: bool) -> str:
    """The expression for whether the second operand is a number that a tensor of ``type_`` takes as one of its own elements."""
    inside = DOMAINS[domain]
    wide = " and not type_.halves" if key in _runtime.WIDE_WITH_NUMBERS else ""
    cases = []
    if DOMAINS["real_floats"] <= inside:
        real = "" if DOMAINS["floats"] <= inside else "real_"
        whole = "numbers" if DOMAINS["integers"] <= inside else "floats"
        cases += [f"kind is float and type_.{real}floats{wide}", f"kind is int and type_.{real}{whole}{wide}"]
    elif DOMAINS["integers"] <= inside:
        cases.append("kind is int and type_.integers")
    if divides:  # what is as wide as the elements may be 0 among them
        cases.append(f"kind is int and type_.integers and {other} and {other}.bit_length() < 8 * type_.dtype.itemsize")
    return " or ".join(cases) or "False"


def _usual(
    name: str,
    key: str,
    parameters: Sequence[Parameter],
    tensors: Sequence[str],
    promotion: str,
    *,
    varied: bool,
    out: bool | str,
) -> tuple[str, str]:
    """The signature of a public function, and what it does first: other spellings, an option, ``out=``."""
    guards = guards_of(key, parameters)
    options, prologue = [], _guard(guards)
    if any(parameter.name == "alpha" for parameter in parameters):
        options = ["alpha=1"]
        second = tensors[-1]
        prologue += f"    if alpha is not one and {second} is not ...:\n{_taken(tensors, ['alpha'], 2)}"
        prologue += f"        {second} = scale({name!r}, input, {second}, alpha)\n"
    elif varied:
        option = parameters[-1]
        options = [f"{option.name}={option.default!r}"]
        call = f"{', '.join(tensors)}, {option.name}"
        variant = f"variant({call})" + (f" if out is None else with_out(out, variant, {call})" if out else "")
        prologue += (
            f"    if {option.name} != {option.default!r} and {tensors[-1]} is not ...:\n"
            f"{_taken(tensors, [option.name, *(['out'] if out else [])], 2)}        return {variant}\n"
        )
    if out:
        options.append("out=None")
        form = _OUT_FORMS["same" if len(tensors) == 1 and promotion == "same" else out]
        prologue += (
            f"    if out is not None:\n{_taken(tensors, ['out'], 2)}"
            f"        return {form}(out, {name}, {', '.join(tensors)})\n"
        )
    entries = [*(f"{tensor}=..." for tensor in tensors), f"{guards[0]}=None", *options, *_others(guards)]
    return ", ".join(entries), prologue


def _elementwise_record(rule: Rule | None, tensors: Sequence[str]) -> str:
    if rule is None:
        return ""
    if len(tensors) == 1:
        return RECORD.format(
            condition="node_input is not None", edges="(node_input,)", fits="None", saved=_saved(rule, {}, ("input",))
        )
    other = tensors[1]
    versions = {other: f"-1 if kind is float or kind is int else version_of({other})"}
    return RECORD.format(
        condition=f"(node_input is not None or node_{other} is not None)",
        edges=f"(node_input, node_{other})",
        fits=f"None if same else fits_of(result, (input, {other}))",
        saved=_saved(rule, versions, tensors),
    )


def _saved(rule: Rule, versions: dict[str, str], tensors: Sequence[str], sequences: Sequence[str] = ()) -> str:
    """The expression for what a node saves: flat, every tensor followed by its version."""
    entries: list[str] = []
    for name in rule.save:
        if name in sequences:
            entries.append(f"[(tensor, version_of(tensor)) for tensor in {name}]")
        elif name in tensors:
            version = versions.get(name, f"0 if {name}._storage is None else {name}._storage.version")
            users = rule.users[name]
            if len(tensors) > 1 and len(users) == 1:  # not kept alive where the one gradient that needs it does not
                needed = f"node_{users[0]} is not None"
                entries += [f"{name} if {needed} else None", f"({version}) if {needed} else -1"]
            else:
                entries += [name, version]
        elif name == "result":
            users = rule.users[name]
            only = len(tensors) > 1 and len(users) == 1 and users[0] in tensors
            entries.append("save_output(result)" + f" if node_{users[0]} is not None else None" * only)
        elif name.startswith("result_"):
            entries.append(f"save_output(result[{name.removeprefix('result_')}])")
        elif name.endswith("_shape") and name.removesuffix("_shape") in tensors:
            entries.append(f"{name.removesuffix('_shape')}._array.shape")
        elif name.endswith("_shape") and name.removesuffix("_shape") in sequences:
            entries.append(f"[tensor._array.shape for tensor in {name.removesuffix('_shape')}]")
        elif name in rule.outputs:
            entries.append(f"save_output(result.{name})")
        else:
            entries.append(name)
    return f"({''.join(f'{entry}, ' for entry in entries)})"


def primitive(
    name: str,
    key: str,
    body: Callable[..., Any],
    parameters: Sequence[Parameter],
    rule: Rule | None,
    shape: str,
    outputs: Sequence[str],
    *,
    is_view: bool,
    out: bool | str,
) -> Callable[..., Any]:
    """The public function of an op whose body calls kernels.

    ``shape`` says what the body returns: ``"single"`` tensor, ``"first"`` differentiable one of a named tuple, or
    ``"several"`` differentiable ones.
    """
    namespace = _names({"RULE": rule, "body": body, "record_outputs": _runtime.record_outputs})
    if is_view:
        namespace |= {"link_view": link_view, "Storage": Storage, "View": View, "ref": ref}
    return _compiled_at_first(
        name,
        f"<op {key}>",
        namespace,
        partial(_primitive_source, name, key, parameters, rule, shape, namespace, is_view, out),
    )


def _primitive_source(
    name: str,
    key: str,
    parameters: Sequence[Parameter],
    rule: Rule | None,
    shape: str,
    namespace: dict[str, Any],
    is_view: bool,
    out: bool | str,
) -> str:
    signature, guard = _signature(name, key, parameters, namespace, out=bool(out))
    call = _call(parameters)
    prologue = guard
    if out:
        prologue += (
            f"    if out is not None:\n{_taken_call(parameters, 2, out=True)}"
            f"        return {_OUT_FORMS[out]}(out, {name}, {call})\n"
        )
    return PRIMITIVE.format(
        name=name,
        signature=signature,
        call=call,
        prologue=prologue,
        checks=_indented(_checks(name, key, parameters)),
        view=_indented(_view(parameters)) if is_view else "",
        record=_indented(_primitive_record(rule, parameters, shape)),
    )


def composite(
    name: str, key: str, body: Callable[..., Any], parameters: Sequence[Parameter], *, out: bool | str
) -> Callable[..., Any]:
    """The check and the ``out=`` form around an op that is written with other ops."""
    namespace = _names({"body": body})
    return _compiled_at_first(
        name, f"<op {key}>", namespace, partial(_composite_source, name, key, parameters, namespace, out)
    )


def _composite_source(
    name: str, key: str, parameters: Sequence[Parameter], namespace: dict[str, Any], out: bool | str
) -> str:
    signature, guard = _signature(name, key, parameters, namespace, out=bool(out))
    call = _call(parameters)
    prologue = ""
    if out:
        taken = _taken_call(parameters, 2, out=True)
        prologue = f"    if out is not None:\n{taken}        return {_OUT_FORMS[out]}(out, body, {call})\n"
    checks = "".join(
        f"    if not isinstance({parameter.name}, Tensor):\n"
        f"        if {parameter.name} is ...: {_RESPELLED}\n"
        f"{_taken_call(parameters, 2)}"
        f"        raise not_a_tensor({name!r}, {parameter.name!r}, {position}, {parameter.name})\n"
        f"    if {parameter.name}._special:\n"
        f"{_taken_call(parameters, 2)}"
        f"        if {parameter.name}._sparse and {key!r} in sparse_forms:\n"
        f"            return call_sparse({key!r}, {call})\n"
        for position, parameter in enumerate(parameters, 1)
        if parameter.kind == "tensor"
    )
    checks += "".join(
        f"    if special_in({parameter.name}):\n"
        f"{_taken_call(parameters, 2)}"
        f"        if any([getattr(t, '_sparse', False) for t in {parameter.name}]):\n"
        f"            return call_sparse({key!r}, {call})\n"
        for parameter in parameters
        if parameter.kind == "sequence"
    )
    checks += "".join(
        f"    if {parameter.name}.__class__ not in ORDINARY and getattr({parameter.name}, '_special', True):\n"
        f"{_taken_call(parameters, 2)}"
        for parameter in parameters
        if parameter.kind == "optional"
    )
    ending = f"    return body({call})\n"
    if any(parameter.kind == "optional" for parameter in parameters):
        keywords = ", ".join(f"{each.name!r}: {each.name}" for each in parameters if each.keyword_only)
        by_position = "".join(f"{each.name}, " for each in parameters if not each.keyword_only)
        ending = (
            f"    try:\n    {ending}    except AttributeError as error:\n"
            f"        check_tensors(error, Tensor, body, ({by_position}), {{{keywords}}})\n        raise\n"
        )
    return f"def {name}({signature}):\n{guard}{checks}{prologue}{ending}"


def _at_first(*args: Any, **kwargs: Any) -> Any:
    return compile_now()(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821 (a name of the op's own namespace)


def _compiled_at_first(
    name: str, filename: str, namespace: dict[str, Any], source: Callable[[], str]
) -> Callable[..., Any]:
    """A function that gets its code when it is first called: a program calls few ops, and imports all of them.

    The function stays the same object, which others have taken over by then; only its code is exchanged, so that no later
    call pays for it. What it is made of until then are as few objects as can be: the collector of garbage goes through them, and
    at the exit they are let go.
    """
    function = FunctionType(_at_first.__code__, namespace, name)
    namespace["compile_now"] = partial(_compile_now, function, name, filename, source)
    namespace["FUNCTION"] = function
    return function


def _compile_now(function: FunctionType, name: str, filename: str, source: Callable[[], str]) -> Callable[..., Any]:
    namespace, text = function.__globals__, source()
    namespace.update(_NAMES)
    compiled = compile_source(text, filename, namespace)[name]
    namespace[name] = function  # by which the code refers to itself
    function.__defaults__, function.__kwdefaults__ = compiled.__defaults__, compiled.__kwdefaults__
    function.__code__ = compiled.__code__
    return function


def _others(guards: Sequence[str]) -> list[str]:
    return [f"{other}=None" for other in guards[1:]]


def _guard(guards: Sequence[str], required: Sequence[str] = ()) -> str:
    """The line that leaves the usual path where a call is written otherwise, or lacks what no later line would miss."""
    tests = [f"{other} is not None" for other in guards] + [f"{name} is ..." for name in required]
    return f"    if {' or '.join(tests)}:\n        {_RESPELLED}\n" if tests else ""


def _signature(
    name: str, key: str, parameters: Sequence[Parameter], namespace: dict[str, Any], *, out: bool
) -> tuple[str, str]:
    """The parameters of a generated function, and the line that tells other calls from the usual one.

    A part of an op, whose name begins with an underscore, is called by flambeau alone, and as it is declared.
    """
    part = name.startswith("_")
    entries: dict[bool, list[str]] = {False: [], True: []}
    for parameter in parameters:
        default = "" if part else "=..."
        if not parameter.required:
            namespace[f"default_{parameter.name}"] = parameter.default
            default = f"=default_{parameter.name}"
        entries[parameter.keyword_only].append(f"{parameter.name}{default}")
    entries[True] += ["out=None"] * out
    if part:
        return ", ".join([*entries[False], *(["*"] if entries[True] else []), *entries[True]]), ""
    guards = guards_of(key, parameters)
    signature = ", ".join([*entries[False], f"{guards[0]}=None", *entries[True], *_others(guards)])
    required = [each.name for each in parameters if each.required and each.kind != "tensor"]
    return signature, _guard(guards, required)


def _call(parameters: Sequence[Parameter]) -> str:
    return ", ".join(
        f"{parameter.name}={parameter.name}" if parameter.keyword_only else parameter.name for parameter in parameters
    )


def _taken(positional: Sequence[str], keywords: Sequence[str], level: int) -> str:
    """The lines that ask whether the call is taken over, for a place in the code that is indented by ``level``."""
    args = "".join(f"{name}, " for name in positional)
    kwargs = f"{{{', '.join(f'{name!r}: {name}' for name in keywords)}}}"
    source = _TAKEN.format(args=args, kwargs=kwargs)
    return "".join([f"{'    ' * level}{line}" for line in source.splitlines(keepends=True)])


def _taken_call(parameters: Sequence[Parameter], level: int, *, out: bool = False) -> str:
    keywords = [parameter.name for parameter in parameters if parameter.keyword_only] + ["out"] * out
    return _taken([parameter.name for parameter in parameters if not parameter.keyword_only], keywords, level)


def _checks(name: str, key: str, parameters: Sequence[Parameter]) -> str:
    """Read the node of every tensor argument, which also shows that it is a strided tensor that no class has taken over."""
    lines: list[str] = []
    call = _call(parameters)
    taken = _taken_call(parameters, 1).splitlines()
    for position, parameter in enumerate(parameters, 1):
        if parameter.kind == "tensor":
            lines += [
                "try:",
                f"    node_{parameter.name} = {parameter.name}._plain_node",
                "except AttributeError:",
                *[f"    if {parameter.name} is ...: {_RESPELLED}"] * (name[0] != "_"),
                *taken,
                f"    if not getattr({parameter.name}, '_sparse', False):",
                f"        raise not_a_tensor({name!r}, {parameter.name!r}, {position}, {parameter.name}) from None",
                f"    return call_sparse({key!r}, {call})",
            ]
        elif parameter.kind == "optional":
            own = parameter.name
            lines += [
                f"node_{own} = getattr({own}, '_plain_node', None)",
                f"if node_{own} is None and getattr({own}, '_special', {own}.__class__ not in ORDINARY):",
                *taken,
                f"    if getattr({own}, '_sparse', False):",
                f"        return call_sparse({key!r}, {call})",
            ]
        elif parameter.kind == "sequence":
            lines += [
                f"{parameter.name} = tuple({parameter.name})",
                f"if special_in({parameter.name}):",
                *taken,
                f"    if any([getattr(tensor, '_sparse', False) for tensor in {parameter.name}]):",
                f"        return call_sparse({key!r}, {call})",
            ]
    return "\n".join(lines)


def _view(parameters: Sequence[Parameter]) -> str:
    first, *rest = [parameter.name for parameter in parameters]
    arguments = "".join(f"{name}, " for name in rest)
    return LINKED.format(first=first, arguments=arguments)


def _primitive_record(rule: Rule | None, parameters: Sequence[Parameter], shape: str) -> str:
    if rule is None:
        return ""
    tensors = [parameter.name for parameter in parameters if parameter.kind in ("tensor", "optional")]
    sequences = [parameter.name for parameter in parameters if parameter.kind == "sequence"]
    versions = {
        parameter.name: f"version_of({parameter.name})" for parameter in parameters if parameter.kind == "optional"
    }
    saved = _saved(
        rule, versions, tensors, sequences + [parameter.name for parameter in parameters if parameter.kind == "tensors"]
    )
    if sequences:
        (name,) = sequences
        operands, edges = name, f"tuple([tensor._node for tensor in {name}])"
        condition = f"any([tensor._node is not None for tensor in {name}])"
    else:
        operands = f"({''.join(f'{tensor}, ' for tensor in tensors)})"
        edges = f"({''.join(f'node_{tensor}, ' for tensor in tensors)})"
        condition = f"({' or '.join(f'node_{tensor} is not None' for tensor in tensors)})"
    lines = [f"if {condition} and grad_enabled():"]
    output = "result" if shape == "single" else "result[0]"
    if shape != "several":
        lines[0] = f"if {condition} and {output}._type.floats and grad_enabled():"
    lines += ["    node = new(Node)", "    node._rule = RULE", f"    node._edges = {edges}"]
    lines.append(f"    node._fits = fits_of({output}, {operands})" if shape != "several" else "    node._fits = None")
    lines += [f"    node._saved = {saved}", "    if packing:", "        pack(node)"]
    lines.append("    node._sequence = next_sequence()")
    lines.append("    record_outputs(node, result)" if shape == "several" else f"    {output}._node = node")
    return "\n".join(lines) + "\n"
