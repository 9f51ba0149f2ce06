"""Results of the thesis's experiments beside the thesis's own: predictions to figures, figures to a Markdown report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, roc_curve

from recycler.datasets.cifar100 import IMAGENET_SHARED
from recycler.experiments import Experiment
from recycler.markdown import report, table
from recycler.metrics import figures_of_merit, log_losses, should_recycle
from recycler.predictions import Predictions
from recycler.rulebook import Rulebook

COMMAND = "python -m recycler bench thesis"
PLOTS = "../docs/thesis"  # from the report

# Figure to its heading: first those that the thesis has, too, then those of the table of all rows.
BESIDE_THE_THESIS = {
    "top1": "top-1",
    "top5": "top-5",
    "top10": "top-10",
    "validation_loss": "validation loss, nats",
    "learned_recycling_accuracy": "recycling, accuracy",
    "minutes": "minutes",
}
SHORT = ("top1", "top5", "learned_recycling_accuracy", "validation_loss")
BEYOND = {
    "top1_shared": "top-1, classes that ImageNet has",
    "top1_unshared": "top-1, others",
    "ece": "ECE",
    "entropy_bits": "entropy, bits",
    "recycling_balanced": "recycling, balanced accuracy",
    "summed_recycling_balanced": "balanced accuracy of the summed classes",
    "prior_recycling_balanced": "the same, likelier than before",
    "learned_recycling_auroc": "recycling, AUROC",
    "recycling_auroc": "AUROC of the summed classes",
    "superclass": "superclass",
}

INTRODUCTION = (
    "Each row in **bold** is ours, the one below it the thesis's (2020, on a GPU), where it gives one. The "
    "same size of data: 50 photos a class of CIFAR-100 to train on, 10 to validate with, 1,000 public test photos that "
    "nothing was chosen on; by chance alone a share of 0.5 of so many photos is off by 0.016. Ours is the mean over "
    "seeds of weights, batches and augmentation ± their standard deviation, on the same photos, of the epoch that is "
    "best by validation loss. *validation loss*: of the class, on the recipe's validation photos, whatever a row is "
    "tested on. *recycling*: the network's own output for it, where it has one, else the sum of the ten recyclable "
    "classes; one photo in ten is recycling, so *never* would be right for 0.9 of them. *minutes*: from the start of a "
    "trainer to its last figure, pauses and other work on the same machine included; activations of frozen layers that "
    "an earlier row had computed were not computed again."
)
BEYOND_ACCURACY = (
    "Top-1 apart for the 54 classes that the thesis lists as known to ImageNet. *ECE*: mean gap between confidence and "
    "accuracy, 15 bins, uncalibrated. *entropy*: of the predicted distribution, mean; 100 classes have 6.6 at most. "
    "*recycling, balanced accuracy*: right share of recycling and of the rest, counted alike, at the threshold that is "
    "best on the validation photos. *likelier than before*: recycling is said where a photo makes it likelier than it "
    "was before looking, the share of recycling among the validation photos; of true probabilities this is the best "
    "there is (Bayes), and it hangs on no photo on the fence; results from before it was counted lack it. "
    "*superclass*: accuracy of that output on the validation photos."
)


@dataclass(frozen=True)
class Standing:
    """What is known of a row: figures of each seed that was trained and measured, else why the last try gave none.

    origin: when and on what device it was trained, from `experiment_results.origin`.
    """

    figures: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    problem: str = ""
    origin: str = ""


def figures_of(test: Predictions, validation: Predictions, rulebook: Rulebook) -> dict[str, float]:
    """The figures of merit of a row's test photos, and those of BEYOND that they lack.

    validation: of the same network, perhaps empty; gives the loss and the threshold for recycling.
    """
    figures = figures_of_merit(test, rulebook)
    shared = np.array([name in IMAGENET_SHARED for name in test.names])[test.true]
    if {name for name in test.names if name in IMAGENET_SHARED} == IMAGENET_SHARED and not shared.all():
        figures |= {"top1_shared": float(test.right[shared].mean()), "top1_unshared": float(test.right[~shared].mean())}
    own = figures_of_merit(replace(test, p_recycle=recycling_output(test)), rulebook)
    figures |= {f"learned_{name}": own[name] for name in ("recycling_accuracy", "recycling_auroc") if name in own}
    if len(validation):
        figures["validation_loss"] = float(log_losses(validation).mean(dtype=np.float64))
        figures |= _at_threshold(test, validation, rulebook)
    return figures


def recycling_output(said: Predictions) -> NDArray[np.float32]:
    """How much of a recycling each photo is (N,), by the network's own output or else by the sum of its classes."""
    return said.p_recycle if np.isnan(said.recycling).any() else said.recycling


