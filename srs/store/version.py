"""The version of the schema, for those who only look: nothing else is loaded with it."""

SCHEMA = "0008"
"""Revision of the newest migration: a collection at another one is upgraded, or refused when it is newer."""

VERSION_TABLE = "srs_version"
