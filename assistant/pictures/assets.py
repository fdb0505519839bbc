"""Named pictures with licences, out of packages that npm and Debian carry.

Emoji in three styles (Fluent and Fluent flat, MIT; Noto, Apache-2.0) with English and Chinese names
and keywords from Unicode's CLDR (Unicode-3.0), and the public-domain clip art of openclipart.org.
They are rendered once; what is dropped is counted by reason.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from html import unescape
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.data_sets import Language
from assistant.pictures.names import (
    HOLIDAYS,
    clean_title,
    head_of,
    is_plain_shape,
    is_unsuitable,
    is_variant,
    words_of,
)
from assistant.pictures.packages import (
    ANNOTATIONS,
    CLIP_ART,
    FLAT,
    FLUENT,
    NOTO,
    WORDS,
    bring,
    pictures_folder,
)
from assistant.settings import Settings

SIDE_PX = 256
LICENCES = {
    "fluent-emoji": "MIT", "fluent-emoji-flat": "MIT", "noto": "Apache-2.0",
    "openclipart": "public domain",
}  # fmt: skip
_VERSION = 1  # of the rendering and the choice: another one is made anew
_MARGIN_PX = 8
_LEAST_SHOWN = 0.02  # share of a picture that is not transparent; below, it is blank
_PAGE = 24  # levels by which the colours of a page behind a drawing differ at most
_DRAWN_PX = 512  # longer side of a clip art, which often leaves most of its page empty
_SAME_BITS = 5  # of 128: pictures whose prints differ in fewer are the same
_MOST_SVG_BYTES = 600_000  # larger drawings take seconds each
_SAME_TITLE = 6  # a title that more clip arts share names their collection
_SIGNS = re.compile(  # folders of clip art that hold letters, signs, maps or patterns
    r"^(?:signs_and_symbols/(?!money|weather|awards|clocks)|special|shapes|logos|buttons|geography"
    r"|computer/(?:icons|diagrams|buttons|folders|network)|unsorted/duplicates|decorations"
    r"|recreation/games/(?:cards|dice)|transportation/(?:roadsigns|aiga-symbols)|people/stickmen"
    r"|people/smilies|recreation/religion|tools/weapons|people/clothing/pantyhose)"
)


@dataclass(frozen=True)
class Asset:
    """A named picture."""

    id: str  # its source and its name there
    names: Mapping[Language, str]  # English always, Chinese where it is known
    keywords: Mapping[Language, tuple[str, ...]]
    source: str
    licence: str
    group: str  # `Food & Drink`, `food/fruit`: as the source sorts it

    @cached_property
    def head(self) -> str:
        """What kind of object it shows, as a stem."""
        return head_of(self.names["en"])


@dataclass(frozen=True)
class Collection:
    """The pictures that were kept, and how many were dropped for which reason."""

    assets: tuple[Asset, ...]
    dropped: Mapping[str, Mapping[str, int]]  # source → reason → count
    folder: Path

    def of(self, sources: Sequence[str]) -> "Collection":
        """Return the pictures of some sources."""
        return replace(self, assets=tuple(a for a in self.assets if a.source in sources))

    def picture(self, asset: Asset) -> Image.Image:
        """Return a picture as RGBA on a transparent square of `SIDE_PX`."""
        with Image.open(_file(self.folder, asset)) as image:
            return image.convert("RGBA")


@dataclass(frozen=True)
class _Drawing:
    asset: Asset
    svg: str
    drawn_px: int  # its longer side, before the empty margin is cut away


class Dropped(Exception):
    """A picture is left out; its text says why."""


def collect(settings: Settings) -> Collection:
    """Return all pictures, fetching and rendering them the first time (some minutes).

    Raises ConfigurationError when a package cannot be had.
    """
    folder = pictures_folder(settings) / f"assets-{_VERSION}"
    index = folder / "assets.json"
    if not index.exists():
        folder.mkdir(exist_ok=True)
        dropped: dict[str, Counter[str]] = {}
        assets = list(_kept(_drawings(settings, dropped), folder, dropped))
        held = {"assets": [asdict(asset) for asset in assets], "dropped": dropped}
        index.with_suffix(".new").write_text(json.dumps(held, ensure_ascii=False), "utf-8")
        index.with_suffix(".new").replace(index)
    held = json.loads(index.read_text("utf-8"))
    return Collection(tuple(_asset(row) for row in held["assets"]), held["dropped"], folder)


def _asset(row: Mapping) -> Asset:
    keywords = {language: tuple(words) for language, words in row["keywords"].items()}
    return Asset(row["id"], row["names"], keywords, row["source"], row["licence"], row["group"])


def _file(folder: Path, asset: Asset) -> Path:
    return folder / f"{asset.id.replace('/', '--')}.png"


def _kept(
    drawings: Iterable[_Drawing], folder: Path, dropped: dict[str, Counter[str]]
) -> Iterator[Asset]:
    """Render drawings into a folder and yield those that are worth it."""
    prints: dict[str, list[np.ndarray]] = {}
    for number, drawing in enumerate(drawings):
        asset = drawing.asset
        try:
            image = render(drawing.svg, drawing.drawn_px)
            seen = prints.setdefault(asset.source, [])
            own = fingerprint(image)
            if seen and (np.stack(seen) != own).sum(axis=1).min() < _SAME_BITS:
                raise Dropped("looks like another one")
        except Dropped as exc:
            dropped[asset.source][str(exc)] += 1
            continue
        seen.append(own)
        image.save(_file(folder, asset))
        yield asset
        if number % 500 == 0:
            print(f"{number} pictures rendered", file=sys.stderr)


def _drawings(settings: Settings, dropped: dict[str, Counter[str]]) -> Iterator[_Drawing]:
    annotations = bring(settings, ANNOTATIONS)
    names: dict[Language, dict] = {}
    for language in ("en", "zh"):
        text = (annotations / f"annotations/{language}/annotations.json").read_text("utf-8")
        names[language] = json.loads(text)["annotations"]["annotations"]
    flat = bring(settings, FLAT)
    yield from _emoji("fluent-emoji", bring(settings, FLUENT), flat, names, dropped)
    yield from _emoji("fluent-emoji-flat", flat, flat, names, dropped)
    noto = bring(settings, NOTO)
    yield from _emoji("noto", noto, noto, names, dropped)
    words = (bring(settings, WORDS) / "usr/share/dict/american-english").read_text("utf-8")
    known = {word for word in words.splitlines() if word.islower()} | HOLIDAYS
    root = bring(settings, CLIP_ART) / "usr/share/openclipart/svg"
    yield from _clip_art(root, known, dropped)


def _emoji(
    source: str, folder: Path, named_by: Path, names: Mapping[Language, dict],
    dropped: dict[str, Counter[str]],
) -> Iterator[_Drawing]:  # fmt: skip
    """Yield the emoji of one style: `named_by` maps code points to names."""
    icons = json.loads((folder / "icons.json").read_text("utf-8"))
    points = json.loads((named_by / "chars.json").read_text("utf-8"))
    groups = json.loads((named_by / "metadata.json").read_text("utf-8"))["categories"]
    group_of = {name: group for group, members in groups.items() for name in members}
    counts = dropped.setdefault(source, Counter())
    size = icons.get("width", icons["height"]), icons["height"]
    done: set[str] = set()
    for point, name in points.items():
        if name in done or name not in icons["icons"]:
            continue
        done.add(name)
        char = "".join(chr(int(part, 16)) for part in point.split("-"))
        rows: dict[Language, dict] = {
            code: _annotation(table, char) for code, table in names.items()
        }
        english = rows["en"].get("tts", [""])[0]
        if reason := _emoji_fault(name, english, group_of.get(name, "")):
            counts[reason] += 1
            continue
        asset = Asset(
            f"{source}/{name}",
            {code: row["tts"][0].lower() for code, row in rows.items() if "tts" in row},
            {code: tuple(row.get("default", ())) for code, row in rows.items()},
            source,
            LICENCES[source],
            group_of.get(name, ""),
        )
        body = icons["icons"][name]["body"]
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}">'
        yield _Drawing(asset, f"{head}{body}</svg>", SIDE_PX)


def _annotation(table: Mapping, char: str) -> dict:
    """Return CLDR's row of an emoji; its keys lack the selectors of the emoji's look."""
    return table.get(char) or table.get(char.replace("\ufe0f", ""), {})


def _emoji_fault(name: str, english: str, group: str) -> str:
    """Return why an emoji is left out; "" where it is not."""
    if is_variant(name) or is_variant(english):
        return "variant of another one"
    if group == "Flags" or english.startswith("flag"):
        return "flag"
    if group == "Symbols" and not is_plain_shape(name):
        return "letter or sign"
    if not english:
        return "no name"
    return "unsuitable" if is_unsuitable(english) else ""


def _clip_art(root: Path, known: Set[str], dropped: dict[str, Counter[str]]) -> Iterator[_Drawing]:
    """Yield the clip art whose title tells in known words what it shows."""
    counts = dropped.setdefault("openclipart", Counter())
    found = [(path, *_described(path)) for path in sorted(root.rglob("*.svg"))]
    shared = Counter(title.lower() for _, title, _, _ in found)
    for path, title, words, public in found:
        place = path.relative_to(root).as_posix()
        name = clean_title(title, known) if shared[title.lower()] <= _SAME_TITLE else ""
        if reason := _clip_fault(path, place, name, (title, *words, path.stem), public):
            counts[reason] += 1
            continue
        names: dict[Language, str] = {"en": name}
        keywords: dict[Language, tuple[str, ...]] = {
            "en": tuple(word for word in words if set(words_of(word)) <= known)
        }
        asset_id = f"openclipart/{place.removesuffix('.svg')}"
        group = place.rpartition("/")[0]
        asset = Asset(asset_id, names, keywords, "openclipart", LICENCES["openclipart"], group)
        yield _Drawing(asset, path.read_text("utf-8", errors="replace"), _DRAWN_PX)


def _described(path: Path) -> tuple[str, list[str], bool]:
    """Return title, keywords and whether it is in the public domain, from a drawing's metadata."""
    text = path.read_text("utf-8", errors="replace")
    work = re.search(r"<cc:Work.*?</cc:Work>", text, re.DOTALL)
    told = work.group() if work else ""
    title = re.search(r"<dc:title>([^<]*)<", told)
    keywords = re.findall(r"<rdf:li>([^<]*)<", told)
    public = bool(re.search(r"cc:license[^>]*(?:PublicDomain|publicdomain)", told))
    words = [word.strip().replace("_", " ").lower() for word in keywords]
    return (
        unescape(title.group(1)).strip() if title else "",
        [word for word in words if word and not word.startswith("hash")],
        public,
    )


