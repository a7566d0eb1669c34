"""The collector's HTTP server: takes reports and sends receipts; it stores no sender's address."""
