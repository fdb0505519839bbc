"""CSV and XLSX → passages of rows that each say what their columns are."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any

from knowledge.chunking import PASSAGE_TOKENS, Block, estimate_tokens, pack
from knowledge.cleaning import repaired
from knowledge.documents import make_document
from knowledge.errors import KnowledgeError
from knowledge.number_formats import shown_number
from knowledge.office import check_office_file, damaged
from knowledge.senses import Senses
from knowledge.text_files import read_text
from knowledge.types import Document, Locator, Source

MAX_ROWS = 20_000  # of a sheet
MAX_COLUMNS = 200
_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_TITLE_ROWS = 5  # may stand above the column names
_VALUE = re.compile(r"[-+(]?\W?[\d.,:/ -]*\d[\d.,:/ -]*\W?\)?")  # a number, date or amount
_YEAR = re.compile(r"(?:19|20)\d\d")

Row = tuple[int, list[str]]  # number in the sheet, from 1, and cells


def load(source: Source, senses: Senses) -> Iterator[Document]:
    """Yield passages of rows, "Header: value; Header: value", as many rows as fit together.

    Raises KnowledgeError when the file is locked, damaged or empty. Of a sheet, the first
    `MAX_ROWS` rows go in.
    """
    path, empty = source.path, True
    sheets = _excel_sheets(path, senses) if path.suffix.lower() == ".xlsx" else _csv_sheet(path)
    for name, rows in sheets:
        for heading, text in _passages(name, rows, senses):
            empty = False
            metadata = {"title": path.stem}
            yield make_document(text, "text", source.uri, Locator(heading=heading), metadata)
    if empty:
        raise KnowledgeError(f"`{path.name}` is empty.")


def _passages(name: str, rows: Iterator[Row], senses: Senses) -> Iterator[tuple[str, str]]:
    """Yield headings, "Prices > rows 2–9", and texts."""
    above, head = _head(rows)
    lines: list[tuple[int, str]] = []
    tokens = 0
    body = chain(((number, _line([], cells)) for number, cells in above),
                 ((number, _line(head, cells)) for number, cells in rows))  # fmt: skip
    for number, line in islice(body, MAX_ROWS):
        if lines and tokens + estimate_tokens(line) > PASSAGE_TOKENS:
            yield from _passage(name, lines)
            lines, tokens = [], 0
        lines.append((number, line))
        tokens += estimate_tokens(line)
    if lines:
        yield from _passage(name, lines)
    elif head:
        yield name, "; ".join(filter(None, head))
    if (beyond := next(body, None)) is not None:
        senses.leave_out(
            f"the rows from {beyond[0]} of `{name}`",
            f"Of a sheet, {MAX_ROWS:,} rows are taken in. Split it.",
        )


def _passage(name: str, lines: list[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    first, last = lines[0][0], lines[-1][0]
    rows = f"row {first}" if first == last else f"rows {first}–{last}"
    heading = f"{name} > {rows}"
    for passage in pack([Block(heading, "\n".join(line for _, line in lines))]):
        yield heading, passage.text


def _head(rows: Iterator[Row]) -> tuple[list[Row], list[str]]:
    """Take the rows down to the column names: those above, such as a title, and the names."""
    above: list[Row] = []
    for number, cells in islice(rows, _TITLE_ROWS):
        filled = [cell for cell in cells if cell]
        if len(filled) > 1 and len(set(filled)) == len(filled) and not any(map(_is_value, filled)):
            return above, cells
        above.append((number, cells))
        if len(filled) > 1:
            break
    return above, []


def _is_value(cell: str) -> bool:
    return bool(_VALUE.fullmatch(cell)) and not _YEAR.fullmatch(cell)


def _line(head: list[str], cells: list[str]) -> str:
    named = zip(head + [""] * len(cells), cells, strict=False)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in named if cell)


def _csv_sheet(path: Path) -> Iterator[tuple[str, Iterator[Row]]]:
    text = read_text(path)
    lines = text.splitlines(keepends=True)
    delimiter = max(_DELIMITERS, key=lambda mark: _agreement(lines[:_SAMPLE_ROWS], mark))
    yield path.stem, _numbered(_csv_rows(lines, delimiter))


def _agreement(lines: list[str], delimiter: str) -> tuple[float, int]:
    """Return how many rows have as many cells as most, and how many cells that are."""
    widths = [len(row) for row in _csv_rows(lines, delimiter) if row]
    usual = max(set(widths), key=widths.count, default=1)
    return (widths.count(usual) / len(widths) if usual > 1 else 0.0), usual


def _csv_rows(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=delimiter)
    done = 0
    try:
        for row in reader:
            done = reader.line_num
            yield row
    except csv.Error:
        # A quotation mark without its end, or a huge cell: the rest is cut at the commas alone,
        # without the reader, which takes no cell over `csv.field_size_limit()`.
        yield from (line.rstrip("\r\n").split(delimiter) for line in lines[done:])


def _excel_sheets(path: Path, senses: Senses) -> Iterator[tuple[str, Iterator[Row]]]:
    from openpyxl import load_workbook

    check_office_file(path, "xl/workbook.xml")
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as exc:  # openpyxl fails on damaged files in every way there is
        raise damaged(path, exc) from exc
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                senses.leave_out(f"sheet `{sheet.title}`", "The sheet is hidden.")
                continue
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            yield sheet.title, _numbered(_excel_rows(sheet, senses))
    finally:
        book.close()


def _excel_rows(sheet: Any, senses: Senses) -> Iterator[list[str]]:
    try:
        for row in sheet.iter_rows(max_col=MAX_COLUMNS):
            yield [_shown(cell) for cell in row]
    except Exception as exc:  # as above; the rows before the damage are good
        senses.leave_out(
            f"the end of sheet `{sheet.title}`", f"The sheet is damaged ({type(exc).__name__})."
        )


def _shown(cell: Any) -> str:
    """Return a cell as people see it."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case int() | float():
            return shown_number(value, cell.number_format or "General")
        case datetime():
            midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
            return f"{value:%Y-%m-%d}" if midnight else f"{value:%Y-%m-%d %H:%M}"
        case date() | time() | timedelta():
            return str(value)
    return str(value)


def _numbered(rows: Iterable[list[str]]) -> Iterator[Row]:
    """Yield the rows in which something stands, with their numbers and tidy cells."""
    for number, row in enumerate(rows, start=1):
        cells = [" ".join(repaired(cell).split()) for cell in row[:MAX_COLUMNS]]
        if any(cells):
            yield number, cells
