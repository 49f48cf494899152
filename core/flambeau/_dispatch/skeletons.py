"""The texts of the functions that :mod:`.templates` generates, with gaps for what differs from op to op."""

from __future__ import annotations

__all__ = ["BINARY", "LINKED", "PRIMITIVE", "RECORD", "UNARY"]

_FINISHED = """
    result._array = array if array.__class__ is type_.array_class else type_.as_array(array)
    result._type = {result_type}
    result._storage = None
    result._node = None
    if inference:
        mark_inference(result)
{record}
    return result
"""

UNARY = (
    """
def {name}({signature}):
{prologue}
    try:
        type_ = input._plain_type
    except AttributeError:
{missing}        return slow({key!r}, input)
{unary_domain}    result = new(Tensor)
    array = type_.ufuncs.{kernel}(input._array)"""
    + _FINISHED
)

BINARY = (
    """
def {name}({signature}):
{prologue}
    try:
        type_ = input._plain_type
    except AttributeError:
{missing}        return slow({key!r}, input, {other})
    kind = {other}.__class__
    if {number}:
        array = input._array
        operand = type_.number({other})
        same = True
        node_{other} = None
    else:
        try:
            if {other}._plain_type is not type_{binary_domain}:
                return slow({key!r}, input, {other})
        except AttributeError:
    {missing}            return slow({key!r}, input, {other})
        array = input._array
        operand = {other}._array
        same = array.shape == operand.shape
        if not same:
            check_broadcast(array.shape, operand.shape)
        node_{other} = {other}._node
    result = new(Tensor)
    array = type_.ufuncs.{kernel}(array, operand)"""
    + _FINISHED
)

RECORD = """\
node_input = input._node
if {condition} and grad_enabled():
    node = new(Node)
    node._rule = RULE
    node._edges = {edges}
    node._fits = {fits}
    node._saved = {saved}
    if packing:
        pack(node)
    node._sequence = next_sequence()
    result._node = node
"""

PRIMITIVE = """
def {name}({signature}):
{prologue}{checks}
    result = body({call})
{view}{record}
    return result
"""


# What `link_view` does where it has little to do, without its calls: views are taken often, and cost little else.
LINKED = """recorded = grad_enabled()
if recorded and {first}._view is None:
    storage = {first}._storage
    if storage is None:
        storage = {first}._storage = Storage()
    result._storage = storage
    view = result._view = new(View)
    view.base, view.steps, view.differentiable, view.made_in = {first}, ((FUNCTION, ({arguments})),), True, ""
    views = storage._views
    if views is None:
        storage._views = [ref(result)]
    elif len(views) < storage._compact_at:
        views.append(ref(result))
    else:
        storage.add_view(result)
else:
    link_view(result, {first}, FUNCTION, ({arguments}), recorded)
"""
