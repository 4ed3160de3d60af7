"""The command line and the public Python API of moot."""

__version__ = "0.1.0"
