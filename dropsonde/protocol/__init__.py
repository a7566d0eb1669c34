"""The protocol between probe and collector: the report and its receipt."""
