"""The use cases of booking and the ports through which they reach the world."""
