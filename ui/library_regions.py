"""The library as HTML: what is added, a search that is tried, what is there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.types import Document
from assistant.weights import size_text
from knowledge.search import ANSWERS
from knowledge.store import KnowledgeBase
from knowledge.types import Skipped
from ui.additions import Addition
from ui.cards import Card
from ui.kinds import ACCEPTED, KINDS
from ui.likenesses import page_thumbnail, thumbnail, waveform
from ui.markup import fill
from ui.media import Media
from ui.session import LibraryView, SearchView
from ui.shelf import Item, Listing
from ui.sights import Sight, SightOf
from ui.words import Words

PER_LEAF = 30  # documents of a file shown at once
_ALIKE = 4  # files with one reason that are shown; more are folded
_MAKERS = {"picture": thumbnail, "page": page_thumbnail, "wave": waveform}
SCRIPT_WORDS = (
    "library.uploading", "library.upload_lost", "library.nothing",
    "box.remove", "box.removed", "box.recording",
    "box.recorded", "box.record", "box.added", "box.uploading",
    "box.record_stop", "box.no_microphone", "box.upload_failed",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A file as the list shows it."""

    item: Item
    picture: str  # the address of its small picture
    folder: str
    name: str


@dataclass(frozen=True)
class Reason:
    """Why some files or parts did not go in as documents of their own."""

    text: str
    shown: Sequence[str]
    folded: Sequence[str]


@dataclass(frozen=True)
class Leaf:
    """One page of a file's documents."""

    cards: Sequence[Card]
    number: int  # from 1
    leaves: int


def render_intake(
    names: Sequence[str], view: LibraryView, additions: Sequence[Addition], words: Words, *,
    folder: Path, error: str = "",
) -> str:  # fmt: skip
    """Show the choice of a knowledge base, where files are added, and how far that is."""
    return fill(
        "library_intake.html",
        words=words,
        names=names,
        view=view,
        error=error,
        accepted=ACCEPTED,
        additions=[
            (
                addition,
                _pace(addition, words),
                _reasons(addition.skipped, folder / addition.knowledge_base),
                _reasons(addition.merged, folder / addition.knowledge_base),
            )
            for addition in additions
        ],
    )


def render_search(view: LibraryView, cards: Sequence[Card], words: Words) -> str:
    """Show the form that tries a search, and what it found."""
    search = view.search or SearchView()
    answered = bool(search.found) and search.found[0].score >= ANSWERS
    return fill(
        "library_search.html",
        words=words,
        view=view,
        search=search,
        tried=view.search is not None and not search.running,
        answered=answered,
        cards=cards,
    )


def render_shelf(
    listing: Listing | None, view: LibraryView, media: Media, words: Words, error: str = ""
) -> str:
    """Show a page of the list of files; None while it is opened, or when it cannot be."""
    return fill(
        "library_shelf.html",
        words=words,
        listing=listing,
        view=view,
        kinds=list(KINDS),
        rows=[row_of(item, media) for item in listing.items] if listing else [],
        error=error,
        size_text=size_text,
    )


def render_source(
    row: Row, leaf: Leaf, sight: Sight, *, view: LibraryView, words: Words, error: str = ""
) -> str:
    """Show one file with what it holds."""
    return fill(
        "library_source.html",
        words=words, row=row, leaf=leaf, sight=sight, view=view, error=error, size_text=size_text,
    )  # fmt: skip


def leaf_of(
    documents: Sequence[Document], number: int, base: KnowledgeBase, sights: SightOf
) -> Leaf:
    """Return a page of a file's documents."""
    leaves = max(1, -(-len(documents) // PER_LEAF))
    number = min(max(number, 1), leaves)
    first = (number - 1) * PER_LEAF
    cards = [
        Card(document, sights(document, base.name), f"document-{document.id}")
        for document in documents[first : first + PER_LEAF]
    ]
    return Leaf(cards, number, leaves)


def row_of(item: Item, media: Media) -> Row:
    """Return a file as the list shows it."""
    picture = ""
    if item.shape and item.likeness:
        path, make = item.likeness, _MAKERS[item.shape]
        suffix = ".png" if item.shape == "wave" else ".jpg"
        key = f"{item.shape} {path} {path.stat().st_mtime_ns if path.exists() else 0}"
        picture = media.made_url(key, suffix, lambda: make(path))
    folder, slash, name = item.name.rpartition("/")
    return Row(item, picture, folder + slash, name)


def _pace(addition: Addition, words: Words) -> str:
    """Say how fast documents go in and how long it still takes, as far as that is known."""
    parts = []
    if addition.documents and addition.elapsed_s >= 1:
        rate = addition.documents / addition.elapsed_s
        parts.append(words("library.rate", rate=f"{rate:.0f}" if rate >= 2 else f"{rate:.1f}"))
    if addition.open and addition.left_s is not None:
        parts.append(words("library.left", left=span(addition.left_s, words)))
    return " · ".join(parts)


def span(seconds: float, words: Words) -> str:
    """Write how long something takes."""
    if seconds < 90:
        return words("ready.seconds", seconds=round(seconds))
    return words("ready.minutes", minutes=round(seconds / 60))


def _reasons(skipped: Sequence[Skipped], folder: Path) -> list[Reason]:
    """Group what did not go in by the reason, the most frequent first."""
    places: dict[str, list[str]] = {}
    for left_out in list(skipped):
        name = left_out.path.as_posix().removeprefix(f"{folder.as_posix()}/").replace("!/", " › ")
        place = f"{name}, {left_out.part}" if left_out.part else name
        places.setdefault(left_out.reason, []).append(place)
    counts = Counter({reason: len(found) for reason, found in places.items()})
    return [
        Reason(reason, places[reason][:_ALIKE], places[reason][_ALIKE:])
        for reason, _ in counts.most_common()
    ]
