"""The commands, one function each, grouped by what they work on."""
