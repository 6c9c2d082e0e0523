"""Designs and testable implications that are read off a graph."""
