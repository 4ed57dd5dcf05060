"""A WSGI application served as ASGI, with one hop from the loop to a thread and back."""

from resilience.bridge.app import Bridge, Outcome
from resilience.bridge.call import Call, Headers, Receive, Scope, Send, send_whole

__all__ = ["Bridge", "Call", "Headers", "Outcome", "Receive", "Scope", "Send", "send_whole"]
