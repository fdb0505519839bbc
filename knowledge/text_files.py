"""Read a text file, whatever it is encoded in."""

import codecs
import re
from pathlib import Path

from knowledge.cleaning import garbled, repaired
from knowledge.errors import KnowledgeError

MAX_BYTES = 20_000_000  # four million words; Markdown takes sixty times its size in memory
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_META = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.I)
_META_BYTES = 4096  # HTML says its encoding in its first bytes
# Names that pages give to smaller character sets than they use.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "cp1252"}
_ASIAN = ("gb18030", "big5", "big5hkscs", "cp949", "cp932", "shift_jis_2004", "euc_jp", "euc_kr")
_LOST = "\ufffd"


def read_text(path: Path) -> str:
    """Return a text file's content with mended characters and "\\n" between lines.

    The encoding is that of the byte order mark, that an HTML page names, UTF-8, or the likeliest.
    Raises KnowledgeError when it is empty, too large, or not text.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise KnowledgeError(
            f"`{path.name}` has {size / 1e6:,.0f} MB; text is taken in up to "
            f"{MAX_BYTES / 1e6:,.0f} MB. Split it."
        )
    text = repaired(_decoded(path.read_bytes(), path))
    if not text.strip():
        raise KnowledgeError(f"`{path.name}` is empty.")
    return text


def _decoded(data: bytes, path: Path) -> str:
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if b"\0" not in data:
        for attempt in (_as_declared, _as_utf8, _as_detected):
            text = attempt(data)
            if text is not None:
                return text
    raise KnowledgeError(
        f"`{path.name}` is not text in any known encoding. Save it as UTF-8 and add it again."
    )


def _as_declared(data: bytes) -> str | None:
    """Decode by what the page says of itself, where that is true."""
    if not (named := _META.search(data[:_META_BYTES])):
        return None
    try:
        encoding = codecs.lookup(named[1].decode("ascii")).name
        return data.decode(_WIDER.get(encoding, encoding))
    except (LookupError, UnicodeDecodeError):
        return None


def _as_utf8(data: bytes) -> str | None:
    """Decode UTF-8, in which a few bytes may be damaged."""
    text = data.decode("utf-8", errors="replace")
    lost = text.count(_LOST)
    whole = sum(char > "\x7f" for char in text) - lost if lost else 0
    return text if lost == 0 or lost * 20 <= whole else None


def _as_detected(data: bytes) -> str | None:
    """Decode by what the text looks like.

    Short texts are ambiguous; among what is possible, everyday Chinese and then Western European
    letters are likeliest.
    """
    from charset_normalizer import from_bytes

    found = from_bytes(data)
    best = found.best()
    if best is None:
        return None
    if any(match.encoding == "gb18030" for match in found) and _everyday_chinese(data):
        return data.decode("gb18030")
    if best.encoding not in _ASIAN and _western(data):
        return data.decode("cp1252")
    return None if garbled(str(best)) else str(best)


def _everyday_chinese(data: bytes) -> bool:
    """Tell whether nearly all characters are of the 3,755 commonest, GB 2312's first level.

    They are in the order of their sounds, a to z. Korean syllables have the bytes of a to r.
    """
    signs = [char.encode("gb18030") for char in data.decode("gb18030") if char > "\x7f"]
    leads = [sign[0] for sign in signs if len(sign) == 2]
    common = sum(0xB0 <= lead <= 0xD7 or lead <= 0xA3 for lead in leads)
    korean = len(leads) >= 12 and all(lead <= 0xC8 for lead in leads)
    return common >= 0.95 * len(signs) and not korean


def _western(data: bytes) -> bool:
    """Tell whether the letters are English ones with some accented ones between them."""
    try:
        letters = [char for char in data.decode("cp1252") if char.isalpha()]
    except UnicodeDecodeError:
        return False
    return sum(char > "\x7f" for char in letters) <= 0.3 * len(letters)
