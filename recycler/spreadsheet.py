"""Tables as CSV for spreadsheets."""

import pandas as pd


def to_csv(table: pd.DataFrame) -> str:
    """One line a row, under the columns' names; no text becomes a formula."""
    return table.map(lambda cell: no_formula(cell) if isinstance(cell, str) else cell).to_csv(index=False)


def no_formula(cell: str) -> str:
    """A name of others must not become a formula when a spreadsheet opens the table."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
