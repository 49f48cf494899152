"""Weights divided by their largest singular value, by a hook before each forward pass; the older way to do that."""

from __future__ import annotations

from typing import Any, TypeVar

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad

from .. import functional
from ..modules._hooks import hooks_before
from ..modules.module import Module
from ..parameter import Parameter, is_lazy
from ._norms import as_matrix, output_dim

__all__ = [
    "SpectralNorm", "SpectralNormLoadStateDictPreHook", "SpectralNormStateDictHook", "remove_spectral_norm",
    "spectral_norm",
]  # fmt: skip

_Module = TypeVar("_Module", bound=Module)


class SpectralNorm:
    """The hook: it computes the weight ``name`` of a module from ``name_orig`` and the vectors ``name_u`` and ``name_v``."""

    _version = 1

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        self.name, self.dim = name, dim
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.n_power_iterations, self.eps = n_power_iterations, eps

    def reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """The weight with ``dim`` in front, and the others joined."""
        return as_matrix(weight, self.dim)

    def compute_weight(self, module: Module, do_power_iteration: bool) -> Tensor:
        """The weight divided by its norm; with ``do_power_iteration``, the vectors come nearer to singular ones first."""
        weight, u, v = (getattr(module, f"{self.name}{part}") for part in ("_orig", "_u", "_v"))
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(functional.normalize(matrix.t().mv(u), dim=0, eps=self.eps))
                    u.copy_(functional.normalize(matrix.mv(v), dim=0, eps=self.eps))
                u, v = u.clone(), v.clone()  # the buffers change with the next pass, these belong to the graph
        divided: Tensor = weight / u.dot(matrix.mv(v))
        return divided

    def remove(self, module: Module) -> None:
        """Make the weight a parameter again."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for part in ("", "_u", "_v", "_orig"):
            delattr(module, f"{self.name}{part}")
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Module, inputs: Any) -> None:
        """Compute the weight."""
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    def _solve_v_and_rescale(self, weight_mat: Tensor, u: Tensor, target_sigma: Tensor) -> Tensor:
        """The vector ``v`` with which ``u`` gives a norm, for states that do not have it."""
        v = ((weight_mat.t().mm(weight_mat)).pinverse() @ weight_mat.t() @ u.unsqueeze(1)).squeeze(1)
        return v.mul_(target_sigma / u.dot(weight_mat.mv(v)))

    @staticmethod
    def apply(module: Module, name: str, n_power_iterations: int, dim: int, eps: float) -> SpectralNorm:
        """Put the hook before the forward pass of a module.

        Raises:
            RuntimeError: that has been done already.
            ValueError: the parameter is None or has no shape yet, or there are no iterations.
        """
        if any(isinstance(hook, SpectralNorm) and hook.name == name for _, hook in hooks_before(module)):
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
        made = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy forward "
                "before applying spectral normalization"
            )
        with no_grad():
            u, v = (
                functional.normalize(weight.new_empty(size).normal_(0, 1), dim=0, eps=eps)
                for size in made.reshape_weight_to_matrix(weight).shape
            )
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        setattr(module, name, weight.data)  # what module.weight refers to until the first forward pass
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(made)
        module._register_state_dict_hook(SpectralNormStateDictHook(made))
        module._register_load_state_dict_pre_hook(SpectralNormLoadStateDictPreHook(made))
        return made


class SpectralNormLoadStateDictPreHook:
    """Reads states of PyTorch 0.4, which have the weight and not ``v``."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any], strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        """Compute ``v`` for a state that does not have it."""
        version = local_metadata.get("spectral_norm", {}).get(f"{self.fn.name}.version")
        if version is not None and version >= 1:
            return
        key = prefix + self.fn.name
        complete = all(key + part in state_dict for part in ("_orig", "_u", "_v"))
        if version is None and complete and key not in state_dict:
            return
        missing = [key + part for part in ("_orig", "", "_u") if key + part not in state_dict]
        if missing:
            missing_keys += missing if strict else []
            return
        with no_grad():
            original, weight = state_dict[f"{key}_orig"], state_dict.pop(key)
            matrix = self.fn.reshape_weight_to_matrix(original)
            state_dict[f"{key}_v"] = self.fn._solve_v_and_rescale(
                matrix, state_dict[f"{key}_u"], (original / weight).mean()
            )


class SpectralNormStateDictHook:
    """Notes the version of the state."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Module, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any]) -> None:
        """Note the version."""
        versions, key = local_metadata.setdefault("spectral_norm", {}), f"{self.fn.name}.version"
        if key in versions:
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        versions[key] = self.fn._version


def spectral_norm(
    module: _Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> _Module:
    """Divide a weight by its largest singular value, found by iteration (Miyato et al., 2018).

    The parameter ``name`` becomes ``name_orig``; each forward pass in training brings the buffers ``name_u`` and ``name_v``
    nearer to the singular vectors. Source of the semantics: ``torch.nn.utils.spectral_norm``.

    Args:
        module: with the weight.
        name: of the weight.
        n_power_iterations: how many steps each pass does.
        eps: the least norm that vectors are divided by.
        dim: of the outputs; 1 for transposed convolutions, 0 otherwise.

    Raises:
        RuntimeError: it has been applied already.
        ValueError: there are no iterations.

    Example:
        >>> import flambeau as torch
        >>> layer = torch.nn.utils.spectral_norm(torch.nn.Linear(2, 3))
        >>> list(layer.state_dict())
        ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    SpectralNorm.apply(module, name, n_power_iterations, output_dim(module) if dim is None else dim, eps)
    return module


def remove_spectral_norm(module: _Module, name: str = "weight") -> _Module:
    """Make the weight a parameter again. Source of the semantics: ``torch.nn.utils.remove_spectral_norm``.

    Raises:
        ValueError: :func:`spectral_norm` has not been applied.
    """
    found = [each for each in hooks_before(module) if isinstance(each[1], SpectralNorm) and each[1].name == name]
    if not found:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    own, hook = found[0]
    hook.remove(module)  # type: ignore[attr-defined]
    del module._forward_pre_hooks[own]
    for hooks in (module._state_dict_hooks, module._load_state_dict_pre_hooks):
        for key in [key for key, each in hooks.items() if getattr(each.function, "fn", None) is hook]:
            del hooks[key]
    return module
