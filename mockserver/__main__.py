"""`python -m mockserver`: the same as the command `mockserver`."""

from mockserver.cli import run

if __name__ == "__main__":
    run()
