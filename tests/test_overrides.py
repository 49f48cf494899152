"""``__torch_function__``: what classes of tensors, and of things that are no tensors, get to see and give, beside PyTorch's."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau


def _logging(t: Any, log: list[str]) -> Any:
    class Logged(t.Tensor):  # type: ignore[misc]
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            log.append(func.__name__)
            return super().__torch_function__(func, types, args, kwargs or {})

    return Logged


def _kind(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_kind(entry) for entry in value]
    return type(value).__name__


Call = Callable[[Any, Any, Any], Any]
"""Of the namespace, a tensor of the class that writes down what it sees, and a plain one; both are 3 ones."""

CALLS: dict[str, Call] = {
    # functions
    "add": lambda t, x, p: t.add(p, x),
    "add of a number": lambda t, x, p: t.add(x, 1),
    "add with alpha": lambda t, x, p: t.add(p, x, alpha=2),
    "add with out": lambda t, x, p: t.add(p, p, out=x),
    "div with a mode": lambda t, x, p: t.div(p, x, rounding_mode="floor"),
    "exp": lambda t, x, p: t.exp(x),
    "sum by keyword": lambda t, x, p: t.sum(input=x, dim=0),
    "sum along an axis": lambda t, x, p: t.sum(x, axis=0),
    "max": lambda t, x, p: t.max(x, 0),
    "var_mean": lambda t, x, p: t.var_mean(x),
    "cat": lambda t, x, p: t.cat([p, x]),
    "stack": lambda t, x, p: t.stack((x, p)),
    "split": lambda t, x, p: t.split(x, 1),
    "chunk": lambda t, x, p: t.chunk(x, 2),
    "where": lambda t, x, p: t.where(p > 0, p, x),
    "clamp": lambda t, x, p: t.clamp(p, x, x),
    "einsum": lambda t, x, p: t.einsum("i,i", p, x),
    "meshgrid": lambda t, x, p: t.meshgrid(p, x, indexing="ij"),
    "broadcast_tensors": lambda t, x, p: t.broadcast_tensors(p, x),
    "tensordot": lambda t, x, p: t.tensordot(x, p, 1),
    "block_diag": lambda t, x, p: t.block_diag(x, p),
    "atleast_2d": lambda t, x, p: t.atleast_2d(x),
    "zeros_like": lambda t, x, p: t.zeros_like(x),
    "full_like": lambda t, x, p: t.full_like(x, 2.0),
    "rand_like": lambda t, x, p: t.rand_like(x),
    "numel": lambda t, x, p: t.numel(x),
    "is_floating_point": lambda t, x, p: t.is_floating_point(x),
    "is_tensor": lambda t, x, p: t.is_tensor(x),
    "real": lambda t, x, p: t.real(x),
    "detach": lambda t, x, p: t.detach(x),
    "allclose": lambda t, x, p: t.allclose(x, p),
    "sort": lambda t, x, p: t.sort(x)[0],
    "unique": lambda t, x, p: t.unique(x),
    "gather": lambda t, x, p: t.gather(p, 0, x.long()[:1]),
    "bernoulli": lambda t, x, p: t.bernoulli(x),
    # functions for layers
    "relu": lambda t, x, p: t.nn.functional.relu(x),
    "relu in place": lambda t, x, p: t.nn.functional.relu(x, inplace=True),
    "softmax": lambda t, x, p: t.nn.functional.softmax(x, dim=0),
    "dropout": lambda t, x, p: t.nn.functional.dropout(x, 0.5, False),
    "linear": lambda t, x, p: t.nn.functional.linear(x, t.nn.Parameter(t.ones(2, 3))),
    "linear with bias": lambda t, x, p: t.nn.functional.linear(p[None], t.ones(3, 3), x),
    "a layer": lambda t, x, p: t.nn.Linear(3, 2)(x),
    "mse_loss": lambda t, x, p: t.nn.functional.mse_loss(p, x),
    "cross_entropy": lambda t, x, p: t.nn.functional.cross_entropy(x, p),
    "embedding": lambda t, x, p: t.nn.functional.embedding(x.long(), t.ones(4, 2)),
    "pad": lambda t, x, p: t.nn.functional.pad(x, (1, 1)),
    "one_hot": lambda t, x, p: t.nn.functional.one_hot(x.long()),
    "normalize": lambda t, x, p: t.nn.functional.normalize(x, dim=0),
    "gelu": lambda t, x, p: t.nn.functional.gelu(x),
    # operators
    "+": lambda t, x, p: x + 1,
    "+ from the right": lambda t, x, p: p + x,
    "number +": lambda t, x, p: 1 + x,
    "number -": lambda t, x, p: 1 - x,
    "number /": lambda t, x, p: 1 / x,
    "number **": lambda t, x, p: 2**x,
    "number %": lambda t, x, p: 5 % x,
    "@": lambda t, x, p: x @ p,
    "@ from the right": lambda t, x, p: p @ x,
    "negative": lambda t, x, p: -x,
    "abs": lambda t, x, p: abs(x),
    "invert": lambda t, x, p: ~x.bool(),
    "<": lambda t, x, p: x < p,
    "> from the right": lambda t, x, p: p > x,
    "compared with None": lambda t, x, p: x != None,  # noqa: E711
    "+=": lambda t, x, p: operator.iadd(x, 1),
    "+= into a plain tensor": lambda t, x, p: operator.iadd(p, x),
    # methods
    "sum": lambda t, x, p: x.sum(0),
    "view": lambda t, x, p: x.view(3, 1),
    "expand": lambda t, x, p: x.expand(2, 3),
    "unbind": lambda t, x, p: x.unbind(),
    "topk": lambda t, x, p: x.topk(2)[0],
    "to": lambda t, x, p: x.to(t.float64),
    "double": lambda t, x, p: x.double(),
    "clone": lambda t, x, p: x.clone(),
    "new_zeros": lambda t, x, p: x.new_zeros(2),
    "add_": lambda t, x, p: x.add_(p),
    "mul_ of a plain tensor": lambda t, x, p: p.mul_(x),
    "zero_": lambda t, x, p: x.zero_(),
    "copy_": lambda t, x, p: p.copy_(x),
    "item": lambda t, x, p: x.sum().item(),
    "numpy": lambda t, x, p: type(x.numpy()).__name__,
    "tolist": lambda t, x, p: x.tolist(),
    "size": lambda t, x, p: x.size(),
    "type": lambda t, x, p: x.type(),
    "backward": lambda t, x, p: (x.clone().requires_grad_() * 2).sum().backward(),
    # properties
    "shape": lambda t, x, p: x.shape,
    "grad": lambda t, x, p: x.grad,
    "set grad": lambda t, x, p: setattr(x, "grad", None),
    "requires_grad": lambda t, x, p: setattr(x, "requires_grad", True),
    "data": lambda t, x, p: x.data,
    "device": lambda t, x, p: str(x.device),
    # Python's protocols
    "x[0]": lambda t, x, p: x[0],
    "x[mask]": lambda t, x, p: x[x > 0],
    "p[x]": lambda t, x, p: p[x.long() - 1],
    "x[0] = 1": lambda t, x, p: operator.setitem(x, 0, 1),
    "p[0] = x[0]": lambda t, x, p: operator.setitem(p, 0, x[0]),
    "len": lambda t, x, p: len(x),
    "bool": lambda t, x, p: bool(x.sum()),
    "float": lambda t, x, p: float(x.sum()),
    "in": lambda t, x, p: 1 in x,
    "repr": lambda t, x, p: repr(x),
    "hash": lambda t, x, p: isinstance(hash(x), int),
}


def _seen(t: Any, call: Call) -> Any:
    log: list[str] = []
    x, p = t.ones(3).as_subclass(_logging(t, log)), t.ones(3)
    result = call(t, x, p)
    return list(log), _kind(result)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_a_class_sees_and_gives_what_pytorchs_does(torch: ModuleType, name: str) -> None:
    assert _seen(flambeau, CALLS[name]) == _seen(torch, CALLS[name])


@pytest.mark.oracle
def test_arguments_are_those_of_the_call(torch: ModuleType) -> None:
    def arguments(t: Any) -> Any:
        seen: list[Any] = []

        class Kept(t.Tensor):  # type: ignore[misc]
            @classmethod
            def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                seen.append((len(args), sorted(kwargs or {}), [kind.__name__ for kind in types]))
                return super().__torch_function__(func, types, args, kwargs)

        x, p = t.ones(2, 2).as_subclass(Kept), t.ones(2, 2)
        x.sum(1, keepdim=True), x.sum(dim=1), x.view(4), x.reshape(4, 1), t.add(p, x, alpha=3), t.mul(x, 2), t.sum(x, 0)
        (
            t.clamp(x, 0),
            t.matmul(p, x),
            t.exp(x, out=p),
            x.mean((0, 1), dtype=t.float64),
            t.cat([x, p], 1),
            t.softmax(x, 0),
        )
        x.requires_grad = False
        return seen

    assert arguments(flambeau) == arguments(torch)


# -- classes that are not tensors' ---------------------------------------------------------------------------------------


def _stranger(t: Any) -> Any:
    class Stranger:
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return func.__name__, [kind.__name__ for kind in types]

    return Stranger()


STRANGERS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda t, s: t.add(s, 1),
    "add to a tensor": lambda t, s: t.add(t.ones(1), s),
    "method": lambda t, s: t.ones(1).add(s),
    "in place": lambda t, s: t.ones(1).add_(s),
    "+": lambda t, s: t.ones(1) + s,
    "@": lambda t, s: t.ones(1) @ s,
    "sum": lambda t, s: t.sum(s),
    "mean by keyword": lambda t, s: t.mean(input=s),
    "cat": lambda t, s: t.cat([t.ones(1), s]),
    "stack": lambda t, s: t.stack([s]),
    "where": lambda t, s: t.where(t.ones(1) > 0, s, t.ones(1)),
    "bias": lambda t, s: t.nn.functional.linear(t.ones(1, 1), t.ones(1, 1), s),
    "relu": lambda t, s: t.relu(s),
    "softmax": lambda t, s: t.nn.functional.softmax(s, 0),
    "dropout": lambda t, s: t.nn.functional.dropout(s),
    "einsum": lambda t, s: t.einsum("i", s),
    "reshape": lambda t, s: t.reshape(s, (1,)),
    "out": lambda t, s: t.exp(t.ones(1), out=s),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_no_tensor_takes_part(torch: ModuleType, name: str) -> None:
    assert STRANGERS[name](flambeau, _stranger(flambeau)) == STRANGERS[name](torch, _stranger(torch))


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        kind = next(base for base in type(error).__mro__ if base.__module__ == "builtins")
        return kind.__name__, str(error).partition("\n")[0]


def _marked() -> Any:
    return flambeau.ones(2).as_subclass(_logging(flambeau, []))


FOREIGN: dict[str, Callable[[ModuleType], Any]] = {
    "+": lambda torch: flambeau.ones(2) + torch.ones(2),
    "+ from the right": lambda torch: torch.ones(2) + flambeau.ones(2),
    "@": lambda torch: flambeau.ones(2) @ torch.ones(2),
    "add": lambda torch: flambeau.add(flambeau.ones(2), torch.ones(2)),
    "add_": lambda torch: flambeau.ones(2).add_(torch.ones(2)),
    "sum": lambda torch: flambeau.sum(torch.ones(2)),
    "cat": lambda torch: flambeau.cat([flambeau.ones(2), torch.ones(2)]),
    "relu": lambda torch: flambeau.nn.functional.relu(torch.ones(2)),
    "einsum": lambda torch: flambeau.einsum("i", torch.ones(2)),
    "PyTorch's sum": lambda torch: torch.sum(flambeau.ones(2)),
    "PyTorch's sum of a parameter": lambda torch: torch.sum(flambeau.nn.Parameter(flambeau.ones(2))),
    "PyTorch's sum of a subclass": lambda torch: torch.sum(_marked()),
    "PyTorch's relu": lambda torch: torch.nn.functional.relu(flambeau.ones(2)),
    "subclass + ": lambda torch: _marked() + torch.ones(2),
    "+ subclass": lambda torch: torch.ones(2) + _marked(),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", FOREIGN)
def test_tensors_of_another_library_are_refused(torch: ModuleType, name: str) -> None:
    with pytest.raises(TypeError):
        FOREIGN[name](torch)


def _failing(t: Any) -> Any:
    class Unable(t.Tensor):  # type: ignore[misc]
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return NotImplemented

    x, p = t.ones(1).as_subclass(Unable), t.ones(1)
    return [
        _outcome(call)
        for call in (
            lambda: t.add(x, p), lambda: x.sum(), lambda: x.shape, lambda: x + 1, lambda: p.add_(x), lambda: t.cat([x]),
            lambda: x.requires_grad_(), lambda: setattr(x, "grad", None), lambda: x[0],
        )
    ]  # fmt: skip


@pytest.mark.oracle
def test_a_class_that_can_do_nothing_is_an_error(torch: ModuleType) -> None:
    assert _failing(flambeau) == _failing(torch)


def _order(t: Any) -> Any:
    asked: list[str] = []

    class Base(t.Tensor):  # type: ignore[misc]
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            asked.append(f"{cls.__name__} of {len(types)}")
            return NotImplemented if cls.__name__ != "Other" else 7

    class Derived(Base):
        pass

    class Other(Base):
        pass

    b, d, o = (t.ones(1).as_subclass(kind) for kind in (Base, Derived, Other))
    return t.cat([b, o, d, b]), asked, t.add(b, o), asked


@pytest.mark.oracle
def test_subclasses_are_asked_before_their_bases(torch: ModuleType) -> None:
    assert _order(flambeau) == _order(torch)


def _switched_off(t: Any) -> Any:
    log: list[str] = []
    x = t.ones(3).as_subclass(_logging(t, log))

    class Silent(t.Tensor):  # type: ignore[misc]
        __torch_function__ = t._C._disabled_torch_function_impl

    class Again(type(x)):  # type: ignore[misc]
        __torch_function__ = t._C._disabled_torch_function_impl

    class Weight(t.nn.Parameter):  # type: ignore[misc]
        pass

    with t._C.DisableTorchFunctionSubclass():
        inside = _kind([x + 1, x.sum(), t.cat([x]), x.shape, x.exp_()])
    outside = _kind(x + 1)
    plain = [t.ones(1).as_subclass(Silent), t.ones(1).as_subclass(Again), Weight(t.ones(1)), t.nn.Parameter(t.ones(1))]
    return inside, outside, log, [_kind([y * 2, y.detach(), y.sum(), y.view(1, 1)]) for y in plain]


@pytest.mark.oracle
def test_where_it_is_switched_off_results_are_plain(torch: ModuleType) -> None:
    assert _switched_off(flambeau) == _switched_off(torch)


def _gradients(t: Any) -> Any:
    log: list[str] = []
    kind = _logging(t, log)
    weight = t.nn.Parameter(t.ones(3))
    x = t.arange(3.0).as_subclass(kind)
    loss = (weight * x).pow(2).sum().as_subclass(t.Tensor)
    log.clear()
    loss.backward()
    (grad,) = t.autograd.grad((weight * x.as_subclass(t.Tensor)).sum(), weight)
    return _kind(weight.grad), weight.grad.tolist(), _kind(grad), log


@pytest.mark.oracle
def test_a_backward_pass_gives_plain_gradients(torch: ModuleType) -> None:
    assert _gradients(flambeau) == _gradients(torch)


def _parameters(t: Any) -> Any:
    kind = _logging(t, [])
    module = t.nn.Module()
    module.weight = t.nn.Parameter(t.ones(2).as_subclass(kind))
    module.mean = t.nn.Buffer(t.ones(2).as_subclass(kind), persistent=False)
    copied = copy.copy(module.weight)
    is_parameter = [isinstance(value, t.nn.Parameter) for value in (module.weight, module.mean, t.ones(1), copied)]
    is_buffer = [isinstance(value, t.nn.Buffer) for value in (module.weight, module.mean, t.ones(1))]
    (module.weight * module.mean).sum().backward()
    optimizer = t.optim.SGD(module.parameters(), lr=0.5)
    optimizer.step()
    return (
        _kind([module.weight, module.mean, module.weight * 2, module.double().weight]),
        module.weight.tolist(),
        [name for name, _ in module.named_parameters()],
        [name for name, _ in module.named_buffers()],
        list(module.state_dict()),
        is_parameter,
        is_buffer,
        _outcome(lambda: t.nn.Parameter(t.ones(1, dtype=t.int64).as_subclass(kind))),
    )


@pytest.mark.oracle
def test_parameters_keep_the_class(torch: ModuleType) -> None:
    assert _parameters(flambeau) == _parameters(torch)


def test_a_copied_module_keeps_its_parameters() -> None:
    module = flambeau.nn.Module()
    module.weight = flambeau.nn.Parameter(flambeau.ones(2).as_subclass(_logging(flambeau, [])))
    copied = copy.deepcopy(module)
    assert isinstance(copied.weight, flambeau.nn.Parameter)
    assert _kind(copied.weight) == "Logged"


def _around(t: Any) -> Any:
    """What a program does with its tensors beside operations."""
    x = t.arange(4.0).reshape(2, 2).as_subclass(_logging(t, []))
    leaf = x.clone().detach().requires_grad_()
    y = leaf * 2
    y[0].mul_(3)
    y.sum().backward()
    seen: list[Any] = []
    leaf.register_hook(lambda grad: seen.append(_kind(grad)))
    (leaf * leaf).sum().backward()
    return (
        leaf.grad.tolist(),
        seen,
        _kind(t.autograd.grad((leaf * leaf).sum(), leaf)),
        _kind([t.as_tensor(x), t.as_tensor(x, dtype=t.float64), x.new_tensor([1.0])]),
        _kind([*x]),
        _kind(sum([x, x])),
        _kind(copy.copy(x)),
        _kind(t.utils.data.default_collate([x, x])),
        [_kind(batch) for (batch,) in t.utils.data.DataLoader(t.utils.data.TensorDataset(x), batch_size=1)],
        _kind(t.distributions.Normal(x, 1.0).log_prob(x)),
        t.func.grad(lambda a: (a * a).sum())(x).tolist(),
        x in [x],
        len({x: 1}),
        repr(x),
    )


@pytest.mark.oracle
def test_what_programs_do_with_tensors_of_a_class(torch: ModuleType) -> None:
    assert _around(flambeau) == _around(torch)


@pytest.mark.filterwarnings("ignore:To copy construct")
def test_tensor_gives_the_values_alone() -> None:
    log: list[str] = []
    x = flambeau.ones(2).as_subclass(_logging(flambeau, log))
    assert _kind(flambeau.tensor(x)) == "Tensor"
    assert log == []


def _own_methods(t: Any) -> Any:
    class Mixin:
        def sum(self) -> str:
            return "the sum of the mixin"

    class Own(Mixin, t.Tensor):  # type: ignore[misc]
        def mean(self) -> Any:
            return super().mean() + 1

        @property
        def shape(self) -> str:
            return "a shape"

        def __repr__(self) -> str:
            return "Own"

    x = t.ones(2).as_subclass(Own)
    x.note = "kept"
    return x.sum(), float(x.mean()), x.shape, repr(x), x.note, _kind([x.exp(), x.max(), x.unbind()])


@pytest.mark.oracle
def test_methods_of_the_class_come_first(torch: ModuleType) -> None:
    assert _own_methods(flambeau)[:5] == _own_methods(torch)[:5]


def _helpers(t: Any) -> Any:
    overrides = t.overrides
    x = t.ones(1).as_subclass(type("Marked", (t.Tensor,), {}))

    def doubled(a: Any) -> Any:
        if overrides.has_torch_function((a,)):
            return overrides.handle_torch_function(doubled, (a,), a)
        return a + a

    @overrides.wrap_torch_function(lambda a: (a,))  # type: ignore[untyped-decorator]
    def halved(a: Any) -> Any:
        return a / 2

    return (
        [overrides.is_tensor_like(value) for value in (x, t.ones(1), 3, None, _stranger(t))],
        [
            overrides.has_torch_function((value,))
            for value in (x, t.ones(1), 3, t.nn.Parameter(t.ones(1)), _stranger(t))
        ],
        [overrides.has_torch_function_unary(x), overrides.has_torch_function_variadic(1, t.ones(1))],
        _kind([doubled(x), doubled(t.ones(1)), halved(x), halved(t.ones(1))]),
        doubled(_stranger(t)),
        [
            overrides.resolve_name(f)
            for f in (t.add, t.nn.functional.relu, t.Tensor.shape.__get__, t.Tensor.view, print)
        ],
        [
            overrides.is_tensor_method_or_property(f)
            for f in (t.Tensor.add, t.Tensor.shape.__get__, t.nn.functional.relu)
        ],
        t.Tensor.add in overrides.get_overridable_functions()[t.Tensor],
        t.zeros in overrides.get_ignored_functions(),
        t.Tensor.grad.__get__ in overrides.get_default_nowrap_functions(),
    )


@pytest.mark.oracle
def test_helpers_of_overrides(torch: ModuleType) -> None:
    assert _helpers(flambeau) == _helpers(torch)


def test_a_public_function_is_what_is_seen_first() -> None:
    log: list[str] = []
    x = flambeau.ones(3, 3).as_subclass(_logging(flambeau, log))
    for namespace, functions in flambeau.overrides.get_overridable_functions().items():
        for function in functions if namespace is not flambeau.Tensor else ():
            log.clear()
            try:
                function(x)
            except Exception:
                continue
            own = function.__name__.rstrip("_")
            assert [name.rstrip("_") for name in log[:1]] == [own] or own in ("result_type", "shuffle"), function
            assert not any(name[0] == "_" and name[:2] != "__" for name in log), function


TYPES = """
F.mse_loss(x, p)
F.cross_entropy(p, x)
F.l1_loss(p, x)
M.einsum("ij,jk", p, x)
M.tensordot(p, x)
M.broadcast_tensors(p, x)
M.meshgrid(x[0], p[0])
M.block_diag(p, x)
M.atleast_1d(p, x)
M.cartesian_prod(p[0], x[0])
M.add(p, x)
M.cat([p, x])
M.where(x > 0, p, p)
M.linalg.solve(x, p)
F.relu(x)
p + x
p.mul(x)
"""


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", TYPES.strip().splitlines())
def test_functions_that_pytorch_writes_in_python_tell_of_plain_tensors_too(call: str) -> None:
    torch = pytest.importorskip("torch")
    seen = []
    for module in (flambeau, torch):
        types_of: list[list[str]] = []

        class Telling(module.Tensor):  # type: ignore[misc, name-defined]
            @classmethod
            def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                types_of.append(sorted(kind.__name__ for kind in types))  # noqa: B023
                return super().__torch_function__(func, types, args, kwargs or {})

        x = module.tensor([[2.0, 1.0], [0.0, 3.0]]).as_subclass(Telling)
        names = {"M": module, "F": module.nn.functional, "x": x, "p": module.ones(2, 2)}
        result = eval(call, names)
        first = next(kinds for kinds in types_of if len(kinds) == max(map(len, types_of)))
        seen.append((first, type(result[0] if isinstance(result, (tuple, list)) else result).__name__))
    assert seen[0] == seen[1]
