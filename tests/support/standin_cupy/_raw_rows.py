"""NumPy renderings of the raw kernels over rows and channels, by their names without dtype and width."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["RENDERINGS", "computed", "met", "taps"]

Host = Any


def _rows(rows: int, length: int, inner: int, *arrays: Host) -> list[Host]:
    """Arrays (outer, length, inner) as rows; they are views."""
    return [array.reshape(int(rows // inner), int(length), int(inner)).swapaxes(1, 2) for array in arrays]


def computed(array: Host) -> Host:
    return array.astype("float32") if array.dtype.itemsize == 2 else array


def _shifted(a: Host) -> tuple[Host, Host, Host]:
    top = np.fmax.reduce(a, axis=-1, keepdims=True)  # the text's largest passes over nan, which its sum has
    return a - top, np.exp(a - top).sum(-1, keepdims=True, dtype=a.dtype), top


def _softmax(rows: int, length: int, inner: int, a: Host, result: Host) -> None:
    a, result = _rows(rows, length, inner, a, result)
    if length:
        lower, total, _ = _shifted(computed(a))
        result[...] = np.exp(lower) / total


def _log_softmax(rows: int, length: int, inner: int, a: Host, result: Host) -> None:
    a, result = _rows(rows, length, inner, a, result)
    if length:
        lower, total, _ = _shifted(computed(a))
        result[...] = lower - np.log(total)


def _logsumexp(rows: int, length: int, inner: int, a: Host, result: Host) -> None:
    (a,) = _rows(rows, length, inner, a)
    x = computed(a)
    top = np.fmax.reduce(x, axis=-1)
    total = np.exp(x - np.where(np.isfinite(top), top, 0)[..., None]).sum(-1, dtype=x.dtype)
    result[...] = (np.log(total) + np.where(np.isfinite(top), top, 0)).reshape(result.shape)


def _scan(combine: Any) -> Callable[..., None]:
    def scan(rows: int, length: int, inner: int, a: Host, neutral: Any, result: Host) -> None:
        a, result = _rows(rows, length, inner, a, result)
        result[...] = combine.accumulate(computed(a), axis=-1)

    return scan


def _softmax_backward(rows: int, length: int, inner: int, grad: Host, result: Host, slope: Host) -> None:
    grad, result, slope = _rows(rows, length, inner, grad, result, slope)
    g, r = computed(grad), computed(result)
    slope[...] = (g - (g * r).sum(-1, keepdims=True, dtype=g.dtype)) * r


def _log_softmax_backward(rows: int, length: int, inner: int, grad: Host, result: Host, slope: Host) -> None:
    grad, result, slope = _rows(rows, length, inner, grad, result, slope)
    g, r = computed(grad), computed(result)
    slope[...] = g - np.exp(r) * g.sum(-1, keepdims=True, dtype=g.dtype)


def _cross_entropy(
    rows: int, length: int, inner: int, a: Host, target: Host, weight: Host, ignored: int, ignores: bool, smoothing: Any,
    losses: Host, shares: Host, scales: Host,
) -> None:  # fmt: skip
    a, shares = _rows(rows, length, inner, a, shares)
    chosen = target.reshape(a.shape[:2])
    out = (chosen == ignored) & bool(ignores)
    chosen = np.where(out, 0, chosen)
    lower, total, _ = _shifted(computed(a))
    shares[...] = np.exp(lower) / total
    costs = np.log(total) - lower
    scale = np.where(out, 0, np.ones(1, costs.dtype) if weight is None else computed(weight)[chosen])
    loss = np.take_along_axis(costs, chosen[..., None], -1)[..., 0] * scale
    if smoothing:
        alike = (costs if weight is None else costs * computed(weight)).sum(-1, dtype=costs.dtype)
        loss = loss * (1 - smoothing) + alike * (smoothing / costs.dtype.type(length))
    losses[...] = np.where(out, 0, loss).reshape(losses.shape)
    if scales is not None:
        scales[...] = scale.reshape(scales.shape)


def _cross_entropy_backward(
    rows: int, length: int, inner: int, grad: Host, each: bool, shares: Host, target: Host, weight: Host, weights: Host,
    ignored: int, ignores: bool, smoothing: Any, slope: Host,
) -> None:  # fmt: skip
    shares, slope = _rows(rows, length, inner, shares, slope)
    y, chosen = computed(shares), target.reshape(shares.shape[:2])
    out = (chosen == ignored) & bool(ignores)
    chosen = np.where(out, 0, chosen)
    g = np.where(out, 0, computed(grad).reshape(chosen.shape if each else ())).astype(y.dtype)
    own = g * (1 - smoothing) * (1 if weight is None else computed(weight)[chosen])
    alike = g * (smoothing / y.dtype.type(length))
    whole = g if weight is None else own if weights is None else own + alike * weights
    found = y * whole[..., None]
    if smoothing:
        found -= alike[..., None] * (1 if weight is None else computed(weight))
    found -= np.where(np.arange(int(length)) == chosen[..., None], own[..., None], 0)
    slope[...] = found


def _layer_norm(
    rows: int,
    length: int,
    inner: int,
    a: Host,
    weight: Host,
    bias: Host,
    eps: Any,
    result: Host,
    mean: Host,
    rstd: Host,
) -> None:
    x = computed(a)
    mean[...] = x.mean(1, dtype=x.dtype)
    away = x - mean[:, None]
    rstd[...] = 1 / np.sqrt((away * away).mean(1, dtype=x.dtype) + eps)
    values = away * rstd[:, None]
    if weight is not None:
        values *= computed(weight)
    result[...] = values if bias is None else values + computed(bias)


def _layer_norm_backward(
    rows: int, length: int, inner: int, grad: Host, a: Host, mean: Host, rstd: Host, weight: Host, slope: Host
) -> None:
    weighted = computed(grad) if weight is None else computed(grad) * computed(weight)
    mean, rstd = mean.reshape(-1, 1), rstd.reshape(-1, 1)
    normal = (computed(a) - mean) * rstd
    part, product = (each.mean(1, keepdims=True) for each in (weighted, weighted * normal))
    slope[...] = (weighted - part - normal * product) * rstd


def _layer_norm_weight(rows: int, length: int, grad: Host, a: Host, mean: Host, rstd: Host, parts: Host) -> None:
    normal = (computed(a) - mean.reshape(-1, 1)) * rstd.reshape(-1, 1)
    parts[...] = 0
    parts[0] = (computed(grad) * normal).sum(0, dtype=parts.dtype)


def _channel_moments(outer: int, inner: int, a: Host, parts: Host, mean: Host, variance: Host) -> None:
    x = computed(a).swapaxes(0, 1).reshape(a.shape[1], -1)
    if parts is None:
        mean[...], variance[...] = x.mean(1, dtype=mean.dtype), x.var(1, dtype=mean.dtype)
        return
    pieces = np.array_split(x, parts.shape[1], axis=1)
    for place, piece in enumerate(pieces):
        parts[0, place] = piece.shape[1]
        parts[1, place] = piece.mean(1, dtype=mean.dtype)
        parts[2, place] = piece.var(1, dtype=mean.dtype) * piece.shape[1]


def _channel_moments_merged(channels: int, several: int, parts: Host, mean: Host, variance: Host) -> None:
    counts, means, squares = parts
    all_ = counts.sum(0)
    mean[...] = (counts * means).sum(0) / all_
    variance[...] = (squares + counts * (means - mean) ** 2).sum(0) / all_


def _channel_sums(outer: int, inner: int, grad: Host, a: Host, mean: Host, sums: Host) -> None:
    g = computed(grad)
    sums[...] = 0
    sums[0, 0] = g.sum((0, 2), dtype=sums.dtype)
    sums[1, 0] = (g * (computed(a) - mean[:, None])).sum((0, 2), dtype=sums.dtype)


def _scores(
    x: Host, scale: Any, mask: Host, heads: int, height: int, first_matrix: int, first_row: int, *others: Any
) -> Host:
    """What softmax is applied to, (rows, keys)."""
    *strides, causal = others
    rows, keys = x.shape
    row = np.arange(rows)
    matrix, query, key = first_matrix + row // height, first_row + row % height, np.arange(keys)
    found = computed(x) * scale
    if mask is not None:
        batch, head = divmod(matrix, heads)
        flat = np.lib.stride_tricks.as_strided(mask, (_reach(mask),), (mask.itemsize,))
        at = (batch * strides[0] + head * strides[1] + query * strides[2])[:, None] + key * strides[3]
        found = found + computed(flat)[at]
    return np.where((key > query[:, None]) & bool(causal), -np.inf, found).astype(found.dtype)


def _reach(array: Host) -> int:
    """How many elements of memory an array reaches over."""
    return (
        1 + sum((size - 1) * stride for size, stride in zip(array.shape, array.strides, strict=True)) // array.itemsize
    )


def _attention(rows: int, length: int, inner: int, scores: Host, weights: Host, logs: Host, *options: Any) -> None:
    found = _scores(scores.reshape(int(rows), int(length)), *options)
    blind = (found == -np.inf).all(1, keepdims=True)
    lower, total, top = _shifted(np.where(blind, 0, found))
    weights.reshape(found.shape)[...] = np.where(blind, 0, np.exp(lower) / total)
    logs[...] = np.where(blind, np.inf, np.log(total) + top).reshape(logs.shape)


def _attention_backward(
    rows: int,
    length: int,
    inner: int,
    scores: Host,
    slopes: Host,
    weights: Host,
    bends: Host,
    logs: Host,
    *options: Any,
) -> None:
    x, slope = (each.reshape(int(rows), int(length)) for each in (scores, slopes))
    found = np.exp(_scores(x, *options) - logs.reshape(-1, 1))
    total = found.sum(1, keepdims=True)
    dots = (found * slope).sum(1, keepdims=True) / np.where(total == 0, 1, total)
    bends.reshape(x.shape)[...] = (slope - dots) * found * options[0]
    weights.reshape(x.shape)[...] = found


def met(plan: Host, tap: int) -> tuple[Any, Any]:
    """Which places a tap meets an element at, and which elements: a mask of places, and indices for it."""
    size, kernel, out, stride, padding, dilation = (np.atleast_1d(plan[name][0]) for name in plan.dtype.names)
    of_tap = np.unravel_index(tap, kernel)
    places = np.meshgrid(*map(np.arange, out), indexing="ij")
    at = [place * s - p + k * d for place, s, p, k, d in zip(places, stride, padding, of_tap, dilation, strict=True)]
    inside = np.logical_and.reduce(
        [(each >= 0) & (each < limit) for each, limit in zip(at, size, strict=True)]
    ).reshape(-1)
    flat = (at[0] * size[1] + at[1]) * size[2] + at[2]
    return inside, flat.reshape(-1)[inside]


def taps(plan: Host) -> range:
    return range(int(np.prod(plan["kernel"][0])))


def _to_columns(count: int, samples: int, channels: int, a: Host, plan: Host, columns: Host) -> None:
    x = a.reshape(int(samples), int(channels), -1)
    to = columns.reshape(int(channels), len(taps(plan)), int(samples), -1)
    to[...] = 0
    for tap in taps(plan):
        inside, elements = met(plan, tap)
        to[:, tap][:, :, inside] = x[:, :, elements].swapaxes(0, 1)


def _started(result: Host, *shape: int) -> Host:
    """Where sums for a result begin: itself, or numbers that halves are computed with."""
    wide = result if result.dtype.itemsize > 2 else np.empty(result.shape, "float32")
    return wide.reshape(*shape)


def _from_columns(count: int, samples: int, channels: int, columns: Host, bias: Host, plan: Host, result: Host) -> None:
    to = _started(result, int(samples), int(channels), -1)
    of = columns.reshape(int(channels), len(taps(plan)), int(samples), -1)
    to[...] = 0 if bias is None else bias[:, None]
    for tap in taps(plan):
        inside, elements = met(plan, tap)
        to[:, :, elements] += of[:, tap][:, :, inside].swapaxes(0, 1)
    result[...] = to.reshape(result.shape)


def _apart(count: int, channels: int, a: Host, weight: Host, bias: Host, plan: Host, result: Host) -> None:
    x, factors = computed(a).reshape(-1, channels, np.prod(plan["size"])), computed(weight).reshape(int(channels), -1)
    to = _started(result, x.shape[0], int(channels), -1)
    to[...] = 0 if bias is None else bias[:, None]
    for tap in taps(plan):
        inside, elements = met(plan, tap)
        to[:, :, inside] += x[:, :, elements] * factors[:, tap, None]
    result[...] = to.reshape(result.shape)


def _apart_input(count: int, channels: int, grad: Host, weight: Host, bias: Host, plan: Host, result: Host) -> None:
    g, factors = (
        computed(grad).reshape(-1, channels, np.prod(plan["out"])),
        computed(weight).reshape(int(channels), -1),
    )
    to = _started(result, g.shape[0], int(channels), -1)
    to[...] = 0 if bias is None else bias[:, None]
    for tap in taps(plan):
        inside, elements = met(plan, tap)
        to[:, :, elements] += g[:, :, inside] * factors[:, tap, None]
    result[...] = to.reshape(result.shape)


def _apart_weight(samples: int, channels: int, a: Host, grad: Host, plan: Host, result: Host) -> None:
    x, g = (computed(each).reshape(int(samples), int(channels), -1) for each in (a, grad))
    to = result.reshape(int(channels), -1)
    for tap in taps(plan):
        inside, elements = met(plan, tap)
        to[:, tap] = (x[:, :, elements] * g[:, :, inside]).sum((0, 2), dtype=x.dtype)


def _add_in_order(count: int, places: int, rest: int, sorted_: Host, order: Host, values: Host, target: Host) -> None:
    parts, to = values.reshape(-1, int(rest)), target.reshape(-1, int(rest))
    for place in np.unique(sorted_):
        total = computed(to[place])
        for each in order[sorted_ == place]:
            total = total + computed(parts[each])
        to[place] = total


def _reduce_in_order(combine: Any) -> Callable[..., None]:
    def reduce(count: int, sorted_: Host, order: Host, values: Host, target: Host) -> None:
        wide = np.array(computed(target))
        combine.at(wide, sorted_, computed(values)[order])
        target[...] = wide

    return reduce


def _add_slices(count: int, slices: int, size: int, inner: int, index: Host, source: Host, target: Host) -> None:
    to = target.reshape(-1, int(size), int(inner))
    np.add.at(to, (slice(None), index), source.reshape(-1, int(slices), int(inner)))


def _add_along(count: int, stride: int, sizes: Host, index: Host, source: Host, target: Host) -> None:
    rank, dim = int(sizes["rank"][0]), int(sizes["dim"][0])
    at = list(np.ogrid[tuple(slice(length) for length in sizes["lengths"][0, :rank])])
    at[dim] = index
    np.add.at(target, tuple(at), source)


def _masked_scale(count: int, a: Host, kept: Host, scale: Any, result: Host) -> None:
    result[...] = computed(a) * kept * scale


def _select(length: int, k: int, largest: bool, a: Host, firsts: Host | None, place: Host | None) -> None:
    for row, elements in enumerate(computed(a).reshape(-1, int(length))):
        if largest:
            order = len(elements) - 1 - np.argsort(elements[::-1], kind="stable")[::-1]
        else:
            order = np.argsort(elements, kind="stable")
        if firsts is not None:
            firsts[row] = np.sort(order[:k])
        if place is not None:
            place[row] = order[k - 1]


def _sparse_along(
    count: int, length: int, rows: int, after: int, a: Host, pointers: Host, indices: Host, values: Host, result: Host
) -> None:
    source, target = a.reshape(-1, int(length), int(after)), result.reshape(-1, int(rows), int(after))
    for row in range(int(rows)):
        here = slice(pointers[row], pointers[row + 1])
        target[:, row] = 0
        for index, value in zip(indices[here], values[here], strict=True):
            target[:, row] += value * source[:, index]


RENDERINGS: dict[str, Callable[..., None]] = {
    "logsumexp": _logsumexp, "cummax": _scan(np.maximum), "cummin": _scan(np.minimum), "logcumsumexp": _scan(np.logaddexp),
    "softmax": _softmax, "log_softmax": _log_softmax, "softmax_backward": _softmax_backward,
    "log_softmax_backward": _log_softmax_backward, "cross_entropy": _cross_entropy,
    "cross_entropy_backward": _cross_entropy_backward, "layer_norm": _layer_norm,
    "layer_norm_backward": _layer_norm_backward, "layer_norm_weight": _layer_norm_weight,
    "channel_moments": _channel_moments, "channel_moments_merged": _channel_moments_merged, "channel_sums": _channel_sums,
    "attention": _attention, "attention_backward": _attention_backward,
    "to_columns": _to_columns, "from_columns": _from_columns, "convolution_apart": _apart,
    "convolution_apart_input": _apart_input, "convolution_apart_weight": _apart_weight,
    "prod_in_order": _reduce_in_order(np.multiply), "prod_of_pairs_in_order": _reduce_in_order(np.multiply),
    "amax_in_order": _reduce_in_order(np.maximum), "amin_in_order": _reduce_in_order(np.minimum),
    "add_in_order": _add_in_order, "add_slices": _add_slices, "add_along": _add_along, "masked_scale": _masked_scale,
    "sparse_along": _sparse_along, "select": _select,
}  # fmt: skip
