"""Derivatives of functions of tensors, and of nested containers of tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeAlias

from flambeau._tensor import Tensor
from flambeau._tensor.modes import enable_grad
from flambeau.autograd._sources import (
    close,
    depends_on_others,
    edge_of,
    nodes_below,
    pulled_back,
    pushed_forward,
    source,
)
from flambeau.ops.movement.joining import stack
from flambeau.random._generator import default_states
from flambeau.utils._pytree import Structure, flatten

from ._vmap import check_randomness, check_undrawn

if TYPE_CHECKING:
    from flambeau._tensor.node import GradientEdge

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "value_and_grad", "vjp"]

_Function: TypeAlias = Callable[..., Any]
_Argnums: TypeAlias = int | tuple[int, ...]


class _Run:
    """One call of a function on fresh sources for some of its arguments.

    Attributes:
        like: the tensors that the sources stand for.
        edges: where the gradients of the sources arrive.
        outputs: the leaves of what the function gave.
        structure: the containers of these.
        aux: what else the function gave.
        outer: whether results have to be differentiable, because something else than the sources is.
    """

    def __init__(
        self, name: str, func: _Function, chosen: Any, call: Callable[[_Function, Any], Any], *, has_aux: bool
    ) -> None:
        values, self.inputs_structure = flatten(chosen)
        for value in values:
            if not isinstance(value, Tensor):
                raise ValueError(
                    f"{name}(f, *args): expected all differentiated inputs to be Tensors, got {type(value)}"
                )
        self.like: list[Tensor] = [value.detach() for value in values]
        sources = [source(value) for value in values]
        self.edges: list[GradientEdge] = [edge_of(each) for each in sources]
        given = call(func, self.inputs_structure.build(sources))
        self.aux = None
        if has_aux:
            if not (isinstance(given, tuple) and len(given) == 2):
                raise RuntimeError(
                    f"{name}(f)(*args): output of function f should be a tuple: (output, aux) if has_aux is True"
                )
            given, self.aux = given
        self.outputs: list[Tensor]
        self.outputs, self.structure = flatten(given)
        close(self.edges)
        self.outer = depends_on_others([each for each in self.outputs if isinstance(each, Tensor)], self.edges)

    def check_tensors(self, name: str) -> None:
        """Refuse outputs that are no tensors."""
        for output in self.outputs:
            if not isinstance(output, Tensor):
                raise RuntimeError(f"{name}(f, *args): expected f(*args) to return only tensors, got {type(output)}")

    def check_numbers(self) -> None:
        """Refuse outputs from which nothing goes backward: integers and truth values."""
        for output in self.outputs:
            if not (output.is_floating_point() or output.is_complex()):
                raise RuntimeError(
                    "vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype "
                    f"{output.dtype}"
                )

    def finished(self, tree: Any) -> Any:
        """Outputs or the like, without the history that only this call needs."""
        values, structure = flatten(tree)
        if self.outer:
            return tree
        return structure.build([value.detach() if isinstance(value, Tensor) else value for value in values])


def _with_chosen(args: tuple[Any, ...], kwargs: dict[str, Any], argnums: _Argnums) -> tuple[Any, Callable[..., Any]]:
    """The arguments that are differentiated, and a call of a function with others in their place."""
    if not isinstance(argnums, (int, tuple)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if argnums == ():
        raise RuntimeError("argnums must be non-empty")
    places = [argnums] if isinstance(argnums, int) else list(argnums)
    for place in places:
        if not isinstance(place, int):
            raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {argnums}")
        if not -len(args) <= place < len(args):
            raise RuntimeError(f"Got argnum={place}, but only {len(args)} positional inputs")
    places = [place % len(args) for place in places]
    if len(set(places)) != len(places):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")

    def call(func: _Function, chosen: Any) -> Any:
        replaced = list(args)
        for place, value in zip(places, [chosen] if isinstance(argnums, int) else chosen, strict=True):
            replaced[place] = value
        return func(*replaced, **kwargs)

    return args[places[0]] if isinstance(argnums, int) else tuple(args[place] for place in places), call


# -- backward ---------------------------------------------------------------


def grad_and_value(func: _Function, argnums: _Argnums = 0, has_aux: bool = False) -> _Function:
    """Give a function that computes the gradient of ``func``, which gives a 0-d tensor, and its value.

    Args:
        func: the function; with ``has_aux`` it gives ``(value, anything)``.
        argnums: the arguments to differentiate by, which may be containers of tensors; a tuple of places gives a tuple.
        has_aux: the function that is made then gives ``(gradient, (value, anything))``.

    Source of the semantics: ``torch.func.grad_and_value``.

    Raises:
        RuntimeError: the result is no 0-d tensor, or there is no such argument.

    Example:
        >>> import flambeau as torch
        >>> torch.func.grad_and_value(torch.sin)(torch.tensor(0.0))
        (tensor(1.), tensor(0.))
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        chosen, call = _with_chosen(args, kwargs, argnums)
        with enable_grad():
            run = _Run("grad_and_value", func, chosen, call, has_aux=has_aux)
            value = _scalar(run)
            found = pulled_back([value], [value.new_ones(value.shape)], run.edges, run.like, create_graph=run.outer)
        gradient, value = run.inputs_structure.build(found), run.finished(value)
        return (gradient, (value, run.finished(run.aux))) if has_aux else (gradient, value)

    return wrapper


