"""Ops and commands of plugins: their names, their checks, their kernels, and what is said where they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import flambeau as torch
from flambeau import Tensor, dtypes, extend
from flambeau._dispatch.domains import DOMAINS, within
from flambeau.ops import ROWS
from flambeau.promotion import Number
from installed import install, run_python

OPS = """
from flambeau import Tensor, extend
from flambeau.backend import hookimpl

@extend.composite()
def twice(input: Tensor) -> Tensor:
    return input * {factor}

@extend.elementwise(not_differentiable="it is a test", default=lambda type_, a: type_.kernels.mul(a, type_.number({factor})))
def relu(input: Tensor) -> Tensor: ...

@hookimpl
def flambeau_register_ops(context):
    context.register({namespace!r}, twice)
    context.register({namespace!r}, relu)
"""

HOOK = "from flambeau.backend import hookimpl\n\n@hookimpl\ndef {hook}(context):\n    {body}\n"


def test_plugins_may_call_their_ops_alike_and_as_those_of_flambeau(tmp_path: Path) -> None:
    for name, factor in (("mine", 2), ("other", 3)):
        install(tmp_path, name, OPS.format(factor=factor, namespace=name))
    program = """
import flambeau as torch
x = torch.tensor([-1.0, 1.0])  # before the ops are declared
print([f(x).tolist() for f in (torch.ops.mine.twice, torch.ops.other.twice, torch.ops.mine.relu, torch.ops.other.relu)])
print(torch.relu(x).tolist(), x.relu().tolist(), hasattr(x, "twice"), hasattr(x, "twice_"))
"""
    assert run_python(tmp_path, "-c", program) == (
        "[[-2.0, 2.0], [-3.0, 3.0], [-2.0, 2.0], [-3.0, 3.0]]\n[0.0, 1.0] [0.0, 1.0] False False\n"
    )


def declared(name: str, **options: Any) -> Any:
    def body(input: Tensor) -> Tensor:
        raise NotImplementedError

    return _declared(body, name, options)


def declared_of_two(name: str, **options: Any) -> Any:
    def body(input: Tensor, other: Tensor | Number) -> Tensor:
        raise NotImplementedError

    return _declared(body, name, options)


def _declared(body: Any, name: str, options: dict[str, Any]) -> Any:
    body.__name__ = name
    return extend.elementwise(not_differentiable="it is a test", **options)(body)


CHECKS = {
    "no_complex": (extend.no_complex("f"), {"complex64"}, "real_floats"),
    "integers": (extend.only(dtypes.INTEGRAL, "f"), {"float32", "float64", "complex64"}, "nothing"),
    "one": (lambda dtype: None if dtype is torch.float64 else 1 / 0, {"float32", "complex64"}, "nothing"),
}


@pytest.mark.parametrize("domain", ["", "any", "floats"])
@pytest.mark.parametrize("which", CHECKS)
def test_a_check_is_asked_about_every_dtype(which: str, domain: str) -> None:
    check, refused, left = CHECKS[which]
    op = declared(f"{which}_{domain}", kernel="neg", check=check, domain=domain)
    write = declared(f"{which}_{domain}_too", kernel="neg", check=check, domain=domain, method=True)
    method = getattr(Tensor, f"{write.__name__}_")
    try:
        assert op.row.domain == left or domain == "any"
        for dtype in (torch.float32, torch.float64, torch.complex64):
            for call in (op, method, lambda x: op(x, out=torch.empty_like(x))):
                x = torch.ones(2, dtype=dtype)
                if dtype.name in refused:
                    with pytest.raises((RuntimeError, NotImplementedError, ZeroDivisionError)):
                        call(x)
                    assert x.tolist() == [1, 1]
                else:
                    assert call(x).tolist() == [-1, -1]
    finally:
        delattr(torch._tensor.methods.TensorMethods, write.__name__)
        delattr(torch._tensor.methods.TensorMethods, f"{write.__name__}_")
        for each in (op, write):
            del ROWS[each.row.key]


@pytest.mark.parametrize(
    "annotation", ["Tensor | float", "float | Tensor", "Tensor | int | None", "Union[Tensor, float]", Tensor | float]
)
def test_tensors_arrive_beside_python_numbers(annotation: Any) -> None:
    def scaled_by(input: Tensor, other: Any) -> Tensor:
        return torch.mul(input.detach(), other.detach() if isinstance(other, Tensor) else other)

    scaled_by.__annotations__["other"] = annotation
    op = extend.primitive(
        derivatives={"input": lambda grad, other: grad * other, "other": lambda grad, input: grad * input}
    )(scaled_by)
    try:
        x, y = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
        found = torch.autograd.grad(op(x, y).sum(), (x, y))
        assert [grad.tolist() for grad in found if grad is not None] == [[3.0, 4.0], [1.0, 2.0]]
        (alone,) = torch.autograd.grad(op(x, 2.0).sum(), x)
        assert alone is not None
        assert alone.tolist() == [2.0, 2.0]
    finally:
        del ROWS[op.row.key]


@pytest.mark.parametrize("annotation", ["list[Tensor]", "Sequence[Tensor] | None", "dict[str, Tensor]", "Tensor | str"])
def test_annotations_that_stand_for_no_kind_are_refused(annotation: str) -> None:
    def body(input: Tensor, others: Any) -> Tensor:
        return input

    body.__annotations__["others"] = annotation
    with pytest.raises(TypeError, match=r"the parameter 'others' is annotated .* tensors arrive as"):
        extend.primitive(not_differentiable="it is a test")(body)


def test_an_operand_check_is_asked_about_numbers_too() -> None:
    op = declared_of_two("floating_only", kernel="add", operand_check=extend.only(dtypes.FLOATING, "f"))
    try:
        assert op(torch.ones(1), 2.0).tolist() == [3.0]
        with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
            op(torch.ones(1), 2)
    finally:
        del ROWS[op.row.key]


def test_domains() -> None:
    assert within("floats", []) == "floats"
    assert within("any", [extend.not_bool("f")]) == "numbers"
    assert all(within(name, []) == name for name in DOMAINS)
    with pytest.raises(ValueError, match="there is no domain 'half'"):
        within("half", [])


def test_what_would_take_anothers_place_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be a method: Tensor has 'relu' and 'relu_' already"):
        declared("relu", method=True)
    with pytest.raises(TypeError, match="the kernel 'exp' is not its own"):
        declared("mine", kernel="exp", default=lambda type_, a: a)
    assert not any("relu" in key and "." in key for key in ROWS)


REGISTERED = {
    "import json; context.register('mine', json)": "must be an op, a function declared with a decorator of flambeau.extend",
    "context.register('mine', print)": "must be an op",
    "context.register('mine', [])": "must be an op",
    "context.register(3, print)": "TypeError: a namespace of ops must be a str, not 3",
    "context.register('a.b', print)": "ValueError: a namespace of ops must be a name",
    "context.register('linalg', print)": "flambeau.ops.linalg is flambeau's own",
    "raise OSError('no licence')": "OSError: no licence",
}


@pytest.mark.parametrize(("body", "cause"), REGISTERED.items(), ids=list(REGISTERED))
def test_a_hook_of_ops_that_fails_is_seen_by_the_check(body: str, cause: str, tmp_path: Path) -> None:
    install(tmp_path, "bad", HOOK.format(hook="flambeau_register_ops", body=body))
    printed = run_python(tmp_path, "-m", "flambeau", "plugins", "--check", "numpy", code=1)
    assert "its hook flambeau_register_ops raised" in printed
    assert cause in printed


def test_a_command_that_gives_nothing_succeeded(tmp_path: Path) -> None:
    body = "context.add_parser('mine').set_defaults(run=lambda options: print('done'))"
    install(tmp_path, "good", HOOK.format(hook="flambeau_cli_commands", body=body))
    assert run_python(tmp_path, "-m", "flambeau", "mine") == "done\n"


OWN_KERNEL = """
from flambeau import Tensor, extend
from flambeau.backend import hookimpl

def make():
    from flambeau_numpy.backend import NumpyBackend
    class Own(NumpyBackend):
        name = device_type = "own"
        def own_kernels(self):
            return {**super().own_kernels(), "tripled": lambda a, out=None: a * 3}
    return Own()

@hookimpl
def flambeau_register_backends(context):
    context.register("own", device_type="own", api_version=1, factory=make)

@hookimpl
def flambeau_register_ops(context):
    @extend.elementwise(kernel="tripled", not_differentiable="it is a test")
    def triple(input: Tensor) -> Tensor: ...
    context.register("own", triple)
"""


@pytest.mark.parametrize("checked", ["0", "1"])
def test_the_kernel_of_an_op_may_be_the_backends_own(checked: str, tmp_path: Path) -> None:
    install(tmp_path, "own", OWN_KERNEL)
    program = """
import flambeau as torch
print(torch.ops.own.triple(torch.ones(2, device="own")).tolist())
try:
    torch.ops.own.triple(torch.ones(2))
except AttributeError as error:
    print(error)
"""
    printed = run_python(tmp_path, "-c", program, FLAMBEAU_CHECK_KERNELS=checked)
    assert printed.startswith("[3.0, 3.0]\nthe backend 'numpy' has no kernel called 'tripled'")
