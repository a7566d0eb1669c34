"""The collector on the web: reports come in, receipts go out; nothing is kept of who sent what."""
