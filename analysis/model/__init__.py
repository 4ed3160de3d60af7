"""The embedded model checker: a small language for tasks and locks, an explorer, properties, traces."""
