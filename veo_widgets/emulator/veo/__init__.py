"""Veo: ``predictLongRunning`` in both flavours."""
