"""The steps from one schema to the next, run at start."""
