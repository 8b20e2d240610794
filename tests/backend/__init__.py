"""A backend of the Conversations API that owes the mock nothing: Flask, SQLite, random words.

Written from the contract alone, as a backend team would. The conformance kit is proved on it: plain and in every
`variant` it must pass, with a `defect` it must not. `python -m tests.backend --list` names them all.
"""
