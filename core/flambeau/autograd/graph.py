"""The graph as a program sees it: nodes and edges, and hooks on what nodes save and on several gradients at once.

Source of the semantics: ``torch.autograd.graph``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

from flambeau._tensor.engine import current_pass
from flambeau._tensor.node import GradientEdge, Node, edge_target
from flambeau._tensor.saved import Hooks, hooks_stack, packing
from flambeau._tensor.storage import storage_of

if TYPE_CHECKING:
    from flambeau._tensor import Tensor

__all__ = [
    "GradientEdge", "Node", "disable_saved_tensors_hooks", "get_gradient_edge", "increment_version",
    "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip


# -- edges ---------------------------------------------------------------


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Give the edge that the gradient of a tensor goes along. Source: ``torch.autograd.graph.get_gradient_edge``.

    Raises:
        RuntimeError: the tensor does not require a gradient.

    Example:
        >>> import flambeau as torch
        >>> x = torch.ones(1, requires_grad=True)
        >>> edge = torch.autograd.graph.get_gradient_edge(x * 2)
        >>> edge.node.name(), edge.output_nr
        ('MulBackward0', 0)
    """
    if tensor._node is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(*edge_target(tensor._node))


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Say that a tensor has been changed in a way that could not be seen. Source: ``torch.autograd.graph``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.zeros(2)
        >>> torch.autograd.graph.increment_version(x)
        >>> x._version
        1
    """
    tensors: Any = [tensor] if hasattr(tensor, "_array") else tensor
    for each in tensors:
        storage_of(each).count_write()


# -- hooks on what is saved ---------------------------------------------------------------


_disabled: list[str] = []
"""The messages of the open contexts of :func:`disable_saved_tensors_hooks`."""


class saved_tensors_hooks:
    """A context in which what the graph saves is sent through two functions of the program.

    ``pack_hook(tensor)`` is called when an operation saves a tensor, and may give anything; ``unpack_hook`` is called with
    that when the backward pass needs the tensor, and gives it back. Of nested contexts the innermost counts. Local to the
    thread. Source of the semantics: ``torch.autograd.graph.saved_tensors_hooks``.

    Raises:
        RuntimeError: hooks are disabled, or ``pack_hook`` changes the tensor in place.
        TypeError: ``unpack_hook`` gives no tensor.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([2.0], requires_grad=True)
        >>> with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor.tolist(), lambda packed: torch.tensor(packed)):
        ...     y = x.exp() * x
        >>> y.backward()
        >>> x.grad
        tensor([22.1672])
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook
        self._tokens: list[Token[tuple[Hooks, ...]]] = []

    def __enter__(self) -> None:
        if _disabled:
            raise RuntimeError(_disabled[-1])
        self._tokens.append(hooks_stack.set((*hooks_stack.get(), Hooks(self.pack_hook, self.unpack_hook))))
        packing.append(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        packing.remove(self)
        hooks_stack.reset(self._tokens.pop())


class save_on_cpu(saved_tensors_hooks):
    """A context in which what the graph saves is kept on the CPU, and brought back when it is needed.

    With ``pin_memory`` it is kept in page-locked memory, if there is a CUDA device. Source: ``torch.autograd.graph.save_on_cpu``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([2.0], requires_grad=True)
        >>> with torch.autograd.graph.save_on_cpu():
        ...     y = x * x
        >>> torch.autograd.grad(y, x)
        (tensor([4.]),)
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(tensor: Tensor) -> tuple[Any, Tensor]:
            return tensor.device, tensor.cpu().pin_memory() if pin_memory else tensor.cpu()

        super().__init__(pack, lambda packed: packed[1].to(packed[0]))


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Make :class:`saved_tensors_hooks` raise ``error_message``. Source: ``torch.autograd.graph``.

    Example:
        >>> import flambeau as torch
        >>> with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
        ...     try:
        ...         with torch.autograd.graph.save_on_cpu():
        ...             pass
        ...     except RuntimeError as error:
        ...         print(error)
        not here
    """
    if hooks_stack.get():
        raise RuntimeError(error_message)
    _disabled.append(error_message)
    try:
        yield
    finally:
        _disabled.pop()


# -- hooks on several gradients ---------------------------------------------------------------


class _Handles:
    """The handles of hooks that belong together."""

    def __init__(self, handles: list[Any]) -> None:
        self.handles = handles

    def remove(self) -> None:
        """Remove all of them."""
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(
    tensors: Sequence[Tensor],
    fn: Callable[[Sequence[Tensor | None]], None] | Callable[[Tensor], None],
    *,
    mode: Literal["all", "any"] = "all",
) -> _Handles:
    """Call ``fn`` once per backward pass, when the gradients of ``tensors`` are there; gives a handle to remove it.

    Args:
        tensors: tensors that require a gradient.
        fn: takes the list of gradients, None for a tensor that the pass does not reach; with ``"any"`` the first gradient.
        mode: whether to wait for the gradients of all tensors that the pass reaches.

    Source of the semantics: ``torch.autograd.graph.register_multi_grad_hook``.

    Example:
        >>> import flambeau as torch
        >>> a, b = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
        >>> handle = torch.autograd.graph.register_multi_grad_hook((a, b), print)
        >>> (a * 2 + b * 3).backward()
        [tensor([2.]), tensor([3.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    lock = threading.Lock()
    edges = [get_gradient_edge(tensor) for tensor in tensors]
    arrived: dict[int, tuple[Any, list[Tensor | None], int]] = {}

    def hook_of(position: int) -> Callable[[Tensor | None], None]:
        def hook(grad: Tensor | None) -> None:
            run = current_pass()
            with lock:
                entry = arrived.get(id(run))
                if entry is None or entry[0] is not run:
                    reached = sum(run.reaches(edge.node) for edge in edges)
                    entry = (run, [None] * len(edges), reached)
                    run.callbacks.append(lambda: arrived.pop(id(run), None))
                _, grads, left = entry
                grads[position] = grad
                arrived[id(run)] = (run, grads, left - 1)
            if mode == "any":
                if grad is not None and sum(each is not None for each in grads) == 1:
                    fn(grad)  # type: ignore[arg-type]
            elif left == 1:
                fn(grads)  # type: ignore[arg-type]

        return hook

    return _Handles([tensor.register_hook(hook_of(position)) for position, tensor in enumerate(tensors)])
