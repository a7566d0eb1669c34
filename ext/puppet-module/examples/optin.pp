# Send a report once a week.
include dropsonde
