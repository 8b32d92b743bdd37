"""Records as they leave and enter: what their columns mean, and how they are written to files and read back. No SQL."""
