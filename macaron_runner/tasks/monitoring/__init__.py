"""What a service's broker and workers tell when they are asked."""
