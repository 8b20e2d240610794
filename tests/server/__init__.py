"""The running mock, judged over a real socket: a file per clause family."""
