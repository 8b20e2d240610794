"""Do a thousand streams at once take as long as one? Prints both times and their ratio.

    python bench/streams.py [--streams 1000]

The server is a process of its own with the default pace, as its users have it; the clients share another. Every
stream asks, in a conversation of its own, for a reply of the same text. The peer is the same server with one stream,
measured in the same run: the median of three. Its time is set against that of all together, from the first call to
the last final event.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = "bench@bench"
PATH = "/api/v1/workspaces/bench/conversations"
QUESTION = "Count from 1 to 100"
BAR = 1.2
SINGLE_RUNS = 3


@dataclass
class Finished:
    """One stream: seconds to its first delta and to its final event, and how many deltas it had."""

    first_s: float
    total_s: float
    deltas: int


@contextlib.contextmanager
def mock_server() -> Iterator[int]:
    """A mock in a process of its own; gives its port."""
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--empty", "--log-level", "warning"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = next(match for line in process.stdout if (match := re.search(r"http://127\.0\.0\.1:(\d+)", line)))
        yield int(port[1])
    finally:
        process.terminate()
        process.wait(timeout=10)


async def call(
    port: int, method: str, path: str, body: object | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a request on a connection of its own; the answer is still to be read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)
    await writer.drain()
    return reader, writer


async def create(port: int) -> str:
    """The id of a new conversation."""
    reader, writer = await call(port, "POST", PATH)
    answer = await reader.read()
    writer.close()
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["id"])


async def stream(port: int, conversation_id: str) -> Finished:
    """Open a stream and read it to its end. Reads bytes and counts events: the client must not be the bottleneck."""
    begun = time.perf_counter()
    body = {"id": "1", "text": QUESTION, "createdAt": "2026-05-01T09:00:00"}
    reader, writer = await call(port, "POST", f"{PATH}/{conversation_id}/message-streams", body)
    first_s, read = 0.0, bytearray()
    while chunk := await reader.read(2**16):
        read += chunk
        if not first_s and b"event: delta" in read:
            first_s = time.perf_counter() - begun
    total_s = time.perf_counter() - begun
    writer.close()
    assert read.count(b"event: message") == 1, bytes(read[:300])
    return Finished(first_s, total_s, read.count(b"event: delta"))


async def measure(port: int, streams: int) -> tuple[list[Finished], list[Finished], float]:
    """Single streams, then `streams` at once, and the seconds from the first call to the end of the last of those."""
    ids = [await create(port) for _ in range(SINGLE_RUNS + streams)]
    alone = [await stream(port, conversation_id) for conversation_id in ids[:SINGLE_RUNS]]
    begun = time.perf_counter()
    together = await asyncio.gather(*(stream(port, conversation_id) for conversation_id in ids[SINGLE_RUNS:]))
    return alone, together, time.perf_counter() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=1000)
    streams = parser.parse_args().streams
    with mock_server() as port:
        alone, together, all_s = asyncio.run(measure(port, streams))
    print(f"{'':10}{'streams':>8}{'deltas':>9}{'first delta':>13}{'median stream':>15}{'slowest':>10}")
    for name, runs in (("alone", alone), ("together", together)):
        totals = [run.total_s for run in runs]
        print(
            f"{name:10}{len(runs):>8}{sum(run.deltas for run in runs):>9}"
            f"{statistics.median(run.first_s for run in runs) * 1000:>10.0f} ms"
            f"{statistics.median(totals):>13.2f} s{max(totals):>8.2f} s"
        )
    ratio = all_s / statistics.median(run.total_s for run in alone)
    print(f"all together {all_s:.2f} s, ratio {ratio:.3f} (bar {BAR}: {'met' if ratio <= BAR else 'missed'})")


if __name__ == "__main__":
    main()
