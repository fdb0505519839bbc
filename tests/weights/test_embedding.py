"""The two text encoders on their real weights."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from assistant.models.use_minilm_embedder import UseMiniLmEmbedder
from assistant.settings import Settings, load_settings

pytestmark = pytest.mark.weights

# The first numbers of what the encoder's reference code gives for these texts.
REFERENCE = {
    "Hello world": [0.0773, 0.0198, 0.0265, 0.0439, -0.0383, -0.0528, 0.0581, 0.0237],
    "我的路由器显示错误 E-42，红灯一直亮着，怎么办？": [
        -0.0331,
        -0.0754,
        -0.0206,
        0.0008,
        -0.0797,
        -0.077,
        0.0548,
        -0.0468,
    ],
}
PASSAGES = [
    "E-42: the provider refused the user name or the password. Type them again under PPPoE.",
    "A guest network keeps visitors apart from your own devices.",
    "To print on both sides, open the printer's settings and choose duplex.",
    "The coffee machine asks for descaling every three months.",
]
QUESTIONS = [
    ("The provider rejects my login data", "运营商拒绝了我的用户名和密码，怎么办？"),
    ("How can visitors use the Wi-Fi?", "客人怎么用无线网？"),
    ("print double-sided", "怎么双面打印？"),
    ("how often must I descale", "咖啡机多久除一次垢？"),
]


@pytest.fixture(scope="module")
def embedder() -> UseMiniLmEmbedder:
    return UseMiniLmEmbedder(load_settings())


@pytest.mark.parametrize("text", REFERENCE)
def test_use_gives_what_its_reference_gives(embedder: UseMiniLmEmbedder, text: str) -> None:
    ours = embedder.embed([text])[0, :8] * 2**0.5
    assert np.allclose(ours, REFERENCE[text], atol=2e-3)


def test_vectors_have_unit_length_whatever_the_text(embedder: UseMiniLmEmbedder) -> None:
    texts = [
        "Hello",
        "",
        "🙂🙂",
        "x" * 20_000,
        "路由器" * 5000,
        "مرحبا",
        "\u202e\u0007",
        "<s> </s>",
    ]
    for vectors in (
        embedder.embed(texts),
        embedder.embed_queries(texts, ["en"] * len(texts)),
        embedder.embed_queries(texts, ["zh"] * len(texts)),
    ):
        assert vectors.shape == (len(texts), embedder.dimension)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_a_batch_gives_what_single_texts_give(embedder: UseMiniLmEmbedder) -> None:
    texts = [*PASSAGES, PASSAGES[0] * 20]
    batch = embedder.embed(texts)
    single = np.vstack([embedder.embed([text]) for text in texts])
    assert (batch * single).sum(axis=1).min() > 0.99  # 8-bit numbers round by batch


def test_no_texts_give_no_vectors(embedder: UseMiniLmEmbedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)
    assert embedder.embed_queries([], []).shape == (0, embedder.dimension)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_questions_of_both_languages_find_the_passage(
    embedder: UseMiniLmEmbedder, language: str
) -> None:
    questions = [pair[language == "zh"] for pair in QUESTIONS]
    scores = embedder.embed_queries(questions, [language] * 4) @ embedder.embed(PASSAGES).T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_threads_share_one_encoder(settings: Settings) -> None:
    fresh = UseMiniLmEmbedder(settings)
    with ThreadPoolExecutor(4) as pool:
        vectors = list(pool.map(lambda text: fresh.embed([text])[0], PASSAGES))
    single = np.vstack([fresh.embed([text]) for text in PASSAGES])
    assert np.allclose(np.vstack(vectors), single, atol=1e-4)


def test_text_alone_loads_no_other_library() -> None:
    code = (
        "import sys; from assistant.settings import load_settings;"
        "from assistant.models.use_minilm_embedder import UseMiniLmEmbedder;"
        "UseMiniLmEmbedder(load_settings()).embed_queries(['hi'], ['en']);"
        "print([m for m in ('transformers', 'cv2', 'av', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
