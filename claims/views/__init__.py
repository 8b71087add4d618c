"""The partner's pages. They show, read forms and call services; rules live below them."""
