"""The servers that are measured beside the peers' own: each is a process, `python -m bench.apps.NAME`."""
