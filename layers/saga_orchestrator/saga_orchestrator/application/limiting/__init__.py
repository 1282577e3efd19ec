"""Limits as people see and change them; what is in force, `keep_limits` alone brings about."""