def _at_threshold(test: Predictions, validation: Predictions, rulebook: Rulebook) -> dict[str, float]:
    """Balanced accuracy of recycling, by the network's own output and by the sum of its classes.

    Each at the threshold that is best on validation photos (Youden 1950); the sum at their share of recycling, too,
    above which a photo speaks for recycling (Bayes's rule, both errors weighing the same).
    """
    judged, should = should_recycle(validation, rulebook)
    tested, truth = should_recycle(test, rulebook)
    if not 0 < should[judged].mean() < 1 or not tested.any() or not 0 < truth[tested].mean() < 1:
        return {}

    def balanced(chosen_on: NDArray[np.float32], said: NDArray[np.float32]) -> float:
        wrong, right, thresholds = roc_curve(should[judged], chosen_on[judged])
        best = thresholds[np.argmax(right - wrong)]
        return float(balanced_accuracy_score(truth[tested], said[tested] >= best))

    likelier = test.p_recycle[tested] >= should[judged].mean()
    return {
        "prior_recycling_balanced": float(balanced_accuracy_score(truth[tested], likelier)),
        "recycling_balanced": balanced(recycling_output(validation), recycling_output(test)),
        "summed_recycling_balanced": balanced(validation.p_recycle, test.p_recycle),
    }


def document(experiments: Sequence[Experiment], standings: Mapping[str, Standing], plots: Mapping[str, str]) -> bytes:
    """The report as a Markdown file. plots: row to the row whose plot shows its curves."""
    parts = [INTRODUCTION]
    for section, rows in groupby(experiments, key=lambda experiment: experiment.section):
        inside = list(rows)
        parts += [f"## {section}", _beside_the_thesis(inside, standings), _notes(inside, standings, plots)]
    parts += ["## Beyond accuracy", BEYOND_ACCURACY, _beyond(experiments, standings)]
    return report("The thesis's experiments, again", COMMAND, parts)


def summary(experiments: Sequence[Experiment], standings: Mapping[str, Standing]) -> str:
    """One table of all rows, "ours / the thesis's" in each cell, for the README."""
    rows = []
    for experiment in experiments:
        seeds = [*standings[experiment.name].figures.values()]
        words = []
        for figure in SHORT:
            own = spread(seeds, figure) or ("no result yet" if figure == "top1" and not seeds else "")
            thesis = spread([experiment.thesis], figure)
            words.append(f"{own or '–'} / {thesis}" if thesis else own)
        rows.append([experiment.title, *words])
    return table(["ours / the thesis's", *(BESIDE_THE_THESIS[figure] for figure in SHORT)], rows)


def _beside_the_thesis(experiments: Sequence[Experiment], standings: Mapping[str, Standing]) -> str:
    lines = []
    for experiment in experiments:
        seeds = [*standings[experiment.name].figures.values()]
        cells = [spread(seeds, figure) for figure in BESIDE_THE_THESIS]
        lines.append([f"**{experiment.name}**", str(len(seeds)) if seeds else "no result yet", *cells])
        if experiment.thesis:
            lines.append(["thesis", "", *(spread([experiment.thesis], figure) for figure in BESIDE_THE_THESIS)])
    return table(["row", "seeds", *BESIDE_THE_THESIS.values()], lines)


def _notes(experiments: Sequence[Experiment], standings: Mapping[str, Standing], plots: Mapping[str, str]) -> str:
    lines = []
    for experiment in experiments:
        standing = standings[experiment.name]
        source = f"[{Path(experiment.recipe).name}](../recipes/thesis/{experiment.recipe})"
        changed = ", ".join(_in_words(place, value) for place, value in experiment.changes.items())
        words = [f"**{experiment.name}**: {experiment.title}.", f"{source}{f' with {changed}' if changed else ''}."]
        if experiment.differs:
            words.append(experiment.differs)
        if not standing.figures:
            todo = f"`{COMMAND} --only {experiment.name}` makes one"
            words.append(f"No result yet: {standing.problem.partition('. ')[0].rstrip('.') or todo}.")
        if standing.origin:
            words.append(f"Trained {standing.origin}.")
        if experiment.name in plots:
            words.append(f"[Curves]({PLOTS}/{plots[experiment.name]}.svg).")
        lines.append("- " + " ".join(words))
    return "\n".join(lines)


def _in_words(place: str, value: object) -> str:
    """A change of a recipe, as YAML has it, stages counted from 1."""
    steps = [str(int(step) + 1) if step.isdigit() else step for step in place.split(".")]
    return f"no {' '.join(steps).replace('stages', 'stage')}" if value is None else f"`{' '.join(steps)}: {value}`"


def _beyond(experiments: Sequence[Experiment], standings: Mapping[str, Standing]) -> str:
    measured = [(e.name, [*standings[e.name].figures.values()]) for e in experiments if standings[e.name].figures]
    rows = [[name, *(spread(seeds, figure) for figure in BEYOND)] for name, seeds in measured]
    return table(["row", *BEYOND.values()], rows)


def spread(seeds: Sequence[Mapping[str, float]], figure: str) -> str:
    """Mean ± standard deviation over seeds; "" where none has the figure."""
    values = [figures[figure] for figures in seeds if figure in figures]
    if not values:
        return ""
    mean = _value(figure, float(np.mean(values)))
    return mean if len(values) < 2 else f"{mean} ± {_value(figure, float(np.std(values, ddof=1)))}"


def _value(figure: str, value: float) -> str:
    return f"{value:.1f}" if figure == "minutes" else f"{value:.3f}"