def _clip_fault(path: Path, place: str, name: str, texts: Sequence[str], public: bool) -> str:
    """Return why a clip art is left out; "" where it is not."""
    if not public:
        return "licence not stated"
    if place.startswith("signs_and_symbols/flags"):
        return "flag"
    if is_unsuitable(*texts) or "weapons" in place:
        return "unsuitable"
    if _SIGNS.match(place):
        return "letter, sign or pattern"
    if not name:
        return "title says nothing"
    return "too large a drawing" if path.stat().st_size > _MOST_SVG_BYTES else ""


def render(svg: str, drawn_px: int = SIDE_PX) -> Image.Image:
    """Return a drawing in the middle of a transparent square, RGBA; a page behind it is removed.

    Raises Dropped when it cannot be drawn or shows nothing.
    """
    import resvg_py

    try:
        png = resvg_py.svg_to_bytes(
            svg_string=svg, width=drawn_px, height=drawn_px, dpi=96, skip_system_fonts=True
        )
    except ValueError as exc:
        raise Dropped("cannot be drawn") from exc
    image = without_page(Image.open(BytesIO(png)).convert("RGBA"))
    box = Image.fromarray(np.asarray(image.getchannel("A")) > 20).getbbox()
    if box is None:
        raise Dropped("blank")
    image = fit(image.crop(box), SIDE_PX - 2 * _MARGIN_PX)
    canvas = Image.new("RGBA", (SIDE_PX, SIDE_PX))
    canvas.paste(image, ((SIDE_PX - image.width) // 2, (SIDE_PX - image.height) // 2))
    shown = np.asarray(canvas)
    opaque = shown[..., 3] > 60
    if opaque.mean() < _LEAST_SHOWN or shown[opaque][:, :3].min() > 245:
        raise Dropped("blank")
    return canvas


def without_page(image: Image.Image) -> Image.Image:
    """Return a picture whose even, opaque background is transparent; others as they are."""
    right, bottom = max(0, image.width - 3), max(0, image.height - 3)  # edges may be blurred
    corners = [(min(2, right), min(2, bottom)), (right, min(2, bottom)), (min(2, right), bottom),
               (right, bottom)]  # fmt: skip
    colours = np.array([image.getpixel(corner) for corner in corners], dtype=int)
    if colours[:, 3].min() < 250 or np.ptp(colours, axis=0).max() > 12:
        return image
    import cv2

    pixels = np.array(image)
    page = np.zeros((image.height + 2, image.width + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | 255 << 8
    for corner in corners:
        cv2.floodFill(pixels[..., :3].copy(), page, corner, 0, (_PAGE,) * 3, (_PAGE,) * 3, flags)
    pixels[page[1:-1, 1:-1] > 0] = 0
    return Image.fromarray(pixels)


def fit(image: Image.Image, side_px: int) -> Image.Image:
    """Return a picture scaled so that its longer side is `side_px`."""
    scale = side_px / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS)


def fingerprint(image: Image.Image) -> np.ndarray:
    """Return 128 bits, of which pictures that look the same share nearly all (difference hash)."""
    grey = Image.new("RGBA", image.size, (255, 255, 255, 255))
    grey.alpha_composite(image)
    across = np.asarray(grey.convert("L").resize((9, 8), Image.Resampling.BOX), int)
    down = np.asarray(grey.convert("L").resize((8, 9), Image.Resampling.BOX), int)
    return np.concatenate(
        [(np.diff(across, axis=1) > 2).ravel(), (np.diff(down, axis=0) > 2).ravel()]
    )
