"""The support situations: enough of them, told apart, and whole domains held back."""

from itertools import combinations

import pytest

from assistant.data_sets import LANGUAGES, Split
from assistant.fusion.situations import Situation, read_domains

SPLITS: tuple[Split, ...] = ("train", "dev", "test")
ALL = {split: read_domains(split) for split in SPLITS}
SITUATIONS = [s for domains in ALL.values() for domain in domains for s in domain.situations]


def test_there_are_hundreds_of_situations_over_at_least_twelve_domains() -> None:
    assert sum(map(len, ALL.values())) >= 12
    assert len(SITUATIONS) >= 300
    assert len({situation.id for situation in SITUATIONS}) == len(SITUATIONS)


def test_no_domain_and_no_product_is_on_two_sides() -> None:
    for first, second in combinations(SPLITS, 2):
        for a in ALL[first]:
            for b in ALL[second]:
                assert a.name != b.name
                assert not {s.product.name for s in a.situations} & {
                    s.product.name for s in b.situations
                }


@pytest.mark.parametrize("split", SPLITS)
def test_products_of_a_domain_share_codes_that_mean_different_things(split: Split) -> None:
    for domain in ALL[split]:
        by_code: dict[str, list[Situation]] = {}
        for situation in domain.situations:
            if situation.code:
                by_code.setdefault(situation.code, []).append(situation)
        shared = [some for some in by_code.values() if len(some) == 2]
        assert len(shared) >= 5, domain.name
        for first, second in shared:
            assert first.product != second.product
            assert first.passage["en"] != second.passage["en"]


def test_a_code_stands_on_the_screen_and_is_not_said() -> None:
    for situation in SITUATIONS:
        if situation.code:
            for language in LANGUAGES:
                assert any(situation.code in line for line in situation.screen[language])
                assert situation.code not in situation.spoken[language]
                assert situation.code not in situation.vague[language]
