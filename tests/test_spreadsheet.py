import pandas as pd

from recycler.spreadsheet import to_csv


def test_names_of_classes_never_become_formulas_and_numbers_stay_numbers() -> None:
    table = pd.DataFrame({"class": ["=1+1", "glass", "@x"], "change": [-0.5, 1.0, 2.0]})
    assert to_csv(table) == "class,change\n'=1+1,-0.5\nglass,1.0\n'@x,2.0\n"
