"""The one description of what may leave: columns, their check, and their exports."""
