"""The validation rules of section 3: pure functions from facts to problems.

They neither query nor ask for the time. ``claims.checks`` gathers what they need and calls them.
"""
