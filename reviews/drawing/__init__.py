"""Pages of documents as images: drawn by a process of its own that can't take the desk with it."""
