"""The walkthrough: the main job once through the API of a running server, each step printed with its result."""
