"""The receiving half: reports arrive, are checked, and are kept in a private dataset."""
