"""What all tests share: a home folder of their own, and real data where the machine has them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from recycler.settings import settings

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # tests import MLflow themselves, too


@pytest.fixture(scope="session", autouse=True)
def home_between_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A thread that outlives its test finds this one, never the home folder of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECYCLER_HOME", str(tmp_path_factory.mktemp("between")))
        yield


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Runs and caches of a test go to a folder of its own; its pages are open to all."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RECYCLER_HOME", str(home))
    monkeypatch.setenv("RECYCLER_OPEN", "1")  # AppTest's visitors have no address; tests of the gate close it
    settings.cache_clear()
    yield home
    settings.cache_clear()


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets, or a skip that says how to get one."""
    folder = os.environ.get("RECYCLER_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip(
            "needs real photos: set RECYCLER_DATA to the folder that holds cifar100/, trashnet/, garbage/, home/"
        )
    return Path(folder)


@pytest.fixture
def keras_home() -> Path:
    """A Keras home that holds MobileNet's ImageNet weights, or a skip that says how to get one."""
    folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    if not list(folder.glob("models/mobilenet_1_0_*_tf_no_top.h5")):
        pytest.skip(
            "needs MobileNet's weights: set KERAS_HOME to a folder that holds models/mobilenet_1_0_*_tf_no_top.h5"
        )
    return folder
