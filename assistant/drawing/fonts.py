"""The one typeface of drawn pictures: Noto Sans SC holds Latin and Chinese letters."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont


@cache
def font(size_px: int) -> "FreeTypeFont":
    """Return Noto Sans SC (OFL) at a size."""
    import pylopdf_fonts_zh_cn
    from PIL import ImageFont

    return ImageFont.truetype(pylopdf_fonts_zh_cn.sans_path(), size_px)
