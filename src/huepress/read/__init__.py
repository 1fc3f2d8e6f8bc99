"""From whatever holds a picture to sRGB pixels, upright and with straight alpha."""
