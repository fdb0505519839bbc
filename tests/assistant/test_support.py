"""Instructions and prohibitions against evidence: what is turned round, swapped or made up."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from assistant.benchmarks.answer_pairs import read_pairs
from assistant.benchmarks.fit_support import grounds_of
from assistant.benchmarks.verify_answers import auroc, recall_at
from assistant.checks import remembering
from assistant.checks.actions import forbids
from assistant.checks.clauses import clauses_of
from assistant.checks.dangers import missing_warning, plain_warning
from assistant.checks.grounds import Grounds
from assistant.checks.instructions import check_text
from assistant.checks.mend import faults
from assistant.checks.support import clauses_of_text, log_odds, weigh, weights_for
from assistant.stages.verify import check_sentence, check_talk

ENGLISH = (
    "# Kettle K3\n## Descaling\n1. Switch the kettle off and unplug the cable.\n"
    "2. Open the lid and fill in the descaler.\n3. Wait 20 minutes, then rinse the tank.\n"
    "Do not use vinegar.\n## Faults\nK-1: the tank is empty. Fill in water.\n"
    "K-2: the heater is too hot. Let it cool down.\n"
    "## Reset\nWarning: this erases all timers.\n1. Hold **Clear** for 5 seconds.\n"
    "2. Press **Set**."
)
CHINESE = (
    "# K3 水壶\n## 除垢\n1. 关闭水壶，拔下电线。\n2. 打开盖子，加入除垢剂。\n"
    "3. 等待 20 分钟，然后冲洗水箱。\n不要使用醋。\n## 重置\n警告：这会清除所有定时。\n"
    "1. 按住 **Clear** 5 秒。\n2. 按 **Set**。"
)
LOSS = Grounds(
    {
        "k4": "# Kettle K4\n## Reset\nDanger: a reset erases all timers. Save a backup first.\n"
        "1. Hold **Clear** for 5 seconds.\n2. Let go.\n"
        "3. Wait 3 minutes and set the kettle up again.\n"
        "## Boiler\nDanger: mains voltage under the cover.\n1. Remove the cover.\n"
        "2. Unscrew the nozzle."
    }
)
MANUALS = {"en": Grounds({"k3": ENGLISH}), "zh": Grounds({"k3": CHINESE})}


@pytest.mark.parametrize("manual", ["en", "zh"])
@pytest.mark.parametrize(
    "sentence",
    [
        "Unplug the cable.",
        "Open the lid and fill in the descaler.",
        "Switch the kettle off, then unplug the cable.",
        "拔下电线。",
        "先关闭水壶，再拔下电线。",
        "打开盖子，加入除垢剂。",
    ],
)
def test_what_a_manual_tells_is_supported_in_either_language(manual: str, sentence: str) -> None:
    claims = check_text(sentence, MANUALS[manual])
    assert {claim.verdict for claim in claims} == {"supported"}
    assert all(claim.against == "k3" and claim.quote for claim in claims)


@pytest.mark.parametrize(
    ("manual", "sentence", "kind", "verdict", "quote"),
    [
        ("en", "Use vinegar.", "negation", "contradicted", "Do not use vinegar."),
        ("en", "Do not unplug the cable.", "negation", "contradicted", "unplug the cable"),
        ("en", "Close the lid and fill in the descaler.", "instruction", "contradicted", "Open"),
        ("en", "Wind foil around the heating coil.", "instruction", "unverified", ""),
        ("zh", "使用醋。", "negation", "contradicted", "不要使用醋。"),
        ("zh", "不要拔下电线。", "negation", "contradicted", "拔下电线"),
        ("zh", "关上盖子，加入除垢剂。", "instruction", "contradicted", "打开盖子"),
        ("zh", "用锤子敲打外壳。", "instruction", "unverified", ""),
    ],
)
def test_what_is_turned_round_or_made_up_is_named_with_what_decides_it(
    manual: str, sentence: str, kind: str, verdict: str, quote: str
) -> None:
    (claim,) = [c for c in check_text(sentence, MANUALS[manual]) if c.verdict != "supported"]
    assert (claim.kind, claim.verdict) == (kind, verdict)
    assert quote in claim.quote


@pytest.mark.parametrize(
    ("manual", "sentence"),
    [
        ("en", "Unplug the cable, then switch the kettle off."),
        ("en", "Fill in the descaler before you open the lid."),
        ("zh", "先拔下电线，再关闭水壶。"),
        ("zh", "加入除垢剂之后打开盖子。"),
    ],
)
def test_steps_in_another_order_are_contradicted(manual: str, sentence: str) -> None:
    (claim,) = faults(check_text(sentence, MANUALS[manual]))
    assert claim.verdict == "contradicted"
    assert "other way round" in claim.detail


def test_the_order_counts_across_sentences() -> None:
    before = clauses_of_text("1. Unplug the cable.")
    (claim,) = faults(check_text("2. Switch the kettle off.", MANUALS["en"], before))
    assert "other way round" in claim.detail


def test_the_meaning_of_another_code_is_contradicted() -> None:
    (claim,) = faults(check_text("K-1 means that the heater is too hot.", MANUALS["en"]))
    assert (claim.text, claim.kind) == ("K-1", "code")
    assert not faults(check_text("K-2 means that the heater is too hot.", MANUALS["en"]))


def test_what_users_say_they_cannot_do_forbids_nothing() -> None:
    grounds = Grounds({"k3": ENGLISH, "typed": "I cannot open the lid."})
    assert not faults(check_text("Open the lid and fill in the descaler.", grounds))


@pytest.mark.parametrize(
    ("sentence", "clauses"),
    [
        ("Before you measure, rest.", ["rest", "you measure"]),
        ("Rest before you measure.", ["Rest", "you measure"]),
        ("Measure after you rest.", ["you rest", "Measure"]),
        ("换水之前要先拔掉插头。", ["要先拔掉插头", "换水"]),
        ("松开螺丝后拔下针。", ["松开螺丝", "拔下针"]),
    ],
)
def test_clauses_stand_in_the_order_of_doing(sentence: str, clauses: list[str]) -> None:
    assert [part.text for part in clauses_of(sentence)] == clauses


@pytest.mark.parametrize("manual", ["en", "zh"])
@pytest.mark.parametrize("step", ["1. Hold **Clear** for 5 seconds.", "1. 按住 **Clear** 5 秒。"])
def test_a_dangerous_step_needs_its_warning_first(manual: str, step: str) -> None:
    grounds = MANUALS[manual]
    warning = missing_warning(step, grounds, "")
    assert warning is not None
    assert "timers" in warning.text or "定时" in warning.text
    assert missing_warning(step, grounds, plain_warning(warning)) is None
    assert missing_warning("1. Unplug the cable.", grounds, "") is None
    claims = check_sentence(step, grounds)
    assert [c.kind for c in faults(claims)] == ["warning"]


def test_a_warning_in_other_words_counts() -> None:
    said = "Careful: the reset erases all timers."
    assert missing_warning("Hold **Clear** for 5 seconds.", MANUALS["en"], said) is None


def test_a_warning_in_the_other_language_counts() -> None:
    step = "按住 **Clear** 5 秒。"
    assert missing_warning(step, LOSS, "注意：会清除所有定时，无法恢复。") is None
    assert missing_warning(step, LOSS, "当心烫伤。") is not None
    assert missing_warning("Hold **Clear** for 5 seconds.", LOSS, "当心烫伤。") is not None


@pytest.mark.parametrize(
    "step", ["First save a backup.", "Wait 3 minutes, then set the kettle up again."]
)
def test_a_loss_is_warned_of_only_before_the_step_that_causes_it(step: str) -> None:
    assert missing_warning(step, LOSS, "") is None
    assert missing_warning("Hold **Clear** for 5 seconds.", LOSS, step) is not None
    assert missing_warning(f"{step} Hold **Clear** for 5 seconds.", LOSS, "") is not None


@pytest.mark.parametrize("step", ["Remove the cover.", "Unscrew the nozzle."])
def test_what_may_hurt_is_warned_of_before_any_step_of_its_section(step: str) -> None:
    assert missing_warning(step, LOSS, "") is not None


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("C-7 signifie du calcaire dans la chaudière.", True),
        ("2. Appuyez sur **Descale**.", True),
        ("Open *Menu > Care*.", True),
        ("3. Attendez environ 20 minutes.", True),
        ("Je ne sais pas.", False),
        ("Good morning, how can I help?", False),
    ],
)
def test_talk_about_a_code_tells_nothing_from_nowhere(sentence: str, fault: bool) -> None:
    sources = {"typed": "La cafetière affiche C-7."}
    assert bool(check_talk(sentence, Grounds(sources), coded=True)) == fault


def test_talk_about_anything_else_is_free() -> None:
    sources = {"typed": "How do I boil an egg?"}
    for sentence in ("1. Boil water.", "2. Wait 8 minutes.", "Vitamin B12 is healthy."):
        assert not check_talk(sentence, Grounds(sources), coded=False)


def test_planted_changes_are_told_from_paraphrases_by_words_alone() -> None:
    pairs = list(read_pairs("dev"))
    grounds = grounds_of(pairs, None)
    scores = np.array([
        log_odds(weigh(pair.text, one), weights_for(one))
        for pair, one in zip(pairs, grounds, strict=True)
    ])  # fmt: skip
    planted = np.array([pair.planted for pair in pairs])
    assert auroc(scores, planted) >= 0.79
    assert recall_at(scores, planted) >= 0.42


def test_the_answers_are_what_they_say() -> None:
    parts = {split: list(read_pairs(split)) for split in ("train", "dev", "test")}
    every = [pair for pairs in parts.values() for pair in pairs]
    assert len(every) >= 400
    assert sum(pair.planted for pair in every) * 2 == len(every)
    devices = [{pair.domain for pair in pairs} for pairs in parts.values()]
    assert sum(map(len, devices)) == len(set().union(*devices)) >= 10


ROUTER = Grounds({
    "r7": "# R7\n## Water\n立即拔下电源适配器，不要再使用路由器。\n## Update\n"
    "Do not switch off the router while it updates.\nUnplug the modem for 30 seconds and plug it "
    "in again.\nAnother adapter can start a fire.\nUnplug the adapter in a thunderstorm.\n"
    "1. Switch the charger off before you insert the battery.\n2. Insert the battery.\n"
    "3. Switch the charger on.\nRinse the tank with vinegar.\nMake a backup first.",
})  # fmt: skip


@pytest.mark.parametrize("text", ["不要再使用路由器", "请勿再次重置", "别再按按钮", "不得再打开"])
def test_a_prohibition_is_not_cut_in_two(text: str) -> None:
    assert [(part.text, forbids(part.text)) for part in clauses_of(text)] == [(text, True)]


@pytest.mark.parametrize(
    "sentence",
    [
        "There is no need to unplug the adapter.",
        "The router does not need to stay on.",
        "It is not necessary to unplug the adapter.",
        "不用拔下电源适配器。",
        "你没必要拔下电源适配器。",
        "您可以使用路由器。",
        "You can use another adapter.",
        "Keep the adapter plugged in during a thunderstorm.",
        "Insert the battery while the charger is on.",
        "Rinse the tank with bleach.",
        "无需备份。",
    ],
)
def test_what_is_unsafe_is_never_supported(sentence: str) -> None:
    claims = check_text(sentence, ROUTER)
    assert claims
    assert "supported" not in {claim.verdict for claim in claims}


@pytest.mark.parametrize(
    "sentence",
    [
        "立即拔下电源适配器，不要再使用路由器。",
        "Plug the modem back in after 30 seconds.",
        "Stop using the router.",
        "Turn the charger off first, then put the battery in.",
        "充电器关闭后再插入电池。",
    ],
)
def test_what_is_faithful_is_not_contradicted(sentence: str) -> None:
    assert not faults(check_text(sentence, ROUTER))


def test_leaving_a_thing_on_is_not_switching_it_off() -> None:
    grounds = Grounds({"r7": "# R7\nDo not switch off the router while it updates."})
    (claim,) = check_text("Leave the router on while it updates.", grounds)
    assert claim.verdict != "contradicted"


class Lengths:
    """An encoder whose vector of a text is its length."""

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[float(len(text))] for text in texts])


def test_turns_at_once_may_share_the_vectors_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "_REMEMBERED", 3)
    embed = remembering.remembering(Lengths().embed)
    texts = [["a" * n, "b" * (n % 7), "c"] for n in range(1, 60)] * 20
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(embed, texts))
    assert [rows[:, 0].tolist() for rows in found] == [[len(t) for t in some] for some in texts]
