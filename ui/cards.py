"""A document as a card: where it stands, what it says, and how it can be looked at."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from assistant.types import Document
from knowledge.store import INSIDE
from ui.markup import clock
from ui.sights import Sight


@dataclass(frozen=True)
class Card:
    """A document as its card shows it."""

    document: Document
    sight: Sight
    element: str  # its id on the page
    marker: str = ""  # the number that the answer cites
    score: float | None = None

    @property
    def title(self) -> str:
        return self.document.metadata.get("title") or self.document.uri

    @property
    def file(self) -> str:
        """The name of its file, with the archive's where it comes from one."""
        outer, inside, inner = self.document.uri.partition(INSIDE)
        name = PurePosixPath(inner or outer).name
        return f"{PurePosixPath(outer).name} › {name}" if inside else name

    @property
    def moment(self) -> str:
        """When in a recording it is: `0:12–0:25`."""
        at = self.document.locator
        if at.start_s is None:
            return ""
        return clock(at.start_s) + (f"–{clock(at.end_s)}" if at.end_s is not None else "")

    @property
    def fragment(self) -> str:
        """What makes a player play that moment only (W3C media fragment)."""
        at = self.document.locator
        if at.start_s is None:
            return ""
        return f"#t={at.start_s:g}" + (f",{at.end_s:g}" if at.end_s is not None else "")
