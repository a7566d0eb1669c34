"""Made-up sites that report to a real collector, so that one can look at all of it in a minute."""
