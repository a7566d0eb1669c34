"""Settings: the command line over telemetry.yaml over the defaults."""
