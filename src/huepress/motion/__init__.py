"""Moving pictures: one codebook for all frames, and for each frame only what changes."""
