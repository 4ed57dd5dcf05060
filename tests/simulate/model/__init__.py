"""The reference: what must happen and be told, written from the decision table and the docs.

It shares no code with what it is compared with; a rule stands here in its plainest words.
"""
