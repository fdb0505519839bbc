"""Archives come apart into files; bombs, traps and damage stay outside and are named."""

import io
import stat
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile, ZipInfo

import pytest

from knowledge import archives
from knowledge.archives import unpack
from knowledge.errors import KnowledgeError


@dataclass
class Unpacked:
    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    omissions: dict[str, str] = field(default_factory=dict)

    def __call__(self, archive: Path) -> dict[str, bytes]:
        for file, name in unpack(archive, self.folder, self.omissions.__setitem__):
            assert file.resolve().is_relative_to(self.folder.resolve())
            self.files[name] = file.read_bytes()
        return self.files


@pytest.fixture
def unpacked(tmp_path: Path) -> Unpacked:
    return Unpacked(tmp_path / "out")


def packed(path: Path, entries: dict[str, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return path


def zipped(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(name, content)
    return buffer.getvalue()


def test_files_come_out_in_their_folders(unpacked: Unpacked, tmp_path: Path) -> None:
    entries = {
        "guide.md": b"# Guide",
        "figures/page 1.png": b"png",
        "空/错误代码.txt": "二".encode(),
    }
    assert unpacked(packed(tmp_path / "a.zip", entries)) == entries
    assert unpacked.omissions == {}
    left = {path.relative_to(unpacked.folder).as_posix() for path in unpacked.folder.rglob("*.*")}
    assert left == set(entries)


def test_clutter_and_folders_are_passed_over(unpacked: Unpacked, tmp_path: Path) -> None:
    entries = {"__MACOSX/._a.txt": b"x", ".DS_Store": b"x", "b/.git/config": b"x", "folder/": b""}
    assert unpacked(packed(tmp_path / "a.zip", {**entries, "a.txt": b"a"})) == {"a.txt": b"a"}
    assert unpacked.omissions == {}


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/../../out.txt", "/etc/passwd", "C:\\out.txt", "..\\out.txt"]
)
def test_names_that_lead_out_of_the_folder_are_left_out(
    name: str, unpacked: Unpacked, tmp_path: Path
) -> None:
    assert unpacked(packed(tmp_path / "a.zip", {name: b"x", "a.txt": b"a"})) == {"a.txt": b"a"}
    assert ["leads out" in reason for reason in unpacked.omissions.values()] == [True]
    assert not list(tmp_path.rglob("out.txt"))


def test_a_link_is_left_out(unpacked: Unpacked, tmp_path: Path) -> None:
    link = ZipInfo("link.txt")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    assert unpacked(tmp_path / "a.zip") == {}
    assert "link" in unpacked.omissions["link.txt"]
    assert not (unpacked.folder / "link.txt").is_symlink()


def test_an_encrypted_entry_is_left_out(unpacked: Unpacked, tmp_path: Path) -> None:
    data = bytearray(zipped({"secret.txt": b"secret", "open.txt": b"open"}))
    data[6] |= 1  # flags of the first entry, in its header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert unpacked(tmp_path / "a.zip") == {"open.txt": b"open"}
    assert "password" in unpacked.omissions["secret.txt"]


def test_a_damaged_entry_is_left_out(unpacked: Unpacked, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("bad.txt", b"these words change")
        file.writestr("good.txt", b"good")
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(b"these words", b"those words"))
    assert unpacked(tmp_path / "a.zip") == {"good.txt": b"good"}
    assert "damaged" in unpacked.omissions["bad.txt"]
    assert not (unpacked.folder / "bad.txt").exists()


def test_unusual_compression_is_left_out(unpacked: Unpacked, tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.zip", "w", ZIP_LZMA) as file:
        file.writestr("a.txt", b"a")
    assert unpacked(tmp_path / "a.zip") == {}
    assert "unusual" in unpacked.omissions["a.txt"]


@pytest.mark.parametrize("raw", ["错误代码/说明书.txt", "朱镕基.txt"])
def test_names_in_a_chinese_code_page_are_read(
    raw: str, unpacked: Unpacked, tmp_path: Path
) -> None:
    assert list(unpacked(with_raw_name(tmp_path / "a.zip", raw.encode("gbk")))) == [raw]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Störung.txt".encode("cp437"), "Störung.txt"),
        ("Müller & Söhne.txt".encode("cp437"), "Müller & Söhne.txt"),
        ("错误.txt".encode(), "错误.txt"),  # UTF-8 without saying so, as some tools do
    ],
)
def test_other_names_are_read_too(
    raw: bytes, name: str, unpacked: Unpacked, tmp_path: Path
) -> None:
    assert list(unpacked(with_raw_name(tmp_path / "a.zip", raw))) == [name]


def with_raw_name(path: Path, raw: bytes) -> Path:
    """Write an archive whose entry has these bytes for a name and no flag for UTF-8."""
    stand_in = "x" * len(raw)
    path.write_bytes(zipped({stand_in: b"content"}).replace(stand_in.encode(), raw))
    return path


def test_names_given_twice_are_told_apart(unpacked: Unpacked, tmp_path: Path) -> None:
    data = zipped({"a.txt": b"first", "b.txt": b"second"})
    (tmp_path / "a.zip").write_bytes(data.replace(b"b.txt", b"a.txt"))
    assert unpacked(tmp_path / "a.zip") == {"a.txt": b"first", "a (2).txt": b"second"}


def test_a_name_that_is_a_file_and_a_folder_costs_only_itself(
    unpacked: Unpacked, tmp_path: Path
) -> None:
    archive = packed(tmp_path / "a.zip", {"a": b"file", "a/b.txt": b"inside", "c.txt": b"c"})
    assert unpacked(archive) == {"a": b"file", "c.txt": b"c"}
    assert list(unpacked.omissions) == ["a/b.txt"]


def test_a_name_that_is_too_long_costs_only_itself(unpacked: Unpacked, tmp_path: Path) -> None:
    name = "错" * 100 + ".txt"
    assert unpacked(packed(tmp_path / "a.zip", {name: b"x", "c.txt": b"c"})) == {"c.txt": b"c"}
    assert list(unpacked.omissions) == [name]


# --- archives in archives


def test_an_archive_inside_is_unpacked_once_more(unpacked: Unpacked, tmp_path: Path) -> None:
    innermost = zipped({"deep.txt": b"deep"})
    inner = zipped({"docs/b.txt": b"b", "again.zip": innermost})
    files = unpacked(packed(tmp_path / "a.zip", {"a.txt": b"a", "more/inner.zip": inner}))
    assert files == {"a.txt": b"a", "more/inner.zip/docs/b.txt": b"b"}
    assert list(unpacked.omissions) == ["more/inner.zip/again.zip"]
    assert not [path for path in unpacked.folder.rglob("*") if path.name.startswith(".")]


def test_a_damaged_archive_inside_costs_only_itself(unpacked: Unpacked, tmp_path: Path) -> None:
    assert unpacked(packed(tmp_path / "a.zip", {"in.zip": b"PK no", "a.txt": b"a"})) == {
        "a.txt": b"a"
    }
    assert "not a readable ZIP" in unpacked.omissions["in.zip"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all" * 100])
def test_a_file_that_is_no_archive_is_refused(
    content: bytes, unpacked: Unpacked, tmp_path: Path
) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(KnowledgeError, match=r"`a\.zip` is not a readable ZIP"):
        unpacked(tmp_path / "a.zip")


def test_an_archive_that_is_cut_off_is_refused(unpacked: Unpacked, tmp_path: Path) -> None:
    data = zipped({f"{n}.txt": b"text" for n in range(50)})
    (tmp_path / "a.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(KnowledgeError, match="not a readable ZIP"):
        unpacked(tmp_path / "a.zip")


# --- bombs


def test_a_bomb_is_left_out(unpacked: Unpacked, tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", {"bomb.txt": bytes(40_000_000), "a.txt": b"a"})
    assert unpacked(archive) == {"a.txt": b"a"}
    assert "bomb" in unpacked.omissions["bomb.txt"]
    assert [path.name for path in unpacked.folder.iterdir()] == ["a.txt"]


def test_a_bomb_inside_an_archive_is_left_out(unpacked: Unpacked, tmp_path: Path) -> None:
    inner = zipped({"bomb.txt": bytes(40_000_000)})
    assert unpacked(packed(tmp_path / "a.zip", {"in.zip": inner})) == {}
    assert "bomb" in unpacked.omissions["in.zip/bomb.txt"]


def test_a_bomb_that_lies_about_its_size_is_left_out(unpacked: Unpacked, tmp_path: Path) -> None:
    data = bytearray(zipped({"bomb.txt": bytes(40_000_000)}))
    at = data.index(b"PK\x01\x02")
    data[at + 20 : at + 24] = (1 << 30).to_bytes(4, "little")  # "stored: 1 GB"
    (tmp_path / "a.zip").write_bytes(data)
    assert unpacked(tmp_path / "a.zip") == {}
    assert list(unpacked.omissions) == ["bomb.txt"]


def test_a_file_that_is_too_large_is_left_out(
    unpacked: Unpacked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRY_BYTES", 1000)
    entries = {"large.txt": bytes(range(256)) * 8, **{f"{n}.txt": b"text" for n in range(5)}}
    assert len(unpacked(packed(tmp_path / "a.zip", entries))) == 5
    assert list(unpacked.omissions) == ["large.txt"]


def test_what_comes_out_in_all_is_limited(
    unpacked: Unpacked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1000)
    entries = {f"{n}.txt": bytes(300) for n in range(9)}
    assert list(unpacked(packed(tmp_path / "a.zip", entries))) == ["0.txt", "1.txt", "2.txt"]
    assert list(unpacked.omissions) == ["3.txt", ""]


def test_archives_share_one_budget_with_those_inside(unpacked: Unpacked, tmp_path: Path) -> None:
    inner = zipped({f"{n}.txt": b"" for n in range(6_000)})
    files = unpacked(packed(tmp_path / "a.zip", {"one.zip": inner, "two.zip": inner}))
    assert len(files) == 10_000 - 2
    assert "10,000" in unpacked.omissions[""]


def test_an_archive_of_endless_entries_is_refused(unpacked: Unpacked, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x01\x02" * 200_000 + zipped({"a.txt": b"a"}))
    with pytest.raises(KnowledgeError, match="Split it"):
        unpacked(tmp_path / "a.zip")


def test_a_kill_leaves_nothing_that_looks_whole(unpacked: Unpacked, tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", {"a.txt": b"a", "b.txt": b"b"})
    for _ in unpack(archive, unpacked.folder, unpacked.omissions.__setitem__):
        break  # the run ends here
    assert [path.name for path in unpacked.folder.iterdir()] == ["a.txt"]
    assert unpacked(archive) == {"a.txt": b"a", "b.txt": b"b"}


def test_a_folder_that_cannot_be_written_is_an_error(unpacked: Unpacked, tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.zip", {"a.txt": b"a"})
    unpacked.folder.mkdir()
    (unpacked.folder / ".unfinished").symlink_to("/dev/full")
    with pytest.raises(KnowledgeError, match="Free some space"):
        unpacked(archive)
