"""Figures of merit in words: what they are called, in which unit they come, what they mean."""

from typing import Literal, NamedTuple

Unit = Literal["share", "bits", "nats", ""]


class Meaning(NamedTuple):
    """title: for people. unit: "share" for 0 to 1, shown in percent. more_is_better. says: one sentence."""

    title: str
    unit: Unit
    more_is_better: bool
    says: str

    def shown(self, value: float) -> str:
        """A value with its unit: "92.5 %", "0.41 nats"."""
        unit = "\u00a0%" if self.unit == "share" else f"\u00a0{self.unit}" if self.unit else ""
        return f"{100 * value:.1f}{unit}" if self.unit == "share" else f"{value:.3f}{unit}"


def _binary(prefix: str = "", of: str = "") -> dict[str, Meaning]:
    """The figures of the answer recycling or not. prefix: of their names, of: of their titles."""
    return {
        f"{prefix}recycling_accuracy": Meaning(
            f"{of}Recycling or not", "share", True, "Photos on the right side, with one half as the border."
        ),
        f"{prefix}recycling_balanced_accuracy": Meaning(
            f"{of}Recycling or not, both sides alike",
            "share",
            True,
            "The mean of the share right among recycling and among the rest; guessing gives 50 %.",
        ),
        f"{prefix}recycling_f1": Meaning(
            f"{of}F1 of recycling",
            "share",
            True,
            "The harmonic mean of how many of its recycling answers are right and how much recycling it finds.",
        ),
        f"{prefix}recycling_auroc": Meaning(
            f"{of}Ranking of recycling (AUROC)",
            "share",
            True,
            "How often a recycling photo gets a higher probability than one for the bin; guessing gives 50 %.",
        ),
    }


MEANINGS: dict[str, Meaning] = {
    "top1": Meaning("Names the right class", "share", True, "The likeliest class is the true one."),
    "top5": Meaning("Right among its first five", "share", True, "The true class is among the five likeliest."),
    "top10": Meaning("Right among its first ten", "share", True, "The true class is among the ten likeliest."),
    "macro_recall": Meaning(
        "Recall, each class alike", "share", True, "Of the photos of a class, how many it finds; mean over classes."
    ),
    "macro_precision": Meaning(
        "Precision, each class alike", "share", True, "Of the times that it says a class, how often; mean over classes."
    ),
    "macro_f1": Meaning("F1, each class alike", "share", True, "Harmonic mean of the two before; mean over classes."),
    **_binary(),
    **_binary("learned_", "Learned output: "),
    "coverage": Meaning("Answered", "share", True, "Photos on which it is sure enough to answer."),
    "accuracy_when_sure": Meaning(
        "Right when answered", "share", True, "Of the photos that it answers, those on the right side."
    ),
    "recycling_balanced_accuracy_when_sure": Meaning(
        "Right when answered, both sides alike", "share", True, "The same, recycling and the rest counted alike."
    ),
    "log_loss": Meaning(
        "Log loss", "nats", False, "How surprised it is by the truth; 0 is perfect, sure mistakes cost most."
    ),
    "brier": Meaning("Brier score", "", False, "Squared distance from the truth, over all classes; 0 to 2."),
    "ece": Meaning(
        "Calibration error", "share", False, "By how much its “how sure” differs from how often it is right (ECE)."
    ),
    "entropy_bits": Meaning(
        "Entropy", "bits", False, "How spread out its probabilities are on average; 0 for a certain answer."
    ),
}
