"""What the company sells, where it lies, who supplies it, and every unit that moved."""
