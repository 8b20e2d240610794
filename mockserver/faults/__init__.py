"""Faults on cue: what can go wrong (`catalogue`), where and how often (`rules`), how it is asked for (`triggers`)."""
