"""Colour quantization."""
