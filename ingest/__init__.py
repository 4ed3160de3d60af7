"""Bytes of any mail source become records: sources, parsing, blocks, threading, quotes, discussions."""
