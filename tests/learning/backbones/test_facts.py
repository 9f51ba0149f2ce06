"""The table that the web process reads says what Keras's networks are."""

import os

import keras
import pytest

from recycler.backbone_facts import backbone_facts
from recycler.learning.backbones import BACKBONES
from recycler.learning.backbones.facts import count_facts

QUICK = ("mobilenet", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "vgg16", "efficientnet_lite0")


def test_it_lists_all_backbones() -> None:
    assert [*backbone_facts()] == [*BACKBONES]


@pytest.mark.parametrize("name", QUICK)
def test_it_counts_as_keras_does(name: str) -> None:
    keras.utils.clear_session()  # Keras numbers layers without a name of their own through all networks of a process
    assert backbone_facts()[name] == count_facts(BACKBONES[name])


@pytest.mark.skipif(
    "RECYCLER_EVERY_BACKBONE" not in os.environ,
    reason="takes minutes: set RECYCLER_EVERY_BACKBONE=1 to build every backbone",
)
def test_it_counts_all_the_others_as_keras_does() -> None:
    for name in sorted(BACKBONES.keys() - {*QUICK}):
        assert backbone_facts()[name] == count_facts(BACKBONES[name])
        keras.backend.clear_session()
