"""The conformance kit: judges any implementation of the Conversations API from outside, against `openapi.yaml`.

Run it with `pytest --pyargs conformance --base-url URL`. It knows a backend only through HTTP and the
contract: it never imports `mockserver`.
"""
