"""Functions and methods take the keywords that PyTorch's take, NumPy's names among them, and the old orders of arguments."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from tests.support.signatures import is_built_in, names_of, of_function, of_method

import flambeau

NAMESPACES = (
    "",
    "autograd",
    "autograd.forward_ad",
    "autograd.functional",
    "autograd.graph",
    "fft",
    "func",
    "linalg",
    "nn.functional",
    "nn.utils",
    "random",
    "sparse",
    "special",
    "utils",
    "utils.checkpoint",
)

REFUSED = {
    "out_dtype": "of a product: PyTorch computes it on CUDA alone",
    "names": "named tensors, which PyTorch's own `full` refuses too",
    "half_to_float": "of the sparse softmax: an option of PyTorch's own calls",
    "storage": "a typed storage, which PyTorch itself gives up",
    "mode": "an error of PyTorch's stub: the parameter of `requires_grad_` is `requires_grad`",
    "set_num_threads.num": "an error of PyTorch's stub: the function takes no keyword",
    "set_num_interop_threads.num": "the same",
    "matrix_exp.out": "an error of PyTorch's schema: the function refuses it",
    "hspmm.out": "results that are sparse are not written into another sparse tensor",
    "sampled_addmm.out": "the same",
    "sspaddmm.out": "the same",
}
"""Keywords that are refused on purpose: by name, or by function and name."""

_WITHOUT_SIGNATURE = ("Literal", "TypeAlias")
"""What is no function, but can be called."""


def _refuses(function: Callable[..., Any], name: str, *first: Any) -> bool:
    """Whether a function does not know a keyword: by its signature, or by what it says where that names no keywords."""
    parameters = inspect.signature(function, follow_wrapped=not inspect.isfunction(function)).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    if not takes_any and not hasattr(function, "row"):
        return name not in parameters
    try:
        function(*first, **{name: object()})
    except TypeError as error:
        return f"unexpected keyword argument '{name}'" in str(error) and "given too" not in str(error)
    except Exception:
        return False
    return False


def _inside(module: Any, namespace: str) -> Any:
    for part in filter(None, namespace.split(".")):
        module = getattr(module, part)
    return module


def _shared(ours: Any, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted(dir(ours)):
        if name.startswith("_") or not hasattr(theirs, name):
            continue
        pair = getattr(ours, name), getattr(theirs, name)
        if all(callable(each) and not inspect.isclass(each) for each in pair):
            yield name, *pair


def _refused_functions(torch: ModuleType, namespace: str) -> Iterator[tuple[str, str]]:
    """The functions of a namespace that refuse a keyword which PyTorch's take, each with the keyword."""
    for name, function, theirs in _shared(_inside(flambeau, namespace), _inside(torch, namespace)):
        signatures = of_function(torch, namespace, name)
        assert signatures or name in _WITHOUT_SIGNATURE, name
        for keyword in names_of(signatures, built_in=is_built_in(theirs)):
            if _refuses(function, keyword):
                yield name, keyword


def _refused_methods(torch: ModuleType) -> Iterator[tuple[str, str]]:
    for name, method, theirs in _shared(flambeau.Tensor, torch.Tensor):
        for keyword in names_of(of_method(torch, name), built_in=is_built_in(theirs)):
            if _refuses(method, keyword, flambeau.ones(2, 2)):
                yield name, keyword


