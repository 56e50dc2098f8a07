"""What must run (plan, pure) and what keeps it running (supervisor). No user code is ever imported here."""
