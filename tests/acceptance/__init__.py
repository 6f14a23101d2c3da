"""Trainings long enough to be compared with exact numbers."""
