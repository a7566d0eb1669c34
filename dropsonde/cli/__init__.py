"""The command lines of both programs, and the shell that they share."""
