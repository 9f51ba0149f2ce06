import numpy as np
import pytest

from recycler.analysis.groups import SIZES, group_table, groupings
from recycler.classes import CIFAR100
from recycler.datasets.cifar100 import IMAGENET_SHARED, SUPERCLASS_OF
from recycler.predictions import Predictions, predictions
from recycler.rulebook import find_rulebook
from tests.tables import drawn

RULEBOOK = find_rulebook("default")


def cifar(true: list[str]) -> Predictions:
    p = np.full((len(true), 100), 1 / 100, np.float32)
    return predictions(CIFAR100, [f"cifar100/{i}" for i in range(len(true))], "test", true, p)


def test_photos_are_grouped_by_source_as_their_ids_say() -> None:
    ways = groupings(drawn(10), {})
    assert ways["source"].names == ("garbage", "home")
    assert ways["source"].rows("home").tolist() == [0, 2, 4, 6, 8]


def test_cifar_photos_are_grouped_by_superclass_and_by_what_imagenet_knows() -> None:
    table = cifar(["rose", "tulip", "bowl", "baby"])
    ways = groupings(table, SUPERCLASS_OF)
    assert [ways["superclass"].names[i] for i in ways["superclass"].codes] == [
        *("flowers", "flowers", "food_containers", "people")
    ]
    known = ways["known to ImageNet"]
    shared = [name in IMAGENET_SHARED for name in ("rose", "tulip", "bowl", "baby")]
    assert ["too" in known.names[i] for i in known.codes] == shared
    assert "source" not in ways  # there is only one


def test_imagenet_groups_all_of_cifars_classes() -> None:
    ways = groupings(cifar(list(CIFAR100)), SUPERCLASS_OF)
    assert np.bincount(ways["known to ImageNet"].codes).tolist() == [54, 46]
    assert np.bincount(ways["superclass"].codes).tolist() == [5] * 20


def test_class_sizes_are_thirds_of_the_classes_and_no_group_where_all_are_alike() -> None:
    sizes = groupings(cifar(["rose"] * 9 + ["tulip"] * 3 + ["bowl"]), {})["class size"]
    assert sizes.names == SIZES
    assert np.bincount(sizes.codes).tolist() == [1, 3, 9]
    assert "class size" not in groupings(cifar(["rose", "tulip", "bowl"]), {})


def test_the_shares_of_the_groups_add_up_to_the_whole() -> None:
    table = drawn(1000, foreign=100)
    source = groupings(table, {})["source"]
    rows = group_table(table, RULEBOOK, source).set_index("group")
    assert rows["photos"].to_dict() == {"garbage": 500, "home": 500}
    home = table.pick(source.rows("home"))
    assert rows["top1"]["home"] == pytest.approx(home.right[home.known].mean())
    assert rows["entropy_bits"]["home"] == pytest.approx(home.entropy_bits.mean(), rel=1e-5)
    assert (rows["top1_low"] < rows["top1"]).all()
    assert (rows["recycling_accuracy"] < rows["recycling_accuracy_high"]).all()


def test_a_group_without_photos_that_can_be_judged_has_no_share() -> None:
    table = drawn(10, foreign=10)
    rows = group_table(table, RULEBOOK, groupings(table, {})["source"])
    assert rows["top1"].isna().all()
    assert rows["recycling_accuracy"].notna().all()
