"""Workspaces of the page, one file each."""
