"""Submission: the schedule, the consent, the delivery of reports, and their receipts."""
