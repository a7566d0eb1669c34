"""The single description of what a report may hold: columns, their validation and exports."""
