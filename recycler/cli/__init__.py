"""`python -m recycler ...`: everything that the pages can do, from the command line.

Standard output holds the answer, standard error progress and problems. Exit status: 0 all well, 1 a photo was
refused, 2 a problem that the message says how to mend.
"""

from recycler.cli import analyse, classify, house, models, train
from recycler.cli.group import cli, main

__all__ = ["analyse", "classify", "cli", "house", "main", "models", "train"]
