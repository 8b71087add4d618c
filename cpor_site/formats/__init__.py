"""Formats of dates where Django's own for a language don't fit the desk's."""
