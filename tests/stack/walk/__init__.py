"""Walks from a spike on a dashboard to the attempt that caused it, and writes down what it saw."""
