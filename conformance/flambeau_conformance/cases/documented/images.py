"""Documented behaviours of the parts for images, and operations on boxes and regions by hand."""

from functools import partial
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...subject import Subject

_FLOAT = ("float32",)


@case("vision/documented/parts/-", dtypes=_FLOAT, anchors=("vision",))
def _parts(subject: Subject) -> None:
    vision = subject.torch.vision
    for name in ("datasets", "models", "transforms"):
        expect(hasattr(vision, name), f"there is {name}")
    expect("resnet50" in vision.models.list_models(vision.models, include="resnet*", exclude="*18"), "there is a model")


def _ops(subject: Subject) -> Any:
    found = getattr(getattr(subject.torch, "vision", None), "ops", None)
    expect(found is not None, "there are operations on boxes")
    return found


@case("vision.ops/options/boxes/float32", dtypes=_FLOAT)
def _boxes(subject: Subject) -> None:
    t, ops = subject.torch, _ops(subject)
    boxes = t.tensor([[0.0, 0, 4, 4], [0, 0, 4, 2], [6, 6, 8, 8], [0, 0, 4, 4]])
    expect_equal(ops.box_iou(boxes[:2], boxes[1:3]).tolist(), [[0.5, 0.0], [1.0, 0.0]], "what is shared")
    wide = ops.box_convert(boxes, "xyxy", "cxcywh")
    expect_equal(wide[2].tolist(), [7.0, 7.0, 2.0, 2.0], "the center of a box")
    expect_equal(ops.box_iou(wide[:1], wide[1:2], fmt="cxcywh").tolist(), [[0.5]], "the same of centers and sizes")
    expect_equal(ops.box_area(wide, fmt="cxcywh").tolist(), [16.0, 8.0, 4.0, 16.0], "areas")
    scores = t.tensor([0.5, 0.9, 0.1, 0.5])
    expect_equal(ops.nms(boxes, scores, 0.6).tolist(), [1, 0, 2], "what is kept")
    expect_equal(ops.nms(boxes, scores, 0.4).tolist(), [1, 2], "what is kept with a lower threshold")
    classes = t.tensor([0, 1, 0, 0])
    expect_equal(ops.batched_nms(boxes, scores, classes, 0.4).tolist(), [1, 0, 2], "what is kept of each class")
    expect_equal(ops.clip_boxes_to_image(boxes, (3, 7))[2].tolist(), [6.0, 3.0, 7.0, 3.0], "what is cut")
    expect_equal(ops.remove_small_boxes(boxes, 3).tolist(), [0, 3], "what is not small")
    masks = t.tensor([[[0, 1, 1], [0, 0, 1]], [[0, 0, 0], [0, 0, 0]]])
    expect_equal(ops.masks_to_boxes(masks).tolist(), [[1.0, 0.0, 2.0, 1.0], [0.0] * 4], "boxes around masks")
    expect_raises(lambda: ops.nms(boxes, scores[:2], 0.5), RuntimeError, "same number of elements in dimension 0")
    expect_raises(lambda: ops.box_convert(boxes, "xyxy", "corners"), ValueError, "Unsupported Bounding Box Conversions")


@case("vision.ops/options/formats/float32", dtypes=_FLOAT)
def _formats(subject: Subject) -> None:
    t, ops = subject.torch, _ops(subject)
    upright = {"xyxy": [1.0, 2, 5, 4], "xywh": [1.0, 2, 4, 2], "cxcywh": [3.0, 3, 4, 2]}
    turned = {"xywhr": [1.0, 2, 4, 2, 0], "cxcywhr": [3.0, 3, 4, 2, 0], "xyxyxyxy": [1.0, 2, 5, 2, 5, 4, 1, 4]}
    for group in (upright, turned):
        for source, numbers in group.items():
            for target, wanted in group.items():
                found = ops.box_convert(t.tensor([numbers]), source, target)
                expect_equal(found.tolist(), [wanted], f"a box of {source} in {target}")
    for name, numbers in upright.items():
        box = t.tensor([numbers])
        expect_equal(ops.box_area(box, name).tolist(), [8.0], f"the area of a box of {name}")
        expect_equal(ops.box_iou(box, box, name).tolist(), [[1.0]], f"what a box of {name} shares with itself")
    for name, numbers in turned.items():
        expect_raises(
            partial(ops.box_iou, t.tensor([numbers]), t.tensor([numbers]), name), NotImplementedError, "upright"
        )
    expect_raises(lambda: ops.box_convert(box, "xyxy", "xywhr"), NotImplementedError, "Unsupported Bounding Box")


@case("vision.ops/options/regions/float32", dtypes=_FLOAT)
def _regions(subject: Subject) -> None:
    t, ops = subject.torch, _ops(subject)
    image = t.arange(32.0).reshape(2, 1, 4, 4).requires_grad_()
    boxes = t.tensor([[1.0, 0.0, 0.0, 4.0, 4.0], [0.0, 2.0, 2.0, 6.0, 4.0]])
    pooled = ops.roi_pool(image, boxes, (2, 1), spatial_scale=0.5)
    expect_equal(pooled.flatten().tolist(), [22.0, 26.0, 7.0, 11.0], "maxima")
    aligned = ops.roi_align(image, boxes, (2, 1), spatial_scale=0.5, sampling_ratio=2, aligned=True)
    expect_equal(aligned.flatten().tolist(), [17.0, 20.5, 4.5, 6.5], "means")
    (pooled.sum() + aligned.sum()).backward()
    expect_equal(round(float(image.grad.sum()), 4), 8.0, "the gradients of four maxima and four means")
    expect_raises(lambda: ops.roi_align(image, boxes[:, :4], 2), AssertionError, "boxes tensor shape is not correct")
