"""Tests of `iclaws.tasks`."""
