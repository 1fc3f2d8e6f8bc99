"""Moving pictures: patches to GIF, APNG and animated WebP."""
