"""What is in stock: items and reservations, asked by other services."""
