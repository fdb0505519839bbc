"""Fit how sure the classifier's labels and kinds are: `python -m assistant.benchmarks.fit_tags`.

Prints the slopes and biases that stand in `assistant.models.efficientnet_tagger`, fitted on the
development photographs, whole and spoilt, those of things without a class included. A whole one
weighs as much as its spoilt copies together: most pictures that people send are decent.
"""

import numpy as np

from assistant.benchmarks.photographs import STRENGTHS, WAYS, Photograph, photographs, spoil
from assistant.models.efficientnet_tagger import TOP, EfficientNetTagger, likeliest_kind
from assistant.models.imagenet_kinds import CLASSES_OF
from assistant.settings import load_settings

_LEAST = 0.03  # probability of a label that is worth learning from
_WHOLE, _SPOILT = 6.0, 1 / 3
_RIDGE = 0.01
Row = tuple[float, bool, float]  # log odds, is it right, weight


def is_right(label: str, photograph: Photograph, labels: tuple[str, ...]) -> bool:
    """Tell whether a label or a kind may be said of a photograph; `labels` are the classifier's."""
    kinds = {
        kind for kind, own in CLASSES_OF.items()
        if any(labels[place] in photograph.labels for place in own)
    }  # fmt: skip
    return label in photograph.labels | photograph.kinds | kinds


def fitted(rows: list[Row]) -> tuple[float, float]:
    """Return slope and bias of a weighted logistic regression, by Newton's method."""
    odds, right, weights = (np.array(column, float) for column in zip(*rows, strict=True))
    x = np.stack([odds, np.ones_like(odds)], axis=1)
    line = np.zeros(2)
    for _ in range(50):
        chances = 1 / (1 + np.exp(-x @ line))
        slope = x.T @ (weights * (right - chances)) - _RIDGE * line
        curve = (x * (weights * chances * (1 - chances))[:, None]).T @ x + _RIDGE * np.eye(2)
        line = line + np.linalg.solve(curve, slope)
    return float(line[0]), float(line[1])


def main() -> None:
    """Fit both lines and print them."""
    settings = load_settings()
    tagger = EfficientNetTagger(settings)
    of_classes: list[Row] = []
    of_kinds: list[Row] = []
    for photograph in photographs(settings, "dev"):
        images = [(photograph.image, _WHOLE)]
        images += [
            (spoil(photograph.image, way, strength), _SPOILT)
            for way in WAYS
            for strength in range(STRENGTHS)
        ]
        for image, weight in images:
            chances = tagger.look([image])[0].probabilities
            for place in np.argsort(-chances)[:TOP]:
                label = tagger.labels[place]
                right = is_right(label, photograph, tagger.labels)
                of_classes += _row(float(chances[place]), right, weight)
            kind, chance = likeliest_kind(chances)
            right = is_right(kind, photograph, tagger.labels)
            of_kinds += _row(chance, right, weight)
    for name, rows in (("OF_CLASSES", of_classes), ("OF_KINDS", of_kinds)):
        slope, bias = fitted(rows)
        print(f"{name} = ({slope:.2f}, {bias:.2f})")


def _row(chance: float, right: bool, weight: float) -> list[Row]:
    within = min(chance, 1 - 1e-4)
    return [(float(np.log(within / (1 - within))), right, weight)] if chance >= _LEAST else []


if __name__ == "__main__":
    main()
