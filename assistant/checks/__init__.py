"""The single checks that verification is made of: evidence, speech and pictures."""
