"""Helpers for tests of whoever uses the library: a clock, a transport, and captured signals."""
