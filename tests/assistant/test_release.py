"""What `Release` lets out, when, and what it does with a sentence that fails its check."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.release import Release, Sentence
from assistant.types import Claim, TextDelta

KNOWN = {"E-42", "60", "7"}


def check(sentence: str, said: str = "") -> Sequence[Claim]:
    """Find fault with every number but those in KNOWN."""
    del said
    found = re.findall(r"E-\d+|\d+", re.sub(r"^\d+\. ", "", sentence))
    return [
        Claim(item, "number", "unverified", 0.0, "", f"`{item}` is in no source")
        for item in found
        if item not in KNOWN
    ]


def release_of(
    rewrite=lambda sentence, fault: "", cite="", correct=lambda sentence, said: ""
) -> Release:
    return Release("s1", check=check, correct=correct, cite=lambda sentence: cite, rewrite=rewrite)


def run(pieces: Sequence[str], rewrite=lambda sentence, fault: "") -> tuple[Release, list]:
    release = release_of(rewrite)
    out = [item for piece in pieces for item in release.push(piece)]
    out += release.finish()
    return release, out


def words(out: list) -> str:
    return "".join(item.text for item in out if isinstance(item, TextDelta))


def test_words_without_numbers_flow_before_the_sentence_ends() -> None:
    release = release_of()
    out = [item for piece in ("This ", "may ", "be ", "the ca") for item in release.push(piece)]
    assert words(out) == "This may be the"


@pytest.mark.parametrize("word", ["press", "not", "不", "拔下"])
def test_a_command_or_a_negation_waits_until_its_sentence_was_checked(word: str) -> None:
    release = release_of()
    out = [item for piece in ("So ", f"{word} ", "the ", "but") for item in release.push(piece)]
    assert words(out) == "So"
    out += [*release.push("ton. "), *release.finish()]
    assert words(out).strip() == f"So {word} the button."


def test_a_number_waits_until_its_sentence_was_checked() -> None:
    release = release_of()
    out = [item for piece in ("It takes ", "60 ", "seconds") for item in release.push(piece)]
    assert words(out) == "It takes"
    out += [*release.push(". "), *release.push("Then go on."), *release.finish()]
    assert words(out) == "It takes 60 seconds. Then go on."
    assert [item.text for item in out if isinstance(item, Sentence)] == [
        "It takes 60 seconds.",
        "Then go on.",
    ]


def test_a_wrong_number_is_never_let_out_and_its_claim_is_kept() -> None:
    release, out = run(["It is E-42. ", "Wait for 90 seconds. ", "Press Reconnect."])
    assert "90" not in words(out)
    assert not any("90" in item.text for item in out if isinstance(item, Sentence))
    assert [claim.text for claim in release.repaired] == ["90"]
    assert words(out).endswith("Press Reconnect.")


def test_a_failed_sentence_is_written_again_in_its_place() -> None:
    release, _ = run(
        ["1. Open the page.\n", "2. Wait for 90 seconds.\n", "3. Press Reconnect."],
        rewrite=lambda sentence, fault: "Wait for 60 seconds. [1]",
    )
    assert release.text.splitlines() == [
        "1. Open the page.",
        "2. Wait for 60 seconds.",
        "3. Press Reconnect.",
    ]


def test_a_rewrite_that_fails_again_is_dropped() -> None:
    release, _ = run(["Wait for 90 seconds. Done."], rewrite=lambda sentence, fault: "Wait 80 s.")
    assert "80" not in release.text
    assert "90" not in release.text


def test_markers_of_the_model_are_left_out_and_ours_are_added() -> None:
    release = release_of(cite="[2]")
    list(release.push("It is E-42 [7]. "))
    list(release.finish())
    assert release.text.strip() == "It is E-42. [2]"


@pytest.mark.parametrize("piece_length", [1, 3, 1000])
def test_nothing_is_lost_or_doubled_however_the_words_arrive(piece_length: int) -> None:
    text = "错误是 E-42。请等待 60 秒。\n1. Open Settings.\n2. Press Reconnect, then wait.\nDone"
    pieces = [text[i : i + piece_length] for i in range(0, len(text), piece_length)]
    release, out = run(pieces)
    assert release.text == text
    assert words(out) == text


@given(st.lists(st.text(alphabet="ab ,.!?\n1。E-4260", max_size=12), max_size=30))
def test_streams_of_any_shape_keep_what_passes(pieces: list[str]) -> None:
    release, out = run(pieces)
    for item in out:
        if isinstance(item, Sentence):
            assert not check(item.text)
    assert "".join(release.text.split()) in "".join("".join(pieces).split()) or release.repaired


def test_a_model_that_loops_is_noticed_and_its_loop_left_out() -> None:
    release, _ = run(
        ["1. Wait, then look at the light again.\n", "2. look at the light again.\n", "3. Go on."]
    )
    assert release.repeats
    assert release.text.strip() == "1. Wait, then look at the light again."


def test_a_button_may_be_pressed_twice() -> None:
    text = "1. Choose a name.\n2. Press **Apply**.\n3. Set a password.\n4. Press **Apply**."
    release, _ = run([text])
    assert release.text == text


def test_a_sentence_that_the_sources_correct_goes_on_at_once() -> None:
    release = release_of(correct=lambda sentence, said: sentence.replace("90", "60"))
    out = list(release.push("Wait for 90 seconds. Then"))
    assert words(out) == "Wait for 60 seconds."
    assert [claim.text for claim in release.repaired] == ["90"]


def test_a_correction_that_fails_the_check_itself_does_not_go_out() -> None:
    release = release_of(correct=lambda sentence, said: "The manual says 98.")
    list(release.push("It is 99. "))
    list(release.finish())
    assert release.text.strip() == ""


def test_a_warning_that_the_correction_quotes_is_not_said_twice() -> None:
    def lacking(sentence: str, said: str) -> Sequence[Claim]:
        warning = Claim(
            sentence, "warning", "contradicted", 0.0, "r7", "", "Danger: it erases all."
        )
        wrong = Claim(sentence, "premise", "contradicted", 0.0, "r7", "It erases all.")
        return [warning, wrong] if "not erase" in sentence else [warning]

    release = Release(
        "s1",
        check=lacking,
        correct=lambda sentence, said: "The manual says: “Danger: it erases all”.",
        cite=lambda sentence: "",
        rewrite=lambda sentence, fault: "",
    )
    list(release.push("It does not erase 1 thing. "))
    list(release.finish())
    assert release.text.count("Danger") == 1
