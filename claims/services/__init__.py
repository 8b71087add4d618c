"""One keyword-only function for each business act on a claim."""
