"""The closed vocabularies: the words that this program lists for reports."""
