"""Signing in, passwords, and what a person may change about their own account."""
