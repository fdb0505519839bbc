"""The painter of `pocket`: a small text-to-image diffusion model of our own."""

STEPS = 12  # of a picture