def _by_mistake(refused: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (name, keyword) for name, keyword in refused if keyword not in REFUSED and f"{name}.{keyword}" not in REFUSED
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_functions_take_the_keywords(torch: ModuleType, namespace: str) -> None:
    assert _by_mistake(_refused_functions(torch, namespace)) == []


@pytest.mark.filterwarnings("ignore")
def test_methods_take_the_keywords(torch: ModuleType) -> None:
    assert _by_mistake(_refused_methods(torch)) == []


@pytest.mark.filterwarnings("ignore")
def test_what_is_refused_on_purpose_is_refused(torch: ModuleType) -> None:
    refused = [*_refused_methods(torch)]
    for namespace in NAMESPACES:
        refused += _refused_functions(torch, namespace)
    found = {keyword for _, keyword in refused} | {f"{name}.{keyword}" for name, keyword in refused}
    assert sorted(REFUSED.keys() - found) == [], "accepted now: take it out of the list"
    assert all(REFUSED.values())


NAMES = "s = M.tensor([[1., 2.], [3., 4.]]); t = M.tensor([[2., 1.], [1., 5.]]); v = M.tensor([1., 2.])"

SPELLINGS = """
M.add(x=s, x2=t)
M.mul(x1=s, other=t)
M.matmul(a=s, x2=t)
M.sum(x=s, axis=1, keepdims=True)
s.sum(axis=(0, 1), keepdims=True)
s.max(axis=1, keepdims=True)
M.var_mean(s, axis=0)
M.cumsum(s, axis=0, out=t)
M.logsumexp(s, axis=0, keepdims=True)
M.special.logsumexp(x=s, axis=0)
M.linalg.norm(x=s, axis=1)
M.linalg.vector_norm(x=s, axis=1, keepdims=True)
M.linalg.cross(x=M.ones(2, 3), x2=M.ones(2, 3), axis=1)
M.linalg.vecdot(x=v, y=v, axis=0)
M.fft.fft(x=s, dim=0)
M.sparse.mm(sparse=s.to_sparse(), dense=t)
M.sparse.addmm(x=s, mat1=t.to_sparse(), mat2=t)
M.sparse.softmax(x=s.to_sparse(), axis=0).to_dense()
M.nn.functional.logsigmoid(x=s, out=t)
s.random_(to=1)
s.random_(**{'from': 2, 'to': 3})
s.uniform_(**{'from': 2, 'to': 2})
s.norm(2, 1, False, M.float64)
M.sparse.softmax(s.to_sparse(), 0, M.float64).to_dense()
M.fft.fft2(s, norm="ortho")
s.size(axis=0)
s.stride(axis=0)
s.squeeze(axis=0)
s.softmax(axis=0)
M.stack([s, s], axis=1)
M.cat([s, s], axis=1)
s.cumsum_(axis=1)
s.mul_(x2=t)
s.gather(axis=0, index=M.zeros(1, 2, dtype=M.int64))
s.scatter_(axis=0, index=M.zeros(1, 2, dtype=M.int64), value=3.0)
M.dot(input=v, tensor=v)
s.reshape(shape=(4,))
s.view(size=(4,))
s.view(dtype=M.int32)
s.repeat(repeats=(2, 1))
s.expand(size=(1, 2, 2))
s.permute(dims=(1, 0))
s.flip(dims=(0,))
s.tile(dims=(2,))
s.new_full(size=(2,), fill_value=3)
M.zeros(size=(2, 2))
M.full(size=(2,), fill_value=1.0)
M.arange(end=3)
M.arange(start=1, end=3)
M.histogram(v)
M.histogram(v, range=(0.0, 3.0))
v.histogram()
s.type(dtype=M.float64, non_blocking=True)
s.copy_(other=t)
M.result_type(scalar1=1, scalar2=2.0)
"""

OLD_ORDERS = """
M.add(s, 2, t)
M.sub(s, 2, t)
s.add(2, t)
s.add_(2, t)
s.sub_(2, t)
M.addcdiv(s, 2, t, t)
s.addcdiv_(2, t, t)
M.add(s, 2, 3)
s.add_(2, 3)
M.sub(s, 2, 3)
s.sub(2, 3)
M.addcmul(s, 2, t, t)
s.addcmul_(2, t, t)
M.addmm(0.5, s, 2, t, t)
M.addmm(0.5, s, t, t)
s.addmm(0.5, 2, t, t)
s.addmm_(0.5, t, t)
M.addmv(0.5, v, 2, s, t[0])
v.addmv_(0.5, 2, s, t[0])
M.addr(0.5, s, 2, v, v)
s.addr_(0.5, 2, v, v)
M.addbmm(0.5, s, 2, M.ones(2, 2, 2), M.ones(2, 2, 2))
M.baddbmm(0.5, M.ones(2, 2, 2), 2, M.ones(2, 2, 2), M.ones(2, 2, 2))
"""

WRONG = """
M.sum(s, dim=1, axis=1)         | sum    | axis
s.sum(1, axis=1)                | sum    | axis
s.mean(1, keepdim=True, keepdims=True) | mean | keepdims
s.size(0, axis=0)               | size   | axis
M.add(input=s, x=s, other=t)    | add    | x
s.add(t, other=t)               | add    | other
s.add_(t, x2=t)                 | add    | x2
s.add_(t, foo=1)                | add    | foo
s.clamp_(foo=1)                 | clamp  | foo
M.zeros(size=(2,), foo=1)       | zeros  | foo
s.view(4, size=(4,))            | view   | size
M.add(s)                        | add    | other
M.exp()                         | exp    | input
M.cat()                         | cat    | tensors
M.cumsum(s)                     | cumsum | dim
M.arange()                      | arange | arange
s.transpose(0)                  | transpose | dim1
s.reshape()                     | reshape | shape
"""


def _run(module: Any, call: str) -> Any:
    names: dict[str, Any] = {"M": module}
    exec(NAMES, names)
    return eval(call, names)


@pytest.mark.parametrize("call", SPELLINGS.strip().splitlines())
def test_other_names_give_the_same(torch: ModuleType, call: str) -> None:
    assert repr(_run(flambeau, call)) == repr(_run(torch, call))


@pytest.mark.parametrize("call", OLD_ORDERS.strip().splitlines())
def test_old_orders_give_the_same_with_a_warning(torch: ModuleType, call: str) -> None:
    with pytest.warns(UserWarning, match="This overload of .* is deprecated") as caught:
        result = _run(flambeau, call)
    assert caught[0].filename == "<string>"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert repr(result) == repr(_run(torch, call))


@pytest.mark.parametrize("line", WRONG.strip().splitlines())
def test_wrong_calls_are_named(torch: ModuleType, line: str) -> None:
    call, function, keyword = (part.strip() for part in line.split("|"))
    with pytest.raises(TypeError):
        _run(torch, call)
    with pytest.raises(TypeError, match=rf"{function}_?\(\).*{keyword}|{keyword}\(\)"):
        _run(flambeau, call)


def _message(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(TypeError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


IN_PLACE = [name for name in dir(flambeau.Tensor) if name[0] != "_" and name[-1] == "_"]


@pytest.mark.parametrize("name", IN_PLACE)
def test_an_error_of_an_in_place_form_names_it(name: str) -> None:
    method = getattr(flambeau.ones(2, 2), name)
    calls = [_message(method, nonsense=1)]
    if name != "resize_":  # to nine dimensions
        calls.append(_message(method, *[1] * 9))
    for message in calls:
        assert message.startswith((f"{name}() ", f"Tensor.{name}() ")), message


METHODS = [name for name in dir(flambeau.Tensor) if name[0] != "_" and callable(getattr(flambeau.Tensor, name))]


@pytest.mark.parametrize("name", METHODS)
def test_an_error_names_no_private_function(name: str) -> None:
    message = _message(getattr(flambeau.ones(2, 2), name), nonsense=1)
    assert "<locals>" not in message
    assert message[0] != "_"


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.ones(2).copy_("x"),
        lambda t: t.ones(2).view_as(3),
        lambda t: t.ones(2).expand_as(3),
        lambda t: t.real(3),
        lambda t: t.detach(None),
        lambda t: t.rand_like(3),
    ],
)
def test_what_is_no_tensor_is_named(torch: ModuleType, call: Callable[[Any], Any]) -> None:
    assert _message(call, flambeau) == _message(call, torch)
