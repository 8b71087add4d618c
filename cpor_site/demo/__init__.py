"""What exists in demo mode only: the mail folder, the sign-ins and the data to look at."""
