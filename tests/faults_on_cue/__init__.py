"""Faults over real sockets: each kind is seen, by each trigger, and the next call is healthy again."""
