import keras
import numpy as np
import pytest

from recycler.learning.optimisation import learning_rate, new_optimiser
from recycler.recipe import Stage


def rates(falls: int = 0, **stage: object) -> list[float]:
    made = Stage.model_validate({"learning_rate": 0.1, **stage})
    return [learning_rate(made, step, 100, falls) for step in range(100)]


def test_schedules_end_where_they_should() -> None:
    assert set(rates(schedule="constant")) == {0.1}
    cosine = rates(schedule="cosine")
    assert cosine[0] == 0.1
    assert cosine == sorted(cosine, reverse=True)
    assert cosine[-1] < 0.001
    assert rates(falls=2, schedule="plateau")[50] == pytest.approx(0.1 * 0.3**2)


def test_warming_up_rises_from_nearly_nothing_to_the_peak() -> None:
    warm = rates(schedule="cosine", warm_up=0.2)
    assert warm[:20] == sorted(warm[:20])
    assert warm[0] == pytest.approx(0.005)
    assert max(warm) == warm[20] == 0.1


@pytest.mark.parametrize("optimiser", ["adamw", "adam", "sgd"])
def test_the_backbone_takes_smaller_steps(optimiser: str) -> None:
    stage = Stage.model_validate({"optimiser": optimiser, "learning_rate": 0.1, "backbone_rate": 0.01})
    variables = [keras.Variable(np.ones(3)) for _ in range(2)]
    made = new_optimiser(stage, frozenset({0}))
    made.build(variables)
    made.apply([keras.ops.ones(3), keras.ops.ones(3)], variables)
    steps = [float(1 - np.asarray(variable).mean()) for variable in variables]
    assert steps[0] == pytest.approx(0.01 * steps[1], rel=1e-3)
