"""One kernel mechanism a file, with its options and what each source says should happen."""
