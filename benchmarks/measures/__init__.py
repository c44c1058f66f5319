"""What is measured, one module each, in the order of the table."""
