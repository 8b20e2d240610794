"""`python -m conformance`: the same as the command `conformance`."""

from conformance.command import run

if __name__ == "__main__":
    run()
