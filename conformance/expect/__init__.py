"""The whole vocabulary of assertions.

Each verifier is given the clause that is broken when what it expects is not so, raises `Violation` for it, and
returns what the next step of a test needs.
"""

from conformance.expect.answers import *
from conformance.expect.conversations import *
from conformance.expect.messages import *
from conformance.expect.pages import *
from conformance.expect.streams import *
from conformance.expect.telling import *
from conformance.expect.waiting import *
