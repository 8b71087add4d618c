"""One keyword-only function for each act of a reviewer."""
