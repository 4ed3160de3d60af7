"""Text becomes proposals, arguments, call paths, locks, symptoms and decisions, each in its place."""
