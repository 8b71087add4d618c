"""What partners type. Forms only read it; whether it is right, the rules say."""
