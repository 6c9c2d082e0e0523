"""The pages and their regions, from values to HTML."""
