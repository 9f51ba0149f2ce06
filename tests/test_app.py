import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from recycler.settings import PROJECT

APP = PROJECT / "app.py"

FIRST_VERDICT = f"""
import sys
import numpy as np
from streamlit.testing.v1 import AppTest
from components import state
from recycler.photos import to_jpeg
app = AppTest.from_file({str(APP)!r}, default_timeout=60)
app.run().button_group(key=state.SOURCE).set_value("Upload").run()
app.file_uploader[0].upload("photo.jpg", to_jpeg(np.full((300, 400, 3), 90, np.uint8), 400)).run()
assert not app.exception, app.exception
assert app.session_state[state.VISIT].latest
print(*sorted({{"keras", "tensorflow", "mlflow", "pandas", "altair", "pyarrow"}} & set(sys.modules)))
"""


def test_a_first_verdict_needs_no_tensorflow_and_waits_for_no_charts() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_VERDICT], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.mark.parametrize("file", [APP, PROJECT / "pages" / "classify.py"], ids=lambda path: path.name)
def test_whichever_file_streamlit_starts_the_whole_app_comes(file: object) -> None:
    app = AppTest.from_file(str(file), default_timeout=60).run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Where does it go?"]
    assert [box.label for box in app.sidebar.selectbox] == ["Rules", "Model"]
