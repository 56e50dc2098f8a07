"""Helloworld: the smallest service that shows a handler, a token, a model with a parent class, and a task."""
