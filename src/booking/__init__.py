"""The appointment-booking application: API, agent, store and command line."""

__version__ = "0.1.0"
