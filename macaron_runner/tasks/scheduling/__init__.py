"""When schedules run, and the one scheduler that sends their runs."""
