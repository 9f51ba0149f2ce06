"""`python -m recycler`: the command line."""

from recycler.cli import main

if __name__ == "__main__":
    main()
