"""Named, openly licensed pictures and scenes of them, which models learn from."""
