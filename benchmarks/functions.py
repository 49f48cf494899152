"""One function of each family of tensor functions, on a million float32 elements or about as much work."""

from __future__ import annotations

from typing import Any

from .case import Case

__all__ = ["CASES"]


def _setup(torch: Any, device: str) -> dict[str, Any]:
    torch.manual_seed(0)
    x = torch.rand(1000, 1000).to(device)
    return {
        "torch": torch,
        "pad": torch.nn.functional.pad,
        "functional": torch.nn.functional,
        "heads": torch.rand(8, 4, 128, 32).to(device),
        "x": x,
        "flat": torch.rand(1_000_000).to(device),
        "mask": x > 0.5,
        "rows": torch.randint(0, 1000, (1000,)).to(device),
        "columns": torch.randint(0, 1000, (1000, 1000)).to(device),
        "classes": torch.randint(0, 100, (1_000_000,)).to(device),
        "batch": torch.rand(200, 50, 50).to(device) + 50 * torch.eye(50).to(device),
        "square": torch.rand(200, 200).to(device) + 200 * torch.eye(200).to(device),
        "points": torch.rand(500, 16).to(device),
        "images": torch.rand(8, 32, 64, 64).to(device),
    }


STATEMENTS = {
    # Sorting, searching and counting.
    "sort": "flat.sort()",
    "sort-rows": "x.sort(1)",
    "argsort": "flat.argsort()",
    "topk": "x.topk(10)",
    "kthvalue": "x.kthvalue(500)",
    "median-rows": "x.median(1)",
    "quantile": "x.quantile(0.3, dim=1)",
    "unique": "classes.unique()",
    "bincount": "classes.bincount()",
    "histc": "flat.histc(100)",
    "searchsorted": "torch.searchsorted(x[0].cumsum(0), flat)",
    "isin": "torch.isin(classes, rows)",
    # Scans and statistics.
    "cumsum": "x.cumsum(1)",
    "cumprod": "x.cumprod(1)",
    "cummax": "x.cummax(1)",
    "logcumsumexp": "x.logcumsumexp(1)",
    "std": "x.std(1)",
    "cov": "torch.cov(x[:100])",
    "norm": "x.norm()",
    "logsumexp": "x.logsumexp(1)",
    # Pointwise.
    "where": "torch.where(mask, x, 0.0)",
    "clamp": "x.clamp(0.2, 0.8)",
    "lerp": "torch.lerp(x, x, 0.3)",
    "addcmul": "torch.addcmul(x, x, x)",
    "remainder": "x % 0.3",
    "logaddexp": "torch.logaddexp(x, x)",
    "lgamma": "x.lgamma()",
    "digamma": "x.digamma()",
    "erfinv": "x.erfinv()",
    "nan_to_num": "x.nan_to_num()",
    # Shape and movement.
    "cat": "torch.cat((x, x))",
    "stack": "torch.stack((x, x))",
    "roll": "x.roll(3, 1)",
    "flip": "x.flip(0)",
    "repeat": "x.repeat(2, 1)",
    "repeat_interleave": "x.repeat_interleave(2, 0)",
    "tril": "x.tril()",
    "pad-constant": "pad(x, (1, 1, 1, 1))",
    "pad-reflect": "pad(x[None], (1, 1, 1, 1), mode='reflect')",
    # Indexing.
    "index_select": "x.index_select(0, rows)",
    "index-mask": "x[mask]",
    "gather": "x.gather(1, columns)",
    "scatter_add": "x.scatter_add(1, columns, x)",
    "index_add": "x.index_add(0, rows, x)",
    "masked_fill": "x.masked_fill(mask, 0.0)",
    "take_along_dim": "x.take_along_dim(columns, 1)",
    "nonzero": "mask.nonzero()",
    "setitem-mask": "x[mask] = 0.25",
    # Layers.
    "layer_norm": "functional.layer_norm(x, (1000,), x[0], x[1])",
    "rms_norm": "functional.rms_norm(x, (1000,), x[0])",
    "batch_norm": "functional.batch_norm(images, None, None, training=True)",
    "group_norm": "functional.group_norm(images, 4)",
    "attention": "functional.scaled_dot_product_attention(heads, heads, heads, is_causal=True)",
    "cross_entropy": "functional.cross_entropy(x, rows)",
    "binary_cross_entropy": "functional.binary_cross_entropy_with_logits(x, x)",
    # Linear algebra and transforms.
    "einsum": "torch.einsum('bij,bjk->bik', batch, batch)",
    "cdist": "torch.cdist(points, points)",
    "inv": "torch.linalg.inv(batch)",
    "solve": "torch.linalg.solve(square, square)",
    "svd": "torch.linalg.svd(square)",
    "eigh": "torch.linalg.eigh(square)",
    "qr": "torch.linalg.qr(square)",
    "cholesky": "torch.linalg.cholesky(square @ square.T)",
    "det": "torch.linalg.det(batch)",
    "fft": "torch.fft.fft(x)",
    "rfft2": "torch.fft.rfft2(x)",
    # Pooling and resizing.
    "max_pool2d": "functional.max_pool2d(images, 2)",
    "max_pool2d-indices": "functional.max_pool2d(images, 3, 2, 1, return_indices=True)",
    "avg_pool2d": "functional.avg_pool2d(images, 2)",
    "adaptive_avg_pool2d": "functional.adaptive_avg_pool2d(images, 7)",
    "interpolate-nearest": "functional.interpolate(images, scale_factor=2)",
    "interpolate-bilinear": "functional.interpolate(images, size=100, mode='bilinear')",
}  # fmt: skip

GOALS = {
    "sort": 1.0, "sort-rows": 1.0, "quantile": 1.0, "cumsum": 2.0, "gather": 2.2, "scatter_add": 3.0, "index_add": 1.1,
    "layer_norm": 2.0, "batch_norm": 0.5, "group_norm": 2.5, "max_pool2d": 0.5, "max_pool2d-indices": 0.5, "avg_pool2d": 0.4,
    "interpolate-bilinear": 0.7,
}  # fmt: skip

CASES = [Case(f"functions/{name}", statement, _setup, GOALS.get(name)) for name, statement in STATEMENTS.items()]
