"""Virtual time: seeded fault plans, played by the real policies and by a reference model."""
