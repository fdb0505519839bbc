"""Train the planner's head on the committed examples: `python -m assistant.fusion.train_routes`."""

from pathlib import Path

import numpy as np

from assistant.fusion.clauses import mask_quotes
from assistant.fusion.routes import BUCKETS, OUTPUTS, WEIGHTS, hashed
from assistant.fusion.routes_data import Example, read
from assistant.models.registry import load
from assistant.profiles import profile
from assistant.settings import Settings
from knowledge.protocols import TextEmbedder

HIDDEN = 48
EPOCHS = 250
WITHOUT_VECTOR = 0.3  # share of examples that learn from the words alone
SEED = 20


def train(settings: Settings, path: Path = WEIGHTS) -> float:
    """Train the head, write its weights to `path` and return the last loss; the same every time.

    Raises ConfigurationError when the profile's text encoder has no weights on this machine.
    """
    embedder: TextEmbedder = load(
        "text_embedder", profile(settings.profile).choices["text_embedder"].backend, settings
    )
    rows = _rows(read("train"))
    texts = [mask_quotes(text) for text, _, _ in rows]
    vectors = embedder.embed_queries(texts, [language for _, language, _ in rows])
    words = np.zeros((len(rows), BUCKETS), dtype=np.float32)
    for row, (text, _, _) in zip(words, rows, strict=True):
        row[hashed(text)] = 1
    targets = np.array([[name in labels for name in OUTPUTS] for *_, labels in rows])
    weights, loss = _fit(vectors, words, targets.astype(np.float32))
    _write(path, weights, embedder.name)
    return loss


def _rows(examples: list[Example]) -> list[tuple[str, str, frozenset[str]]]:
    """Return text, language and labels of each clause and each whole message, without repeats."""
    rows: dict[str, tuple[str, str, frozenset[str]]] = {}
    for example in examples:
        everything = frozenset(label for clause in example.clauses for label in clause.labels)
        rows[example.message] = example.message, example.language, everything
        for clause in example.clauses:
            rows[clause.text] = clause.text, example.language, frozenset(clause.labels)
    return list(rows.values())


def _fit(
    vectors: np.ndarray, words: np.ndarray, targets: np.ndarray
) -> tuple[dict[str, np.ndarray], float]:
    """Minimise the cross-entropy of every output with AdamW, in full batches."""
    import torch
    from torch.nn import functional as F

    torch.manual_seed(SEED)
    x, bags, y = (torch.from_numpy(array) for array in (vectors, words, targets))
    shapes = {"hidden": (x.shape[1], HIDDEN), "out": (HIDDEN, len(OUTPUTS))}
    weights = {name: torch.randn(shape) / shape[0] ** 0.5 * 2 for name, shape in shapes.items()}
    weights["hidden_bias"], weights["bias"] = torch.zeros(HIDDEN), torch.zeros(len(OUTPUTS))
    weights["words"] = torch.zeros(BUCKETS, len(OUTPUTS))
    for weight in weights.values():
        weight.requires_grad_()
    optimiser = torch.optim.AdamW(weights.values(), lr=0.01, weight_decay=0.05)
    loss = torch.tensor(0.0)
    for _ in range(EPOCHS):
        kept = (torch.rand(len(x), 1) > WITHOUT_VECTOR).float()
        bag = F.dropout(bags, 0.5)  # a clause seen again lacks some of its words
        hidden = F.dropout(F.relu(x @ weights["hidden"] + weights["hidden_bias"]), 0.3)
        logits = bag @ weights["words"] + weights["bias"] + (hidden @ weights["out"]) * kept
        loss = F.binary_cross_entropy_with_logits(logits, y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return {name: weight.detach().numpy() for name, weight in weights.items()}, loss.item()


def _write(path: Path, weights: dict[str, np.ndarray], embedder_name: str) -> None:
    from safetensors.numpy import save_file

    path.parent.mkdir(exist_ok=True)
    half = {name: weight.astype(np.float16) for name, weight in weights.items()}
    save_file(half, path, metadata={"embedder": embedder_name})


if __name__ == "__main__":
    from assistant.settings import load_settings

    print(f"loss {train(load_settings()):.4f} → {WEIGHTS}")
