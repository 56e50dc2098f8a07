"""What happens to calls in workers, and how workers live and stop."""
