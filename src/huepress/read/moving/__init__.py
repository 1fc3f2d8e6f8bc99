"""From files, folders, arrays and videos to frames as full canvases, one after the other."""
