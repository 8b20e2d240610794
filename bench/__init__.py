"""The benchmark: this mock beside other mock servers and the bare framework. Run it with `python -m bench`.

See README.md beside this file for what is compared, and why that is fair.
"""
