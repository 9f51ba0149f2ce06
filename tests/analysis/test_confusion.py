import numpy as np
from sklearn.metrics import confusion_matrix

from recycler.analysis.class_groups import each_class, everything, superclasses
from recycler.analysis.confusion import (
    cell_counts,
    cell_rows,
    confused_order,
    confused_pairs,
    matrix_cells,
    most_confused,
)
from recycler.predictions import Predictions, predictions

CLASSES = ("cat", "cup", "dog", "mug")
COARSE = {"cat": "pet", "dog": "pet", "cup": "vessel", "mug": "vessel"}


def some(count: int = 400, seed: int = 0, strange: bool = False) -> Predictions:
    """Random predictions; strange: some photos of a class that the model does not know."""
    rng = np.random.default_rng(seed)
    names = [*CLASSES, "zebra"] if strange else list(CLASSES)
    probabilities = rng.dirichlet([0.5] * 4, count).astype(np.float32)
    true = rng.choice(np.array(names, dtype=object), count)
    return predictions(CLASSES, [str(i) for i in range(count)], "test", true, probabilities)


def said(*pairs: tuple[str, str, int]) -> Predictions:
    """Photos by what they are, what was said, and how many; all with 0.7."""
    true = [what for what, _, count in pairs for _ in range(count)]
    rows = [CLASSES.index(word) for _, word, count in pairs for _ in range(count)]
    probabilities = np.full((len(true), 4), 0.1, np.float32)
    probabilities[np.arange(len(true)), rows] = 0.7
    return predictions(CLASSES, [str(i) for i in range(len(true))], "test", true, probabilities)


def test_counts_are_scikit_learns() -> None:
    table = some()
    truth = [table.names[i] for i in table.true]
    words = [table.classes[i] for i in table.predicted]
    expected = confusion_matrix(truth, words, labels=list(CLASSES))
    assert (cell_counts(table, each_class(table)) == expected).all()


def test_only_photos_that_are_sure_enough_are_counted() -> None:
    table = some()
    counts = cell_counts(table, each_class(table), 0.8)
    assert counts.sum() == (table.confidence >= 0.8).sum()
    assert 0 < counts.sum() < len(table)


def test_superclasses_count_what_their_classes_count() -> None:
    table = said(("cat", "dog", 3), ("dog", "cup", 2), ("mug", "cup", 5))
    groups = superclasses(table, COARSE)
    assert groups.names == ("pet", "vessel")
    assert cell_counts(table, groups).tolist() == [[3, 2], [0, 5]]
    assert cell_counts(table, everything(table)).tolist() == [[10]]


def test_a_class_that_the_model_does_not_know_has_a_row_and_an_empty_column() -> None:
    table = some(strange=True)
    counts = cell_counts(table, each_class(table))
    place = table.names.index("zebra")
    assert counts[place].sum() == (table.true == place).sum() > 0
    assert counts[:, place].sum() == 0


def test_a_cell_leads_to_exactly_its_photos() -> None:
    table = some(strange=True)
    for groups in (each_class(table), superclasses(table, COARSE)):
        counts = cell_counts(table, groups, 0.5)
        found = [
            cell_rows(table, groups, groups.names[i], groups.names[j], 0.5)
            for i in range(len(counts))
            for j in range(len(counts))
        ]
        assert [len(rows) for rows in found] == counts.reshape(-1).tolist()
        assert sorted(np.concatenate(found)) == np.flatnonzero(table.confidence >= 0.5).tolist()


def test_the_photos_of_a_cell_begin_with_the_surest_mistake() -> None:
    table = some()
    rows = cell_rows(table, superclasses(table, COARSE), "pet", "pet")
    right = table.right[rows]
    assert 0 < right.sum() < len(rows)
    assert (np.diff(right.astype(int)) >= 0).all()
    assert (np.diff(table.confidence[rows[~right]]) <= 0).all()


def test_classes_that_are_confused_stand_together() -> None:
    table = said(*((name, name, 10) for name in CLASSES), ("cat", "dog", 8), ("dog", "cat", 6), ("cup", "mug", 9))
    order = confused_order(cell_counts(table, each_class(table))).tolist()
    assert sorted(order) == [0, 1, 2, 3]
    assert abs(order.index(0) - order.index(2)) == 1
    assert abs(order.index(1) - order.index(3)) == 1


def test_there_is_an_order_where_nothing_is_confused() -> None:
    assert sorted(confused_order(np.diag([3, 4, 5]))) == [0, 1, 2]
    assert confused_order(np.array([[7]])).tolist() == [0]
    assert sorted(confused_order(np.zeros((3, 3), np.int64))) == [0, 1, 2]


def test_the_most_confused_are_those_with_the_largest_shares_of_mistakes() -> None:
    table = said(("cat", "cat", 90), ("cat", "dog", 10), ("dog", "dog", 1), ("dog", "mug", 1), ("mug", "mug", 50))
    counts = cell_counts(table, each_class(table))
    assert [CLASSES[i] for i in most_confused(counts, 2)] == ["dog", "mug"]


def test_cells_are_those_with_photos_and_the_diagonal_can_be_left_out() -> None:
    table = said(("cat", "cat", 6), ("cat", "dog", 2), ("dog", "dog", 1), ("mug", "cup", 5))
    groups = each_class(table)
    counts = cell_counts(table, groups)
    cells = matrix_cells(counts, groups, np.array([0, 2]))
    assert cells.values.tolist() == [
        ["cat", "cat", 6, 0.75, True],
        ["cat", "dog", 2, 0.25, False],
        ["dog", "dog", 1, 1.0, True],
    ]
    assert matrix_cells(counts, groups, np.array([0, 2]), diagonal=False)["photos"].tolist() == [2]


def test_pairs_come_with_their_share_and_the_other_way_most_frequent_first() -> None:
    table = said(("cat", "cat", 6), ("cat", "dog", 2), ("dog", "cat", 3), ("mug", "cup", 9), ("mug", "mug", 1))
    groups = each_class(table)
    pairs = confused_pairs(cell_counts(table, groups), groups)
    assert pairs.to_numpy().tolist() == [
        ["mug", "cup", 9, 0.9, 0],
        ["dog", "cat", 3, 1.0, 2],
        ["cat", "dog", 2, 0.25, 3],
    ]
    assert len(confused_pairs(cell_counts(table, groups), groups, most=1)) == 1
