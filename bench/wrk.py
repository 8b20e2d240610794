"""The Lua script that tells wrk what to send and how to say what it saw. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from bench.calls import FRESH_ID, Request, raw

_DIGITS = 8
_ID_LENGTH = 36
"""As long as the ids that clients of the API choose."""

# Requests are put together from text that is made once: the less wrk does for each, the less it is the bottleneck.
_SCRIPT = """\
local heads = {%(heads)s}
local tails = {%(tails)s}
local fresh, count, sent = "%(prefix)s", #heads, 0

function request()
  sent = sent + 1
  local turn = (sent - 1) %% count + 1
  local tail = tails[turn]
  if tail == "" then return heads[turn] end
  return heads[turn] .. fresh .. string.format("%%0%(digits)dd", sent) .. tail
end
%(ending)s"""

_SUM_UP = """
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format(
    '{"requests": %d, "failed": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "bytes": %d}',
    summary.requests, failed, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.bytes))
end
"""

# Not `thread:stop()`: wrk would sleep on to the end of its time.
_STOP = """
local answered, failed = 0, 0
function response(status)
  answered = answered + 1
  if status < 200 or status > 299 then failed = failed + 1 end
  if answered == AMOUNT then
    print(string.format('{"requests": %d, "failed": %d}', answered, failed))
    os.exit(0)
  end
end
"""


def script(requests: Sequence[Request], port: int, amount: int = 0) -> str:
    """The script that sends these in turn, with fresh ids; ends wrk after `amount` answers unless that is 0."""
    heads, tails = [], []
    prefix = uuid.uuid4().hex[: _ID_LENGTH - _DIGITS].ljust(_ID_LENGTH - _DIGITS, "0")
    for request in requests:
        sized = Request(request.method, request.path, request.body.replace(FRESH_ID, "0" * _ID_LENGTH), request.token)
        head, found, tail = raw(sized, port).partition("0" * _ID_LENGTH)
        heads.append(_quote(head if FRESH_ID in request.body else raw(request, port)))
        tails.append(_quote(tail if FRESH_ID in request.body and found else ""))
    return _SCRIPT % {
        "heads": ", ".join(heads),
        "tails": ", ".join(tails),
        "prefix": prefix,
        "digits": _DIGITS,
        "ending": _STOP.replace("AMOUNT", str(amount)) if amount else _SUM_UP,
    }


def _quote(text: str) -> str:
    """A string of Lua, whatever is in it."""
    return '"' + "".join(chr(c) if 32 <= c < 127 and chr(c) not in '"\\' else f"\\{c:03d}" for c in text.encode()) + '"'
