"""The painter of `pocket`: a small text-to-image diffusion model of our own."""
