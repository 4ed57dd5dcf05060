"""The scenes of `make demo`: what breaks, what the policies do, and what was measured."""
