"""Everything that can be told of a service without starting it: what is wrong, what is doubtful, who answers what."""
