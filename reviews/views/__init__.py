"""The pages about one case inside the admin site."""
