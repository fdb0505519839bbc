"""A reply as the JSON object of the command's contract and as Markdown a person reads."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.prompts import title_of
from assistant.types import Claim, Percept, Picture, Reply

_NAMED = re.compile(r"`([^`]+)`")
MARKS = {"supported": "✓", "contradicted": "✗", "unverified": "?"}


def to_json(reply: Reply, out: Path | None) -> dict[str, Any]:
    """Return the reply as plain data; file names are relative to `out` where it is given."""
    return {
        "turn_id": reply.turn_id,
        "thread_id": reply.thread_id,
        "language": reply.language,
        "percepts": [_percept(percept) for percept in reply.percepts],
        "gates": dict(reply.gates),
        "plan": [
            {
                "id": step.id,
                "action": step.action,
                "request": step.request,
                "priority": step.priority,
                "depends_on": list(step.depends_on),
                "reason": step.reason,
                "status": reply.statuses[step.id],
            }
            for step in reply.plan.steps
        ],
        "evidence": [
            {
                "document_id": piece.document.id,
                "uri": piece.document.uri,
                "modality": piece.document.modality,
                "locator": _present(asdict(piece.document.locator)),
                "text": piece.document.text,
                "score": round(piece.score, 3),
            }
            for piece in reply.evidence
        ],
        "answer": reply.text,
        "citations": [asdict(citation) for citation in reply.citations],
        "speech": _name(reply.speech, out),
        "images": [
            {
                "path": _name(picture.path, out),
                "kind": picture.kind,
                "prompt": picture.prompt,
                "alt": picture.alt,
                "verdict": picture.verdict,
            }
            for picture in reply.images
        ],
        "verification": {
            "verdict": reply.verification.verdict,
            "claims": [asdict(claim) for claim in reply.verification.claims],
        },
        "notices": list(reply.notices),
        "timings_s": dict(reply.timings_s),
    }


def _percept(percept: Percept) -> dict[str, Any]:
    segments = [_present(asdict(segment)) for segment in percept.segments]
    return {
        "modality": percept.modality,
        "source": percept.source,
        "text": percept.text,
        "confidence": round(percept.confidence, 3),
        "segments": segments,
        "language": percept.language,
        "note": percept.note,
    }


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _name(path: Path | None, out: Path | None) -> str | None:
    if path is None:
        return None
    return path.name if out else str(path)


def to_markdown(reply: Reply, out: Path | None) -> str:
    """Return the reply as a readable page with its sources, pictures and checks."""
    parts = [reply.text]
    parts += [_picture(picture, out) for picture in reply.images]
    if reply.speech:
        parts.append(f"[Listen]({_name(reply.speech, out)})")
    parts += _section("Sources", [_source(reply, c.marker, c.document_id) for c in reply.citations])
    parts += _section("What I heard and read", [_heard(percept) for percept in reply.percepts])
    relied = sorted(reply.gates.items(), key=lambda gate: -gate[1])
    parts += _section("What I relied on", [f"- {name}: {weight:.0%}" for name, weight in relied])
    steps = [
        f"{step.priority}. {step.action}: {step.request} ({reply.statuses[step.id]}; {step.reason})"
        for step in reply.plan.steps
    ]
    parts += _section("Plan", steps)
    titles = {piece.document.id: title_of(piece) for piece in reply.evidence}
    checks = [f"- {proof_of(claim, titles)}" for claim in reply.verification.claims]
    parts += _section(f"Check: {reply.verification.verdict}", checks or ["Nothing to check."])
    parts += _section("Notices", [f"- {notice}" for notice in reply.notices])
    times = [f"- {name}: {seconds:.2f} s" for name, seconds in reply.timings_s.items()]
    parts += _section("Times", times)
    return "\n\n".join(parts) + "\n"


def _picture(picture: Picture, out: Path | None) -> str:
    """Return a picture with what it shows; composed ones are there as SVG, too."""
    drawn = picture.path.with_suffix(".svg")
    also = f" [SVG]({_name(drawn, out)})" if picture.kind == "composed" else ""
    return f"![{picture.alt}]({_name(picture.path, out)})\n\n*{picture.alt}*{also}"


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}\n\n" + "\n".join(lines)] if lines else []


def _source(reply: Reply, marker: str, document_id: str) -> str:
    piece = next(e for e in reply.evidence if e.document.id == document_id)
    moment = piece.document.locator.start_s
    place = f", at {moment:.0f} s" if moment is not None else ""
    return f"- {marker} {title_of(piece)} ({piece.document.uri}{place})"


def _heard(percept: Percept) -> str:
    held = " · ".join((percept.text or percept.note).splitlines())
    return f"- {percept.modality} ({percept.source}): {held}"


def proof_of(claim: Claim, titles: Mapping[str, str]) -> str:
    """Return a claim in one line: mark, verdict, kind, what decided it and its very words.

    `titles` names documents, by their ids, as people know them.
    """
    quote = f" “{claim.quote}”" if claim.quote else ""
    verdict = f"{MARKS[claim.verdict]} {claim.verdict}"
    detail = _NAMED.sub(lambda name: f"“{titles[name[1]]}”" if name[1] in titles else name[0],
                        claim.detail)  # fmt: skip
    return " ".join(f"{verdict}, {claim.kind} “{claim.text}”: {detail}{quote}".split())
