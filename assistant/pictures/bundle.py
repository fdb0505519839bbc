"""Bundle the drawings that pictures are composed of: `python -m assistant.pictures.bundle`.

The kept flat emoji of Fluent (MIT), with the names and keywords of Unicode's CLDR (Unicode-3.0),
the names that people say besides (`said_names.tsv`), and a few plain drawings of our own of things
that emoji lack (`plain/`). Made from the same packages, the file has the same bytes on every run.
"""

import csv
import gzip
import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

from assistant.data_sets import LANGUAGES
from assistant.drawing.drawings import BUNDLE, OWN
from assistant.pictures.assets import LICENCES, Asset, collect
from assistant.pictures.packages import FLAT, bring
from assistant.settings import load_settings

SOURCE = "fluent-emoji-flat"
_HERE = files("assistant.pictures")
_SIDE = 32  # units of our own drawings and, unless it says otherwise, of an emoji


def said_names() -> dict[str, dict[str, str]]:
    """Return, by drawing, the names that people say: columns `english`, `chinese`, `shows`."""
    lines = (_HERE / "said_names.tsv").read_text("utf-8").splitlines()
    return {row.pop("drawing"): row for row in csv.DictReader(lines, delimiter="\t")}


def plain_drawings() -> dict[str, str]:
    """Return our own drawings: English name → SVG without its outermost element."""
    folder = _HERE / "plain"
    found = {path.name.removesuffix(".svg"): path for path in folder.iterdir()}
    return {name: found[name].read_text("utf-8").strip() for name in sorted(found)}


def bundle(
    assets: Iterable[Asset], icons: Mapping, plain: Mapping[str, str], said: Mapping[str, Mapping]
) -> bytes:
    """Return the bundle, gzipped JSON: each drawing's id, names, keywords, group and SVG.

    `icons` is the table of an Iconify package, `plain` holds our own drawings, `said` the rows of
    `said_names`. Raises ValueError for a row of `said` that names no drawing.
    """
    rows = {asset.id: _emoji(asset, icons) for asset in assets if asset.source == SOURCE}
    for name, body in plain.items():
        chinese = _listed(said[f"{OWN}/{name}"]["chinese"])
        names = {"en": name, "zh": chinese[0]}
        rows[f"{OWN}/{name}"] = _row(names, {}, "Objects", body, (_SIDE, _SIDE))
    if absent := sorted(set(said) - set(rows)):
        raise ValueError(f"`said_names.tsv` names drawings that there are not: {absent}")
    for drawing, words in said.items():
        row = rows[drawing]
        row["said"] = {
            code: _listed(words[column])
            for code, column in zip(LANGUAGES, ("english", "chinese"), strict=True)
        }
        row["shows"] = int(words["shows"] or 1)
    order = {drawing: place for place, drawing in enumerate(said)}
    for drawing, row in rows.items():
        row["place"] = order.get(drawing, len(order))
    licences = {SOURCE: LICENCES[SOURCE], OWN: "Apache-2.0"}
    held = {"licences": licences, "drawings": {key: rows[key] for key in sorted(rows)}}
    text = json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def _emoji(asset: Asset, icons: Mapping) -> dict:
    icon = icons["icons"][asset.id.rpartition("/")[2]]
    size = [icon.get(side, icons.get(side, _SIDE)) for side in ("width", "height")]
    return _row(asset.names, asset.keywords, asset.group, icon["body"], size)


def _row(names: Mapping, keywords: Mapping, group: str, body: str, size: Iterable[int]) -> dict:
    return {
        "names": dict(names),
        "keywords": {code: sorted(words) for code, words in keywords.items()},
        "said": {},
        "group": group,
        "shows": 1,
        "body": body,
        "size": list(size),
    }


def _listed(cell: str) -> list[str]:
    return [word.strip() for word in cell.split(";") if word.strip()]


def main() -> None:
    """Make the file that the composer reads."""
    settings = load_settings()
    assets = collect(settings).assets
    icons = json.loads((bring(settings, FLAT) / "icons.json").read_text("utf-8"))
    made = bundle(assets, icons, plain_drawings(), said_names())
    path = Path(str(BUNDLE))
    path.write_bytes(made)
    print(f"{path.name}: {len(made):,} bytes")


if __name__ == "__main__":
    main()
