from recycler.analysis.meanings import MEANINGS
from recycler.metrics import figures_of_merit
from recycler.rulebook import find_rulebook
from tests.tables import drawn


def test_every_figure_of_merit_has_words() -> None:
    assert figures_of_merit(drawn(), find_rulebook("default")).keys() - {"photos"} == MEANINGS.keys()
    assert len({meaning.title for meaning in MEANINGS.values()}) == len(MEANINGS)


def test_values_come_with_their_unit() -> None:
    assert MEANINGS["top1"].shown(0.925) == "92.5\u00a0%"
    assert MEANINGS["entropy_bits"].shown(1.5) == "1.500\u00a0bits"
    assert MEANINGS["brier"].shown(0.25) == "0.250"
