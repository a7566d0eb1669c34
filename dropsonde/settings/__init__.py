"""Settings: the command line overrides telemetry.yaml, which overrides the defaults."""
