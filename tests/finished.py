"""Runs as a training leaves them, written by hand in milliseconds."""

from recycler.recipe import Recipe, load_recipe
from recycler.runs import Label, Run, new_run
from recycler.settings import PROJECT, settings

QUICK = load_recipe(PROJECT / "recipes" / "quick.yaml")


def ended(title: str, top1: float, note: str = "", recipe: Recipe = QUICK, parent: str = "") -> Run:
    run = new_run(settings().runs, recipe, "cpu", Label(title=title, note=note), parent)
    run.begin_stage(0, "feature extraction", 3, 2)
    for epoch in (1, 2, 3):
        for step in (1, 2):
            run.log_batch(0, epoch, step, {"loss": 1 / epoch, "object_accuracy": 0.5})
        run.log_epoch(
            0, epoch, {"loss": 1 / epoch, "val_loss": 1.1 / epoch, "object_accuracy": 0.5, "val_object_accuracy": 0.4}
        )
    run.close()
    run.record.figures = {"test": {"top1": top1, "recycling_balanced_accuracy": 0.8, "photos": 50}}
    run.record.state = "done"
    run.save()
    return run
