"""What a report looks like to people."""
