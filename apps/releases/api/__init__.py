"""Releases through the API: translate, call one action, translate back."""
