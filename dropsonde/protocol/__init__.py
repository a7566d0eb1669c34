"""What probe and collector say to each other: the report and its receipt."""
