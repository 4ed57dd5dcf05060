"""The whole stack on one machine: what `make run` starts, shows and stops."""
