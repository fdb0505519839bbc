"""Tell what a file is from its first bytes; its name may say anything."""

import re

SNIFF_BYTES = 512

# The first pattern that matches the start of the file names its type.
_SIGNATURES: tuple[tuple[str, bytes], ...] = (
    ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", rb"\xff\xd8\xff"),
    ("image/gif", rb"GIF8[79]a"),
    ("image/webp", rb"RIFF.{4}WEBP"),
    ("image/bmp", rb"BM.{8}.{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0"),
    ("image/tiff", rb"II[*+]\0|MM\0[*+]"),
    ("image/heic", rb".{4}ftyp(?:hei|hev|mif1|msf1)"),
    ("image/avif", rb".{4}ftypavi"),
    ("audio/wav", rb"(?:RIFF|RF64|RIFX).{4}WAVE"),
    ("audio/flac", rb"fLaC"),
    ("audio/ogg", rb"OggS"),
    ("audio/aac", rb"\xff[\xf0\xf1\xf8\xf9]"),
    ("audio/mpeg", rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"),
    ("audio/mp4", rb".{4}ftypM4[AB]"),
    ("video/quicktime", rb".{4}ftypqt"),
    ("video/mp4", rb".{4}ftyp"),
    ("video/webm", rb"\x1aE\xdf\xa3"),
    ("application/pdf", rb"\s*%PDF-"),
    ("application/zip", rb"PK\x03\x04"),
    ("application/x-executable", rb"MZ|\x7fELF|\xcf\xfa\xed\xfe"),
)
_COMPILED = tuple((mime, re.compile(pattern, re.DOTALL)) for mime, pattern in _SIGNATURES)
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(head: bytes) -> str:
    """Return the mime type that the first `SNIFF_BYTES` of a file tell.

    Plain text gives `text/plain`, everything unknown `application/octet-stream`.
    """
    for mime_type, signature in _COMPILED:
        if signature.match(head):
            return mime_type
    return "application/octet-stream" if _BINARY.search(head) else "text/plain"