def _scalar(run: _Run) -> Tensor:
    value = run.outputs[0] if run.structure.kind is None else run.structure.build(run.outputs)
    if not isinstance(value, Tensor):
        raise RuntimeError(f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(value)}")
    if value.dim() != 0:
        raise RuntimeError(
            f"grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with {value.dim()} dims. Maybe "
            "you wanted to use the vjp "
            "or jacrev APIs instead?"
        )
    return value


def grad(func: _Function, argnums: _Argnums = 0, has_aux: bool = False) -> _Function:
    """Give a function that computes the gradient of ``func``, which gives a 0-d tensor; see :func:`grad_and_value`.

    With ``has_aux`` it gives ``(gradient, anything)``. Source of the semantics: ``torch.func.grad``.

    Example:
        >>> import flambeau as torch
        >>> torch.func.grad(torch.func.grad(torch.sin))(torch.tensor(1.0))
        tensor(-0.8415)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def value_and_grad(func: _Function, argnums: _Argnums = 0, has_aux: bool = False) -> _Function:
    """Give a function that computes the value and the gradient: :func:`grad_and_value` in the other order.

    Example:
        >>> import flambeau as torch
        >>> torch.func.value_and_grad(torch.sin)(torch.tensor(0.0))
        (tensor(0.), tensor(1.))
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return value, gradient

    return wrapper


def _call(func: _Function, chosen: tuple[Any, ...]) -> Any:
    return func(*chosen)


