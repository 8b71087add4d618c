"""What customers are asked and answer, and what happens when they are silent."""
