"""Recognise a picture again after it was cropped, scaled and recompressed.

Two views of one picture share local features in the same arrangement (SIFT: Lowe, "Distinctive
Image Features from Scale-Invariant Keypoints", 2004; RANSAC for the arrangement). Screens of one
program look alike to a classifier's features, but not to these.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from knowledge.protocols import Tagger

if TYPE_CHECKING:
    from PIL.Image import Image

_SIDE_PX = 1000  # of the picture that features are taken from
_FEATURES = 500
_DISTINCT = 0.8  # of the second best match's distance, as in the paper
_ERROR_PX = 4.0  # that a feature may lie off the common arrangement
_LEAST = 6  # matches below which an arrangement is chance
_HALF = 30.0  # features in agreement that count as half sure


@dataclass(frozen=True)
class Sight:
    """What a picture is compared by."""

    vectors: np.ndarray  # unit vectors of what it shows, shape (1, width)
    points: np.ndarray  # places of its local features, shape (n, 2)
    features: np.ndarray  # shape (n, 128)


def look(picture: "Image", tagger: Tagger) -> Sight:
    """Return what an upright RGB picture is compared by."""
    return Sight(tagger.embed_images([picture]), *_local_features(picture))


def agreement(sight: Sight, picture: "Image") -> float:
    """Return how surely a picture holds what was seen, 0 to 1: features that agree, n / (n + 30).

    The views may differ in place, scale and rotation.
    """
    import cv2

    points, features = _local_features(picture)
    if min(len(points), len(sight.points)) < _LEAST:
        return 0.0
    pairs = cv2.BFMatcher().knnMatch(sight.features, features, k=2)
    close = [best for best, second in pairs if best.distance < _DISTINCT * second.distance]
    if len(close) < _LEAST:
        return 0.0
    seen = sight.points[[match.queryIdx for match in close]]
    held = points[[match.trainIdx for match in close]]
    _, agree = cv2.estimateAffinePartial2D(seen, held, ransacReprojThreshold=_ERROR_PX)
    count = 0 if agree is None else int(agree.sum())
    return count / (count + _HALF) if count >= _LEAST else 0.0


def _local_features(picture: "Image") -> tuple[np.ndarray, np.ndarray]:
    import cv2

    gray = np.asarray(picture.convert("L"))
    scale = min(1.0, _SIDE_PX / max(gray.shape))
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    points, features = cv2.SIFT.create(_FEATURES).detectAndCompute(small, np.ones_like(small))
    places = np.array([point.pt for point in points], np.float32).reshape(-1, 2)
    return places, features if len(places) else np.zeros((0, 128), np.float32)