def vjp(func: _Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Compute ``func(*primals)`` and give it with a function from vectors to their products with the Jacobian.

    That function takes what has the structure of the outputs, and gives a tuple with one entry per primal. With ``has_aux``
    a third entry is what else ``func`` gave. Source of the semantics: ``torch.func.vjp``.

    Raises:
        RuntimeError: the vectors have another structure, or an output is not of floating point or complex numbers.

    Example:
        >>> import flambeau as torch
        >>> value, pull = torch.func.vjp(torch.sin, torch.zeros(2))
        >>> pull(torch.ones(2))
        (tensor([1., 1.]),)
    """
    with enable_grad():
        run = _Run("vjp", func, primals, _call, has_aux=has_aux)
    run.check_tensors("vjp")
    run.check_numbers()

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        vectors = _matching(
            cotangents, run.structure, run.outputs, "cotangents", "primal output", "outputs to the function"
        )
        history = run.outer or any(vector._node is not None for vector in vectors)
        wanted = history if create_graph is None else create_graph
        return run.inputs_structure.build(pulled_back(run.outputs, vectors, run.edges, run.like, create_graph=wanted))

    output = run.finished(run.structure.build(run.outputs))
    return (output, pull, run.finished(run.aux)) if has_aux else (output, pull)


def _matching(
    vectors: Any, structure: Structure, like: Sequence[Tensor], name: str, other: str, what: str
) -> list[Tensor]:
    values, given = flatten(vectors)
    if given != structure:
        raise RuntimeError(
            f"Expected pytree structure of {name} to be the same as pytree structure of {what}. "
            f"{name}: {given}, {other}: {structure}"
        )
    for value, tensor in zip(values, like, strict=True):
        if not isinstance(value, Tensor) or value.shape != tensor.shape:
            found = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise RuntimeError(f"Expected {name} of the shape of {other}, {tuple(tensor.shape)}, but got {found}")
    return values


def jacrev(
    func: _Function,
    argnums: _Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> _Function:
    """Give a function that computes the Jacobian of ``func``, row by row, by going backward.

    For each output and input, a tensor of the output's shape followed by the input's, in the containers of the outputs and
    in each the containers of the inputs. ``chunk_size`` is accepted: rows are computed one at a time. Source of the
    semantics: ``torch.func.jacrev``.

    Example:
        >>> import flambeau as torch
        >>> torch.func.jacrev(torch.sin)(torch.zeros(2))
        tensor([[1., 0.],
                [0., 1.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        chosen, call = _with_chosen(args, kwargs, argnums)
        with enable_grad():
            run = _Run("jacrev", func, chosen, call, has_aux=has_aux)
            run.check_tensors("jacrev")
            run.check_numbers()
            rows = [run.inputs_structure.build(_rows(run, output)) for output in run.outputs]
        result = run.structure.build(rows)
        return (result, run.finished(run.aux)) if has_aux else result

    return wrapper


def _unit(like: Tensor, element: int) -> Tensor:
    start = like.detach().new_zeros(like.numel())
    start[element] = 1
    return start.reshape(like.shape)


def _rows(run: _Run, output: Tensor) -> list[Tensor]:
    found = [
        pulled_back([output], [_unit(output, element)], run.edges, run.like, create_graph=run.outer)
        for element in range(output.numel())
    ]
    if not found:
        return [value.new_zeros((*output.shape, *value.shape)) for value in run.like]
    return [
        stack([row[place] for row in found]).reshape((*output.shape, *value.shape))
        for place, value in enumerate(run.like)
    ]


# -- forward ---------------------------------------------------------------


def jvp(
    func: _Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """Compute ``func(*primals)`` and the product of the Jacobian with ``tangents``.

    With ``strict`` an output that does not depend on the primals is an error; it has zeros otherwise. Source of the
    semantics: ``torch.func.jvp``.

    Raises:
        RuntimeError: the tangents have another structure or shape than the primals.

    Example:
        >>> import flambeau as torch
        >>> torch.func.jvp(torch.sin, (torch.zeros(2),), (torch.tensor([1.0, 2.0]),))
        (tensor([0., 0.]), tensor([1., 2.]))
    """
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"jvp(f, primals, tangents): Expected primals to be a tuple. E.g. it should be valid to call f(*primals). Got "
            f"{type(primals)}"
        )
    with enable_grad():
        run = _Run("jvp", func, primals, _call, has_aux=has_aux)
        run.check_tensors("jvp")
        vectors = _matching(tangents, run.inputs_structure, run.like, "tangents", "primals", "primals")
        if strict:
            _check_dependence(run)
        history = run.outer or any(vector._node is not None for vector in vectors)
        found = pushed_forward(run.outputs, run.edges, run.like)(vectors, create_graph=history)
    output = run.finished(run.structure.build(run.outputs))
    product = run.structure.build(found)
    return (output, product, run.finished(run.aux)) if has_aux else (output, product)


def _check_dependence(run: _Run) -> None:
    own = {edge.node for edge in run.edges}
    for output in run.outputs:
        if not own & nodes_below([output], own):
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed "
                "with strict=True."
            )


def linearize(func: _Function, *primals: Any) -> tuple[Any, _Function]:
    """Compute ``func(*primals)`` and give it with a function from tangents to their products with the Jacobian.

    Source of the semantics: ``torch.func.linearize``.

    Example:
        >>> import flambeau as torch
        >>> value, push = torch.func.linearize(torch.sin, torch.zeros(2))
        >>> push(torch.tensor([1.0, 2.0]))
        tensor([1., 2.])
    """
    with enable_grad():
        run = _Run("linearize", func, primals, _call, has_aux=False)
        run.check_tensors("linearize")
        forward = pushed_forward(run.outputs, run.edges, run.like)

    def push(*tangents: Any) -> Any:
        vectors = _matching(tangents, run.inputs_structure, run.like, "tangents", "primals", "primals")
        history = run.outer or any(vector._node is not None for vector in vectors)
        return run.structure.build(forward(vectors, create_graph=history))

    return run.finished(run.structure.build(run.outputs)), push


def jacfwd(func: _Function, argnums: _Argnums = 0, has_aux: bool = False, *, randomness: str = "error") -> _Function:
    """Give a function that computes the Jacobian of ``func``, column by column, by going forward.

    What it gives is what :func:`jacrev` gives; it takes less where there are fewer inputs than outputs. Source of the
    semantics: ``torch.func.jacfwd``.

    Args:
        func: takes and gives tensors, or containers of them.
        argnums: the position of the argument that is differentiated by, or a tuple of them.
        has_aux: whether ``func`` gives a pair, of what is differentiated and something else.
        randomness: whether ``func`` may draw random numbers: ``"error"`` (no), ``"different"`` ones for each column, or
            the ``"same"`` ones.

    Raises:
        RuntimeError: ``func`` draws random numbers though ``randomness`` is ``"error"``.

    Example:
        >>> import flambeau as torch
        >>> torch.func.jacfwd(torch.sin)(torch.zeros(2))
        tensor([[1., 0.],
                [0., 1.]])
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        check_randomness(randomness)
        chosen, call = _with_chosen(args, kwargs, argnums)

        def pushed() -> tuple[_Run, pushed_forward]:
            run = _Run("jacfwd", func, chosen, call, has_aux=has_aux)
            run.check_tensors("jacfwd")
            return run, pushed_forward(run.outputs, run.edges, run.like)

        before = default_states()
        with enable_grad():
            first = run, _ = pushed()
            if randomness == "error":
                check_undrawn(before)
            redrawn = randomness == "different" and before != default_states()
            runs = chain([first], iter(pushed, None)) if redrawn else repeat(first)
            columns = [_columns(run, runs, place) for place in range(len(run.like))]
        rows = [
            run.inputs_structure.build([column[position] for column in columns]) for position in range(len(run.outputs))
        ]
        result = run.structure.build(rows)
        return (result, run.finished(run.aux)) if has_aux else result

    return wrapper


def _columns(run: _Run, runs: Iterator[tuple[_Run, pushed_forward]], place: int) -> list[Tensor]:
    """For each output, its derivative by the input at ``place``: of each of its elements, one of ``runs`` tells it."""
    value = run.like[place]
    found = []
    for element in range(value.numel()):
        tangents = [
            _unit(like, element) if each == place else like.new_zeros(like.shape) for each, like in enumerate(run.like)
        ]
        current, forward = next(runs)
        found.append(forward(tangents, create_graph=current.outer))
    if not found:
        return [output.detach().new_zeros((*output.shape, *value.shape)) for output in run.outputs]
    return [
        stack([column[position] for column in found], -1).reshape((*output.shape, *value.shape))
        for position, output in enumerate(run.outputs)
    ]


def hessian(func: _Function, argnums: _Argnums = 0) -> _Function:
    """Give a function that computes the Hessian of ``func``: :func:`jacfwd` of :func:`jacrev`.

    Source of the semantics: ``torch.func.hessian``.

    Example:
        >>> import flambeau as torch
        >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
