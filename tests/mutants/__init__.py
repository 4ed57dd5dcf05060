"""Mutation testing of the policies and the recorder; see docs/mutants.md."""
