"""Everything that flows through a turn, in the order it flows.

Turn → Percept → FusedState → Plan → Evidence → Draft → Verification → Reply. All frozen. Paths and
ids travel here, never tensors or pictures; `SpeechChunk` is the exception, and it is only streamed,
never stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from knowledge.types import Box, Document, Evidence, Locator, Segment

__all__ = [
    "ACTIONS", "Action", "Attachment", "Box", "Channel", "Citation", "Claim", "ClaimVerdict",
    "Document", "Draft", "Event", "Evidence", "Exchange", "FusedState", "Locator", "Notice",
    "Percept", "Picture", "PictureFault", "PictureKind", "Plan", "Reply", "Segment", "SpeechChunk",
    "Step", "StepProgress", "StepStatus", "TextDelta", "Turn", "Verdict", "Verification", "View",
]  # fmt: skip

Channel = Literal["typed", "transcript", "ocr", "image", "audio"]
Action = Literal["answer", "describe", "draw", "annotate", "diagram"]
ACTIONS: tuple[Action, ...] = ("answer", "describe", "draw", "annotate", "diagram")
StepStatus = Literal["waiting", "running", "done", "failed", "skipped"]
PictureKind = Literal["generated", "composed", "annotated", "diagram"]
ClaimVerdict = Literal["supported", "contradicted", "unverified"]
PictureFault = Literal["", "blank", "tiny", "dark", "blurred", "faint", "gone"]
Verdict = Literal["consistent", "repaired", "inconsistent", "insufficient"]


@dataclass(frozen=True)
class Attachment:
    """A file of the turn; its id is its hash."""

    path: Path
    mime_type: str  # sniffed from the content, never from the name
    sha256: str


@dataclass(frozen=True)
class Turn:
    """What the user sent at once: typed text, pictures and recordings."""

    id: str
    thread_id: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    language: str | None = None  # ISO 639-1; None lets perception decide
    knowledge_base: str = "router"


@dataclass(frozen=True)
class View:
    """What the pixels and the file of a picture tell, and which look at it this was."""

    drawn: bool = False  # a screenshot or a drawing, not a photograph
    fault: PictureFault = ""  # what makes it hard to see anything; "gone": the file is
    colours: tuple[str, ...] = ()  # basic colour terms of most of it, the largest first
    middle: tuple[str, ...] = ()  # of what stands out in its middle; empty: nothing does
    again: bool = False  # a closer look at a picture that was looked at before
    made_from: str = ""  # the words that the assistant drew it from, as its file says


@dataclass(frozen=True)
class Percept:
    """What one channel of one source holds, in words."""

    modality: Channel
    source: str  # "typed", or the attachment's file name
    text: str  # empty when there is nothing to perceive
    confidence: float  # 0 to 1
    segments: tuple[Segment, ...] = ()
    language: str | None = None  # ISO 639-1, of typed text and transcripts
    note: str = ""  # why the text is empty or doubtful: "nobody speaks in this recording"
    attachment: str | None = None  # sha256 of the attachment it came from
    size_px: tuple[int, int] | None = None  # width, height of the upright picture
    sharpness: float | None = None  # 0 blurred to 1 sharp
    features: tuple[tuple[float, ...], ...] = ()  # an encoder's, of each 2 s of sound
    view: View | None = None  # of pictures


@dataclass(frozen=True)
class FusedState:
    """The turn as one: a query, how much each channel counted, and what matters in it."""

    query: str  # the words the query vector stands for
    query_vector: tuple[float, ...]
    gates: Mapping[str, float]  # channel → weight; only channels present
    relevance: tuple[tuple[float, ...], ...]  # one row a percept, one weight a segment
    routes: Mapping[str, float]  # action → probability, "urgent" and "grounded" too
    language: str  # ISO 639-1 of the answer


@dataclass(frozen=True)
class Step:
    """One sub-task."""

    id: str  # "s1"
    action: Action
    request: str  # the user's words for it, or a short wording of it
    priority: int  # 1 runs first
    depends_on: tuple[str, ...]
    reason: str  # one line, shown to the user, in the user's language
    grounded: bool = True  # whether an answer must rest on evidence (False: plain conversation)


@dataclass(frozen=True)
class Plan:
    """The steps of a turn, in the order of their priority."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Citation:
    """A marker in the answer and the passage that it stands for."""

    marker: str  # "[1]"
    document_id: str
    quote: str


@dataclass(frozen=True)
class Picture:
    """A picture of the reply."""

    path: Path
    kind: PictureKind
    prompt: str  # what was asked for
    alt: str  # what it shows, for people who cannot see it
    verdict: ClaimVerdict = "unverified"


@dataclass(frozen=True)
class Draft:
    """An answer before it is checked."""

    text: str
    citations: tuple[Citation, ...] = ()
    images: tuple[Picture, ...] = ()


@dataclass(frozen=True)
class Claim:
    """One checkable statement of the reply and what became of it."""

    text: str
    kind: str  # "number", "code", "name", "instruction", "negation", "warning", "speech", …
    verdict: ClaimVerdict
    score: float  # 0 to 1
    against: str  # what decided it: a document id, "typed", "transcript", ...
    detail: str  # one line a person reads
    quote: str = ""  # the words of the source that decide it


@dataclass(frozen=True)
class Verification:
    """Whether words, pictures, speech and evidence say the same."""

    verdict: Verdict
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True)
class Reply:
    """The checked answer to a turn."""

    turn_id: str
    thread_id: str
    language: str
    text: str
    citations: tuple[Citation, ...]
    speech: Path | None
    images: tuple[Picture, ...]
    verification: Verification
    plan: Plan
    gates: Mapping[str, float]
    percepts: tuple[Percept, ...]
    evidence: tuple[Evidence, ...]
    statuses: Mapping[str, StepStatus]  # step id → how it ended
    notices: tuple[str, ...]  # what the user should know: a missing voice, a failed step
    timings_s: Mapping[str, float]


@dataclass(frozen=True)
class Exchange:
    """One earlier turn of a thread, as the next turn remembers it."""

    turn_id: str
    question: str  # typed and spoken words
    answer: str
    language: str
    images: tuple[Path, ...] = ()  # pictures the user sent
    pictures: tuple[Path, ...] = ()  # pictures the assistant answered with


@dataclass(frozen=True)
class StepProgress:
    """A change in a step's state, streamed."""

    step_id: str
    status: StepStatus
    fraction: float | None = None  # 0 to 1 where it is known
    detail: str = ""


@dataclass(frozen=True)
class TextDelta:
    """The next words of the answer of a step, streamed."""

    step_id: str
    text: str


@dataclass(frozen=True)
class SpeechChunk:
    """One spoken sentence, streamed."""

    index: int  # from 0, in the order of speaking
    text: str
    samples: np.ndarray = field(repr=False, compare=False)  # float32 mono in [-1, 1]
    sample_rate: int


@dataclass(frozen=True)
class Notice:
    """Something the user should know while the turn runs."""

    text: str


Event = (
    Percept | FusedState | Plan | Evidence | StepProgress | TextDelta | SpeechChunk | Picture
    | Draft | Verification | Notice | Reply
)  # fmt: skip
