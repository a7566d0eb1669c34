"""The collector: receives reports, checks them, and stores them in a private dataset."""
