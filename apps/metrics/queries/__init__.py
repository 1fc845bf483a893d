"""The rows behind each metric, and the figures they give."""

from apps.metrics.queries.answers import Answer, answer, answer_all, part_rows

__all__ = ["Answer", "answer", "answer_all", "part_rows"]
