"""The kinds of broker, what each keeps of what tasks are promised, and the settings and transports that keep it."""
