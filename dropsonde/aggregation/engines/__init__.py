"""The engines that run plans, one module each."""
