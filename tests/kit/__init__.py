"""Tests of the kit itself: against a backend that says what the test wants, not against the mock."""
