"""The closed vocabularies: words that a report may hold because this program lists them."""
