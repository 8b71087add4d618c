"""What was written down stays as it was: refused changes, a chain of digests, pseudonyms.

``kept`` lists the tables, ``triggers`` lets the database refuse to change them, ``sealing`` and
``verifying`` keep and walk the chain, ``personal`` replaces names without breaking it.
"""
