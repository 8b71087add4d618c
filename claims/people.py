"""What the pages about the people of an organisation show."""
