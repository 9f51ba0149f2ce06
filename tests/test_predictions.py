from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recycler.errors import PredictionsError
from recycler.predictions import Predictions, join_predictions, predictions, read_predictions, write_predictions
from recycler.rulebook import find_rulebook
from recycler.verdict import Thresholds

CLASSES = ("glass", "paper", "trash")
SAID = np.array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3]], np.float32)
TRUE = ["glass", "glass", "trash", "apple"]


def table() -> Predictions:
    made = predictions(CLASSES, ["a/0", "a/1", "b/0", "b/1"], "test", TRUE, SAID)
    return made.judged(find_rulebook("default"), Thresholds(0.75))


def test_what_follows_from_the_probabilities_is_there() -> None:
    found = table()
    assert found.names == (*CLASSES, "apple")
    assert found.known.tolist() == [True, True, True, False]
    assert found.predicted[:3].tolist() == [0, 1, 2]
    assert found.second[:2].tolist() == [1, 0]
    assert found.rank[:3].tolist() == [0, 1, 0]
    assert found.p_true[1] == pytest.approx(0.3)
    assert np.isnan(found.p_true[3])
    assert found.rank[3] == 3
    assert found.squares[1] == pytest.approx(0.38)


def test_entropy_is_zero_bits_for_a_certain_answer_and_log2_of_the_classes_for_none() -> None:
    bits = table().entropy_bits
    assert bits[2] == 0
    assert bits[3] == pytest.approx(np.log2(3))


def test_verdicts_follow_rulebook_and_thresholds() -> None:
    found = table()
    assert found.p_recycle == pytest.approx([0.9, 0.8, 0.0, 2 / 3])
    assert found.verdicts.tolist() == ["recycle", "recycle", "bin", "unsure"]


def test_strange_photos_are_unsure_and_an_older_table_knows_none() -> None:
    strange = replace(table(), familiarity=np.array([0.2, 0.9, 0.2, 0.9], np.float32))
    rules, limited = find_rulebook("default"), Thresholds(0.5, familiarity=0.5)
    assert strange.judged(rules, limited).verdicts.tolist() == ["unsure", "recycle", "unsure", "recycle"]
    assert "unsure" not in table().judged(rules, limited).verdicts


def test_a_table_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "predictions.parquet"
    written = table()
    write_predictions(file, written)
    again = read_predictions(file)
    assert again.classes == CLASSES
    assert again.names == written.names
    for column in ("photos", "splits", "true", "predicted", "verdicts"):
        assert getattr(again, column).tolist() == getattr(written, column).tolist()
    for column in ("probabilities", "p_recycle", "entropy_bits", "p_true", "familiarity"):
        np.testing.assert_array_equal(getattr(again, column), getattr(written, column))
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_the_file_has_the_columns_that_others_rely_on(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.parquet", table())
    frame = pd.read_parquet(tmp_path / "p.parquet")
    assert [*frame.columns] == [
        *("photo", "split", "true", "predicted", "probabilities", "p_recycle", "entropy_bits", "verdict"),
        *("recycling", "familiarity"),
    ]
    assert frame["true"].tolist() == TRUE
    assert frame["probabilities"][1].tolist() == pytest.approx([0.3, 0.5, 0.2])


def test_picked_and_joined_rows_keep_their_classes() -> None:
    whole = table()
    again = join_predictions([whole.pick(whole.splits == "test").pick(np.array([3])), whole.pick(np.array([0, 1, 2]))])
    assert again.photos.tolist() == ["b/1", "a/0", "a/1", "b/0"]
    assert [again.names[i] for i in again.true] == ["apple", "glass", "glass", "trash"]


def changed(**columns: object) -> bytes:
    return foreign(pd.DataFrame(base() | columns))


def base() -> dict[str, object]:
    made = table().pick(np.array([0, 1]))
    return {
        "photo": made.photos,
        "split": made.splits,
        "true": ["glass", "glass"],
        "predicted": ["glass", "paper"],
        "probabilities": list(made.probabilities),
        "p_recycle": made.p_recycle,
        "entropy_bits": made.entropy_bits,
        "verdict": made.verdicts,
    }


def foreign(frame: pd.DataFrame, metadata: dict[bytes, bytes] | None = None) -> bytes:
    file = pa.BufferOutputStream()
    content = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(
        content.replace_schema_metadata(metadata or {b"recycler": b'{"classes": ["glass", "paper", "trash"]}'}), file
    )
    return bytes(file.getvalue())


def test_a_foreign_table_with_the_same_columns_is_read() -> None:
    assert len(read_predictions(changed())) == 2


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no predictions table"),
        (b"PAR1 and then nothing of the kind PAR1", "is no predictions table"),
        (foreign(pd.DataFrame({"a": [1]})), "lacks the columns"),
        (foreign(pd.DataFrame(base()), {b"recycler": b"nonsense"}), "does not say which classes"),
        (foreign(pd.DataFrame(base()), {b"recycler": b'{"classes": [1, 2]}'}), "no text"),
        (foreign(pd.DataFrame(base()).iloc[:0]), "holds no photos"),
        (changed(probabilities=[[0.5, 0.5], [1.0]]), "without one probability for each"),
        (changed(probabilities=[[0.5, 0.5, 0.5], [1, 0, 0]]), "do not sum to 1"),
        (changed(probabilities=[[1.5, -0.5, 0.0], [1, 0, 0]]), "below 0"),
        (changed(probabilities=[[np.inf, 0.5, 0.5], [1, 0, 0]]), "no numbers"),
        (changed(entropy_bits=[9.0, 0.0]), "was changed"),
        (changed(p_recycle=[2.0, 0.0]), "was changed"),
        (changed(verdict=["recycle", "burn"]), "was changed"),
        (changed(photo=[None, "b"]), "has empty cells"),
        (changed().replace(b"a/0", b"a/\x80"), "is no predictions table"),
        (changed(entropy_bits=["much", "little"]), "is no predictions table"),
    ],
)
def test_a_table_that_is_none_or_contradicts_itself_is_refused_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(PredictionsError, match=sentence):
        read_predictions(content)
