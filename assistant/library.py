"""The knowledge bases on this machine: open, fill, search with words, pictures and sound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import TypeVar, cast

from assistant.errors import InputError, ModelError
from assistant.language import detect_language
from assistant.models.lazy import Models
from assistant.settings import Settings
from knowledge.errors import KnowledgeError
from knowledge.ingest import Models as Senses
from knowledge.ingest import OnProgress, Report, ensure_samples, ingest
from knowledge.search import search
from knowledge.sights import Sight, look
from knowledge.store import SAMPLES, KnowledgeBase
from knowledge.types import Evidence, Modality, lies_in

AnyModel = TypeVar("AnyModel")


def _silent(progress: object) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Question:
    """What is searched for: words, a picture, a recording, or all at once."""

    text: str = ""
    image: Path | None = None
    audio: Path | None = None


class Library:
    """Opens each knowledge base once; safe to share between threads."""

    def __init__(self, settings: Settings, models: Models) -> None:
        self._settings = settings
        self._models = models
        self._open: dict[str, KnowledgeBase] = {}
        self._looked_into: set[str] = set()
        self._lock = Lock()

    def names(self) -> list[str]:
        """Return the knowledge bases that exist or ship as samples."""
        folders = (self._settings.knowledge_dir, SAMPLES)
        found = {f.name for folder in folders for f in folder.glob("[!._]*/")} - {"source"}
        return sorted(found)

    def check(self, name: str) -> None:
        """Raise KnowledgeError when there is no knowledge base of a name; nothing is loaded."""
        with self._lock:
            if name not in self._open and name not in self.names():
                raise KnowledgeError(
                    f"No knowledge base is called `{name}`. Choose one of: "
                    f"{', '.join(self.names())}; or make it with: samesense kb add --kb {name} "
                    "FOLDER"
                )

    def find(self, name: str) -> KnowledgeBase:
        """Return an existing knowledge base; the samples go in when it is opened empty.

        Raises KnowledgeError when there is none of that name.
        """
        self.check(name)
        base = self.create(name)
        if name not in self._looked_into:  # once: counting takes milliseconds in a large one
            if not base.count():
                self.fill_samples(name)
            self._looked_into.add(name)
        return base

    def create(self, name: str) -> KnowledgeBase:
        """Return a knowledge base, a new one where there is none of that name."""
        with self._lock:
            if name not in self._open:
                self._open[name] = KnowledgeBase.open(
                    self._settings.knowledge_dir,
                    name,
                    self._models.text_embedder(),
                    self._settings.chroma_url,
                )
            return self._open[name]

    def fill_samples(self, name: str, on_progress: OnProgress = _silent) -> Report:
        """Take in what is new of the samples that ship under a name; costs little otherwise."""
        return ensure_samples(self.create(name), self._senses(), on_progress=on_progress)

    def add(
        self,
        name: str,
        path: Path,
        on_progress: OnProgress = _silent,
        stop: Event | None = None,
    ) -> Report:
        """Take a file, an archive or a folder in. Raises KnowledgeError."""
        if not path.exists():  # before an empty knowledge base is made for it
            raise KnowledgeError(f"`{path}` does not exist. Give a file or a folder.")
        return ingest(self.create(name), path, self._senses(), on_progress=on_progress, stop=stop)

    def search(
        self,
        name: str,
        question: Question,
        k: int = 5,
        modality: Modality | None = None,
        source: str = "",
    ) -> list[Evidence]:
        """Return up to `k` documents, best first, scored as `knowledge.search.search` does.

        Words that come with a picture are asked alone, too, and a document has the better of both
        scores: a picture that shows nothing of it takes nothing from the words.

        Raises KnowledgeError, and InputError when nothing is asked or a file cannot be read.
        """
        base = self.find(name)
        words = [question.text.strip()]
        sight: Sight | None = None
        if question.audio:
            words.append(self._models.speech_to_text().transcribe([question.audio])[0].text)
        own = " ".join(filter(None, words))
        if question.image:
            from assistant.media import open_image

            picture = open_image(question.image, self._settings.limits)
            words += [line.text for line in self._models.screen_reader().read([picture])[0]]
            sight = look(picture, self._models.image_tagger())
        text = " ".join(filter(None, words))[: self._settings.limits.text_chars]
        if not text and sight is None:
            raise InputError(
                "There is nothing to search for. Give words, a picture, or a recording in which "
                "somebody speaks."
            )
        if source and not base.words.uris(source):
            source = Path(source).expanduser().absolute().as_posix()
        asked = [(text, sight), (own, None)] if sight and own else [(text, sight)]
        found = [
            evidence
            for words_asked, seen in asked
            for evidence in search(
                base, self._models.text_embedder(), words_asked, detect_language(words_asked),
                sight=seen, k=k, modality=modality, source=source,
                entailment=self._models.entailment(),
            )
        ]  # fmt: skip
        best = {e.document.id: e for e in sorted(found, key=lambda evidence: evidence.score)}
        return sorted(best.values(), key=lambda evidence: -evidence.score)[:k]

    def remove(self, name: str, chosen: Sequence[str]) -> int:
        """Delete documents by their ids, or all of sources by their URIs or paths.

        Returns how many documents there were. Raises KnowledgeError when one is not there.
        """
        base = self.find(name)
        uris, ids = set(base.words.uris()), base.words.ids()
        gone: set[str] = set()
        for given in chosen:
            if not given:
                raise KnowledgeError("Name what to remove: a document's id, a file or a folder.")
            names = {given, Path(given).expanduser().absolute().as_posix()}
            inside = {uri for uri in uris if any(lies_in(uri, place) for place in names)}
            if not inside and given not in ids:
                raise KnowledgeError(
                    f"`{given}` is neither a document nor a source of `{name}`. "
                    f"Run: samesense kb list --kb {name}"
                )
            gone |= {given} if given in ids else set()
            for uri in inside:
                gone |= base.words.ids(uri)
                base.words.complete(uri, None)
        return base.remove(sorted(gone))

    def export(self, name: str, target: Path) -> int:
        """Write all documents as JSON Lines, their pictures beside it; returns how many.

        Raises KnowledgeError when it cannot be written.
        """
        from knowledge.exchange import export

        base = self.find(name)
        return export(base.documents(), target, base.picture)

    def reembed(self, name: str, on_progress: Callable[[int, int], None]) -> int:
        """Make all vectors again with the profile's embedder; returns how many."""
        from knowledge.reembed import reembed

        return reembed(
            self._settings.knowledge_dir,
            name,
            self._models.text_embedder(),
            self._settings.chroma_url,
            on_progress,
        )

    def _senses(self) -> Senses:
        return Senses(
            embedder=self._models.text_embedder(),
            reader=lambda: _explained(self._models.screen_reader()),
            transcriber=lambda: _explained(self._models.speech_to_text()),
            tagger=lambda: _explained(self._models.image_tagger()),
        )


class _Explained:
    """A model whose errors are the knowledge base's: they are about the file at hand."""

    def __init__(self, model: object) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._model, name)

        def call(*args: object) -> object:
            try:
                return method(*args)
            except (InputError, ModelError) as exc:
                raise KnowledgeError(str(exc)) from exc

        return call


def _explained(model: AnyModel) -> AnyModel:
    """Return the same model with the knowledge base's errors."""
    return cast(AnyModel, _Explained(model))
