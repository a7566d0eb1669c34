"""Processes that check reports: whatever a sender's bytes do there, the collector goes on.

A process gets what it checks against, then one report at a time. It has neither the store nor the
key, opens no file and logs nothing; so nothing of a report is left behind where it dies.
"""
