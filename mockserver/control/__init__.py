"""The control plane: what a test asks of the mock itself, under `/_mock`, by a contract of its own."""
