"""Submission: what is due, what may go, how it is sent, and what became of it."""
