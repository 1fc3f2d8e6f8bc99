"""The values that flow through a compression: checked where they are made, never changed."""
