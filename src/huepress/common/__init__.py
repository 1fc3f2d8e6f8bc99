"""What every room uses and none owns: checks, numbers in words, arrays, threads, files."""
