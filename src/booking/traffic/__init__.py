"""Gentle traffic: people who look, book, move and cancel, within everybody's limits."""
