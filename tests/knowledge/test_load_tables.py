"""Sheets become passages of rows that say what their columns are."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from knowledge.chunking import LONGEST_TOKENS, estimate_tokens
from knowledge.errors import KnowledgeError
from knowledge.loaders import tables
from knowledge.number_formats import shown_number
from tests.knowledge.loading import loaded, texts
from tests.knowledge.office_files import BROKEN, changed, entity_bomb, write_bomb

ROWS = [("Item", "Price"), ("Router", "10.00"), ("Cable", "3.50")]


def sheet(path: Path, *rows: Any, name: str = "Prices") -> Path:
    book = Workbook()
    active: Any = book.active
    active.title = name
    for row in rows:
        active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk"])
def test_csv_of_any_dialect_and_encoding(delimiter: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "价格.csv"
    rows = [("名称", "说明"), ("路由器", "红色, 指示灯; 故障"), ("网线", "正常的中文说明")]
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    documents, omissions = loaded(path)
    assert texts(documents) == [
        (
            "价格 > rows 2–3",
            "名称: 路由器; 说明: 红色, 指示灯; 故障\n名称: 网线; 说明: 正常的中文说明",
        )
    ]
    assert omissions == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,\n\n,2\n", "a: 1\nb: 2"),
        ('Name,Note\nx,"two\nlines"\n', "Name: x; Note: two lines"),
        ("Name;Price\nx;1,5\ny;2,75\n", "Name: x; Price: 1,5\nName: y; Price: 2,75"),
        ("1,2\n3,4\n", "1; 2\n3; 4"),
        ("Region,2023,2024\nNorth,5,6\n", "Region: North; 2023: 5; 2024: 6"),
        ("Prices 2024\nItem,Price\nx,1\n", "Prices 2024\nItem: x; Price: 1"),
        ("only a line of text\n", "only a line of text"),
        ("a,b\n1,2,3\n", "a: 1; b: 2; 3"),
        ("Name,Formula\nx,=cmd|' /C calc'!A0\n", "Name: x; Formula: =cmd|' /C calc'!A0"),
        ("a,b\n", "a; b"),
    ],
)
def test_odd_tables(content: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(content)
    assert texts(loaded(path)[0])[0][1] == expected


def test_a_quotation_mark_without_its_end_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = "".join(f"item{n},{'x' * 50}\n" for n in range(4000))
    path.write_text(f'Name,Note\ngood,1\nbad,"open\n{rows}')
    joined = "\n".join(text for _, text in texts(loaded(path)[0]))
    assert joined.count("good") == 1
    assert all(f"item{n}" in joined for n in (0, 2000, 3999))


@pytest.mark.parametrize("quote", ['"', ""])
def test_a_huge_cell_is_taken_in_with_the_rows_around_it(quote: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    huge = "word " * 30_000
    path.write_text(f"Name;Note\nfirst;1\nhuge;{quote}{huge}{quote}\nlast;2\n")
    joined = "\n".join(text for _, text in texts(loaded(path)[0]))
    assert joined.startswith("Name: first; Note: 1")
    assert joined.endswith("Name: last; Note: 2")
    assert joined.count("word") == 30_000


def test_cells_look_as_people_see_them(tmp_path: Path) -> None:
    book = Workbook()
    active: Any = book.active
    active.append(["Item", "Price", "Since", "Seen", "At", "Share", "There", "Sum"])
    seen = datetime(2024, 3, 5, 14, 30)
    active.append(["路由器", 1234.5, date(2024, 3, 5), seen, time(9, 15), 0.25, True, 0.1 + 0.2])
    active["B2"].number_format = '#,##0.00 "€"'
    active["F2"].number_format = "0%"
    book.save(tmp_path / "a.xlsx")
    assert texts(loaded(tmp_path / "a.xlsx")[0]) == [
        (
            "Sheet > row 2",
            "Item: 路由器; Price: 1,234.50 €; Since: 2024-03-05; Seen: 2024-03-05 14:30; "
            "At: 09:15:00; Share: 25%; There: TRUE; Sum: 0.3",
        )
    ]


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (3.0, "General", "3"),
        (42, "00000", "00042"),
        (-12, '[Red]-#,##0.00" kg"_)', "-12.00 kg"),
        (5, '"$"#,##0_);("$"#,##0)', "$5"),
        (99.9, "[$€-407] #,##0.00", "€ 99.90"),
        (1.5, "0.##", "1.5"),
        (0.1234, "0.0%", "12.3%"),
        (2e20, "0.00E+00", "2e+20"),
        (-0.001, "0.00", "0.00"),
    ],
)
def test_number_formats(value: float, form: str, expected: str) -> None:
    assert shown_number(value, form) == expected


def test_several_sheets_and_no_hidden_one(tmp_path: Path) -> None:
    book = Workbook()
    active: Any = book.active
    active.append(["Item", "Price"])
    active.append(["Router", 10])
    for name, state in (("第二", "visible"), ("secret", "hidden")):
        other = book.create_sheet(name)
        other.append(["Code", "Meaning"])
        other.append(["E-42", "password"])
        other.sheet_state = state
    book.save(tmp_path / "a.xlsx")
    documents, omissions = loaded(tmp_path / "a.xlsx")
    assert texts(documents) == [
        ("Sheet > row 2", "Item: Router; Price: 10"),
        ("第二 > row 2", "Code: E-42; Meaning: password"),
    ]
    assert [omission.part for omission in omissions] == ["sheet `secret`"]


def test_rows_fill_passages_and_huge_rows_are_cut(tmp_path: Path) -> None:
    rows = [(f"Router {n}", "blinks red " * 3) for n in range(100)]
    path = sheet(tmp_path / "a.xlsx", ("Item", "Note"), *rows, ("Long", "word " * 3000))
    documents, _ = loaded(path)
    assert documents[0].locator.heading == "Prices > rows 2–10"
    assert all(estimate_tokens(d.text) <= LONGEST_TOKENS for d in documents)
    assert sum(d.text.count("Item: Router") for d in documents) == 100
    assert sum(d.text.count("word") for d in documents) == 3000


def test_a_sheet_beyond_the_limit_says_what_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text("Item,Price\n" + "router,1\n" * (tables.MAX_ROWS + 5))
    documents, omissions = loaded(path)
    assert sum(d.text.count("router") for d in documents) == tables.MAX_ROWS
    assert [o.part for o in omissions] == [f"the rows from {tables.MAX_ROWS + 2} of `big`"]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_says_what_to_do(kind: str, tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", *ROWS)
    spoil, reason = BROKEN[kind]
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(KnowledgeError, match=f"`a.xlsx`.*{reason}"):
        loaded(path)


def test_bombs_and_empty_tables_are_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="unpacks to 600 MB"):
        loaded(write_bomb(tmp_path / "a.xlsx", "other/part.xml", 600, "xl/workbook.xml"))
    path = changed(
        sheet(tmp_path / "d.xlsx", *ROWS),
        lambda name, content: (
            entity_bomb(content, b"<t>") if name == "xl/sharedStrings.xml" else content
        ),
    )
    assert sum(len(document.text) for document in loaded(path)[0]) < 1000
    with pytest.raises(KnowledgeError, match=r"`b.xlsx` is empty"):
        loaded(sheet(tmp_path / "b.xlsx"))
    for content in (b"", b",,,\n,,\n", b"\0\1\2"):
        (tmp_path / "c.csv").write_bytes(content)
        with pytest.raises(KnowledgeError, match=r"`c.csv`"):
            loaded(tmp_path / "c.csv")
