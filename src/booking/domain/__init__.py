"""The rules of booking; the standard library only."""
