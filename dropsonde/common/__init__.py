"""What stands at the bottom: errors, files, the console, weeks, and who may be trusted."""
