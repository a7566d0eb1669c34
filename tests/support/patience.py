"""How long a test waits for a program before it counts as hanging."""

# A virtual machine may stand still for a minute, and its clock then jumps: far more than that.
PATIENCE = 300.0  # seconds
