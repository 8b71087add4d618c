"""The customer's pages: no sign-in, secret links, nothing that changes on GET (7.3, 7.6)."""
